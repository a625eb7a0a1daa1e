//! Security events in the log of the real binary, each caused by a real request.

mod accounts;
mod by_email;
mod documentation;
mod keys;
mod links;
mod refusals;

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::audit::assert_recorded;
use crate::support::{Answer, Auth, Device};

/// Maximum time until a line is in the log.
const SOON: Duration = Duration::from_secs(20);

/// All security events so far, oldest first.
fn logged(lines: &[String]) -> Vec<Value> {
    let lines = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["target"] == "security").map(|line| line["fields"].clone()).collect()
}

/// The events of one request, which must be exactly these.
async fn events<const N: usize>(auth: &Auth, answer: &Answer, expected: [&str; N]) -> [Value; N] {
    let id = answer.header("x-request-id").unwrap();
    let deadline = Instant::now() + SOON;
    loop {
        let mut events = logged(&auth.service.output());
        events.retain(|event| event["request_id"] == *id);
        let names: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
        if names == expected {
            assert!(events.iter().all(|event| event["client_address"] == "127.0.0.1"), "{events:?}");
            assert_recorded(&auth.database.superuser_url(), Some(&id), &events).await;
            return events.try_into().unwrap();
        }
        assert!(Instant::now() < deadline && names.len() <= N, "{expected:?}: {events:?}; {answer:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The one event of a request.
async fn event(auth: &Auth, answer: &Answer, expected: &str) -> Value {
    let [event] = events(auth, answer, [expected]).await;
    event
}

/// The id of the session that a device holds.
async fn session_id(device: &Device<'_>) -> Value {
    device.session().await["session"]["id"].clone()
}

/// What must not be in the log: the secrets of a device and its requests.
fn secrets_of(device: &Device<'_>) -> Vec<String> {
    let (_, cookie) = device.cookie.split_once('=').unwrap();
    vec![cookie.to_owned(), device.token.clone(), device.jwt.clone()]
}

fn assert_unlogged<S: AsRef<str>>(auth: &Auth, secrets: &[S]) {
    for line in auth.service.output() {
        for secret in secrets.iter().map(S::as_ref) {
            assert!(!secret.is_empty() && !line.contains(secret), "{secret} in {line}");
        }
    }
}
