//! Events and their JSON.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use strum::{EnumString, IntoStaticStr, VariantArray};
use uuid::Uuid;

/// The event of `webhooks test`, which no trigger stores.
const TEST: &str = "webhook.test";

/// An event that receivers can subscribe to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
pub enum EventName {
    /// A user was created, in whatever way.
    #[strum(serialize = "user.created")]
    UserCreated,
    /// The email of a user was verified.
    #[strum(serialize = "user.verified")]
    UserVerified,
    /// The name, the email or the image of a user changed.
    #[strum(serialize = "user.changed")]
    UserChanged,
    /// A user was banned, perhaps in place of an earlier ban.
    #[strum(serialize = "user.banned")]
    UserBanned,
    /// The ban of a user was removed.
    #[strum(serialize = "user.unbanned")]
    UserUnbanned,
    /// A user was deleted.
    #[strum(serialize = "user.deleted")]
    UserDeleted,
    /// A session ended before it expired.
    #[strum(serialize = "session.ended")]
    SessionEnded,
}

impl EventName {
    /// The name in the body of the webhook.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A registered receiver, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Its id, which is its name in the outbox.
    pub id: Uuid,
    /// Where events are sent.
    pub url: String,
    /// The events that it gets.
    pub events: Vec<EventName>,
    /// Whether the URL may be http, and lead to addresses that are not public.
    pub allow_private: bool,
    /// When it was added.
    pub created_at: Timestamp,
    /// How many events wait to be delivered.
    pub waiting: u64,
}

/// An event that this replica may deliver until the lease ends.
#[derive(Debug)]
pub struct Claimed {
    /// Its place in the order of events.
    pub sequence: i64,
    /// The same in every attempt.
    pub event_id: Uuid,
    /// The name, such as `user.deleted`.
    pub event: String,
    /// What it is about.
    pub data: Value,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// How often it was claimed, including this time.
    pub attempts: i32,
}

/// The body of a webhook, by Standard Webhooks.
#[derive(Serialize)]
struct Body<'a> {
    r#type: &'a str,
    timestamp: Timestamp,
    data: &'a Value,
}

impl Claimed {
    /// An event that is not in the outbox and means nothing, for trying a receiver.
    pub fn test(receiver: Uuid, now: Timestamp) -> Self {
        Self {
            sequence: 0,
            event_id: Uuid::new_v4(),
            event: TEST.to_owned(),
            data: serde_json::json!({ "receiver_id": receiver }),
            occurred_at: now,
            attempts: 1,
        }
    }

    /// The body, which is the same in every attempt.
    ///
    /// # Errors
    /// Never, for data that came from the database.
    pub fn body(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&Body { r#type: &self.event, timestamp: self.occurred_at, data: &self.data })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_body_is_that_of_standard_webhooks() {
        let claimed = Claimed {
            sequence: 1,
            event_id: Uuid::nil(),
            event: "user.deleted".to_owned(),
            data: json!({"user_id": "u1"}),
            occurred_at: "2026-11-30T12:00:00Z".parse().unwrap(),
            attempts: 1,
        };
        let body = String::from_utf8(claimed.body().unwrap()).unwrap();
        let expected =
            r#"{"type":"user.deleted","timestamp":"2026-11-30T12:00:00Z","data":{"user_id":"u1"}}"#;
        assert_eq!(body, expected);
    }
}
