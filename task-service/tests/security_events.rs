//! Security events, read from the log of the real program.

use std::time::Duration;

use serde_json::{Value, json};
use strum::VariantArray;
use task_service::security_event::SecurityEvent;

use crate::client::Answer;
use crate::stack::Stack;

/// How long a line of the log may take.
const SOON: Duration = Duration::from_secs(20);

/// The fields of the event that a request caused.
async fn event(stack: &mut Stack, answer: &Answer, name: &str) -> Value {
    let id = answer.header("x-request-id");
    let wanted = |line: &str| line.contains(&format!(r#""event":"{name}""#)) && line.contains(id);
    let line = stack.service.wait_for_line(wanted, SOON).await.unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    let fields = &line["fields"];
    assert_eq!((&line["target"], &line["level"]), (&json!("security"), &json!("INFO")));
    assert_eq!((&fields["request_id"], &fields["client_address"]), (&json!(id), &json!("127.0.0.1")));
    fields.clone()
}

/// How many events were logged.
fn count(stack: &Stack) -> usize {
    stack.service.output().iter().filter(|line| line.contains(r#""target":"security""#)).count()
}

#[tokio::test]
async fn a_refused_caller_is_recorded_once_in_a_minute() {
    let mut stack = Stack::with(&[("REQUESTS_PER_MINUTE", "12")]).await;
    let (alice, mallory) = (stack.user("alice"), stack.user("mallory"));
    alice.get("/api/me/tasks").await.expect(200);
    stack.anonymous().get("/api/me/tasks").await.expect(401);
    assert_eq!(count(&stack), 0, "no token, no event");

    let refused = mallory.get("/api/alice/tasks").await.expect_error(403, "FORBIDDEN");
    let fields = event(&mut stack, &refused, "access.refused").await;
    assert_eq!(fields["user_id"], "mallory");
    let token = mallory.authorization().unwrap();
    let (signed, _) = token.rsplit_once('.').unwrap();
    let (_, signature) = alice.authorization().unwrap().rsplit_once('.').unwrap();
    let broken = stack.anonymous().with_authorization(&format!("{signed}.{signature}"));
    let refused = broken.get("/api/me/tasks").await.expect_error(401, "UNAUTHORIZED");
    let fields = event(&mut stack, &refused, "token.refused").await;
    assert_eq!((&fields["reason"], fields.get("user_id")), (&json!("signature"), None));
    assert_eq!(count(&stack), 2);

    for _ in 0..11 {
        mallory.get("/api/alice/tasks").await.expect(403);
        broken.get("/api/me/tasks").await.expect(401);
    }
    assert_eq!(count(&stack), 2, "{:?}", stack.service.output());
    let refused = mallory.get("/api/me/tasks").await.expect_error(429, "TOO_MANY_REQUESTS");
    assert_eq!(event(&mut stack, &refused, "request.rate_limited").await["user_id"], "mallory");
    let secret = token.strip_prefix("Bearer ").unwrap();
    for line in stack.service.output() {
        assert!(!line.contains(secret) && !line.contains("alice"), "{line}");
    }
}

#[test]
fn the_documentation_lists_every_event_and_no_other() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/OPERATIONS.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, section) = text.split_once("\n### Events of task-service\n").unwrap();
    let section = section.split("\n#").next().unwrap();
    let documented: Vec<&str> =
        section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let named: Vec<&str> = SecurityEvent::VARIANTS.iter().map(|event| event.as_str()).collect();
    assert_eq!(documented, named);
}
