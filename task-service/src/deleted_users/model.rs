//! The webhook of auth-service.

use jiff::Timestamp;
use serde::Deserialize;
use shared_claims::UserId;

/// The event of a deleted user.
const USER_DELETED: &str = "user.deleted";

/// A user whom auth-service has deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deletion {
    /// The id, which no other user gets.
    pub user: UserId,
    /// When the last token of the user expires, by the clock of auth-service.
    pub tokens_expire_at: Timestamp,
}

/// An event, by Standard Webhooks.
#[derive(Deserialize)]
struct Event {
    r#type: String,
    data: serde_json::Value,
}

#[derive(Deserialize)]
struct Data {
    user_id: String,
    tokens_expire_at: Timestamp,
}

impl Deletion {
    /// Reads the body of a webhook. `None` is an event of another kind, which is none of this service's business.
    ///
    /// # Errors
    /// If it is not the JSON of an event, or names no user.
    pub fn read(body: &[u8]) -> Result<Option<Self>, String> {
        let invalid = |error: serde_json::Error| format!("not an event: {error}");
        let event: Event = serde_json::from_slice(body).map_err(invalid)?;
        if event.r#type != USER_DELETED {
            return Ok(None);
        }
        let Data { user_id, tokens_expire_at } = serde_json::from_value(event.data).map_err(invalid)?;
        let user = user_id.parse().map_err(|_| "data.user_id is not the id of a user".to_owned())?;
        Ok(Some(Self { user, tokens_expire_at }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_events_are_ignored_and_malformed_ones_refused() {
        let deleted = br#"{"type":"user.deleted","timestamp":"2026-11-30T12:00:00Z",
            "data":{"user_id":"u1","tokens_expire_at":"2026-11-30T12:15:00Z"}}"#;
        let deletion = Deletion::read(deleted).unwrap().unwrap();
        assert_eq!((deletion.user.as_str(), deletion.tokens_expire_at.as_second()), ("u1", 1_796_040_900));
        assert_eq!(Deletion::read(br#"{"type":"user.created","data":null}"#).unwrap(), None);
        for malformed in [
            "",
            "[]",
            r#"{"type":"user.deleted","data":{"user_id":"u1"}}"#,
            r#"{"type":"user.deleted","data":{"user_id":"","tokens_expire_at":"2026-11-30T12:15:00Z"}}"#,
            r#"{"type":"user.deleted","data":{"user_id":"me","tokens_expire_at":"2026-11-30T12:15:00Z"}}"#,
            r#"{"type":"user.deleted","data":{"user_id":"u1","tokens_expire_at":"soon"}}"#,
        ] {
            assert!(Deletion::read(malformed.as_bytes()).is_err(), "{malformed}");
        }
    }
}
