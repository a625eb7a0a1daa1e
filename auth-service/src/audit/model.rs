//! Events as they are stored.

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

/// A stored event, or the count of refusals that were the same.
#[derive(Debug, Clone, Serialize)]
pub struct AuditEvent {
    /// When it happened; of refusals, the first.
    pub occurred_at: Timestamp,
    /// When the last of the counted refusals happened.
    pub last_at: Option<Timestamp>,
    /// Its name, as in the log.
    pub event: String,
    /// `success` or `refusal`.
    pub outcome: String,
    /// The user it is about.
    pub user_id: Option<String>,
    /// The session that acted or was acted on.
    pub session_id: Option<Uuid>,
    /// The client's IP address.
    pub client_address: Option<String>,
    /// The `User-Agent` of the client that started a session.
    pub user_agent: Option<String>,
    /// The `x-request-id` of the response; of refusals, of the first.
    pub request_id: Option<Uuid>,
    /// Why it happened.
    pub reason: Option<String>,
    /// The purpose of the link that was used.
    pub link: Option<String>,
    /// The `kid` of a signing key.
    pub key_id: Option<String>,
    /// How many refusals, sessions or keys.
    pub count: Option<i64>,
    /// Its id, which orders events of the same time.
    #[serde(skip)]
    pub id: Uuid,
}

impl AuditEvent {
    /// The place of this event in the order of events.
    pub fn cursor(&self) -> Cursor {
        Cursor { occurred_at: self.occurred_at, id: self.id }
    }
}

/// A place in the order of events: by time, and by id at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The time.
    pub occurred_at: Timestamp,
    /// The id.
    pub id: Uuid,
}

impl Cursor {
    /// Reads a cursor that [`encode`](Self::encode) wrote.
    pub fn parse(text: &str) -> Option<Self> {
        let (micros, id) = text.split_once('_')?;
        let occurred_at = Timestamp::from_microsecond(micros.parse().ok()?).ok()?;
        let cursor = Self { occurred_at, id: Uuid::try_parse(id).ok()? };
        // One spelling only.
        (cursor.encode() == text).then_some(cursor)
    }

    /// The cursor as text: microseconds since 1970, and the id. PostgreSQL keeps no smaller unit.
    pub fn encode(self) -> String {
        format!("{}_{}", self.occurred_at.as_microsecond(), self.id.simple())
    }
}

/// Which events an operator wants to see. The default is all.
#[derive(Debug, Default, Clone)]
pub struct Filter {
    /// Only of this user.
    pub user_id: Option<String>,
    /// Only of these names; empty for all.
    pub events: Vec<String>,
    /// Only from this time on.
    pub since: Option<Timestamp>,
    /// Only before this time.
    pub until: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_has_one_spelling() {
        let cursor = Cursor {
            occurred_at: Timestamp::from_microsecond(1_800_000_000_123_456).unwrap(),
            id: Uuid::from_u128(7),
        };
        let text = cursor.encode();
        assert_eq!(Cursor::parse(&text), Some(cursor));
        for wrong in
            ["", "_", "1_", "x_00000000000000000000000000000007", &text.to_uppercase().replace('_', "-")]
        {
            assert_eq!(Cursor::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Cursor::parse(&format!("+{text}")), None);
        assert_eq!(Cursor::parse(&format!("{}_{}", 1, cursor.id)), None, "hyphens");
        assert_eq!(Cursor::parse(&format!("{}_{}", i64::MAX, cursor.id.simple())), None);
    }
}
