//! Events and their JSON.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

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
