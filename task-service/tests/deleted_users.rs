//! Webhooks of auth-service: tasks of deleted users.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};
use service_kit::webhooks::{ID, SIGNATURE, TIMESTAMP, WebhookSecrets};
use shared_claims::{Clock, SystemClock};
use tokio::time::Instant;
use tokio_postgres::Client as Superuser;

use crate::client::{Answer, send};
use crate::stack::Stack;

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const OTHER: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const PATH: &str = "/webhooks/auth-service";
const PATIENCE: Duration = Duration::from_secs(60);
const INSERT: &str = "
    INSERT INTO tasks (user_id, id, title, is_completed, priority, created_at, updated_at)
    VALUES ($1, gen_random_uuid(), $2, false, 'low', $3, $3)";

async fn start() -> Stack {
    Stack::with(&[("WEBHOOK_SECRET", &format!("{OTHER},{SECRET}")), ("CLOCK_SKEW", "0s")]).await
}

fn deleted(user: &str, tokens_expire_at: Timestamp) -> Value {
    let data = json!({"user_id": user, "tokens_expire_at": tokens_expire_at});
    json!({"type": "user.deleted", "timestamp": "2026-11-30T12:00:00Z", "data": data})
}

/// Sends an event that is signed with this secret at this time.
async fn announce(stack: &Stack, event: &Value, secret: &str, at: Timestamp) -> Answer {
    let secrets = WebhookSecrets::parse("WEBHOOK_SECRET", &secret.to_owned().into()).unwrap();
    let body = event.to_string();
    let request = stack.anonymous().request(Method::POST, PATH).header(ID, "event");
    let request = request.header(TIMESTAMP, at.as_second());
    send(request.header(SIGNATURE, secrets.sign("event", at, body.as_bytes())).body(body)).await
}

async fn superuser(stack: &Stack) -> Superuser {
    local_stack::databases::connect(&stack.database.superuser_url()).await.unwrap()
}

/// The titles of a user's tasks, as the database has them.
async fn stored(superuser: &Superuser, user: &str) -> Vec<String> {
    let titles = "SELECT title FROM tasks WHERE user_id = $1 ORDER BY title";
    superuser.query(titles, &[&user]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

fn in_seconds(seconds: i64) -> Timestamp {
    SystemClock.now() + SignedDuration::from_secs(seconds)
}

#[tokio::test]
async fn a_deleted_user_leaves_nothing_and_is_refused_and_nobody_else_is_affected() {
    let stack = start().await;
    let (alice, bob) = (stack.user("alice"), stack.user("bob"));
    alice.create("of alice").await;
    bob.create("of bob").await;
    let event = deleted("alice", in_seconds(900));
    for _ in 0..2 {
        announce(&stack, &event, SECRET, SystemClock.now()).await.expect(204);
    }
    let superuser = superuser(&stack).await;
    assert_eq!(stored(&superuser, "alice").await, [""; 0]);
    let counts = superuser.query("SELECT user_id FROM task_counts", &[]).await.unwrap();
    assert_eq!(counts.iter().map(|row| row.get(0)).collect::<Vec<String>>(), ["bob"]);
    let refused = alice.get("/api/me/tasks").await.expect(401);
    assert_eq!(refused.header("www-authenticate"), "Bearer");
    alice.post("/api/me/tasks", &json!({"title": "too late"})).await.expect(401);
    assert_eq!(bob.titles().await, ["of bob"]);
}

#[tokio::test]
async fn an_event_that_auth_service_did_not_sign_just_now_is_refused() {
    let stack = start().await;
    let alice = stack.user("alice");
    alice.create("of alice").await;
    let (event, now) = (deleted("alice", in_seconds(900)), SystemClock.now());
    let stranger = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    for (secret, at) in [(stranger, now), (SECRET, in_seconds(-301)), (SECRET, in_seconds(330))] {
        announce(&stack, &event, secret, at).await.expect_error(401, "INVALID_SIGNATURE");
    }
    let unsigned = stack.anonymous().post(PATH, &event).await;
    unsigned.expect_error(401, "INVALID_SIGNATURE");
    let unknown = announce(&stack, &json!({"type": "user.created", "data": {}}), SECRET, now).await;
    unknown.expect(204);
    let malformed = announce(&stack, &json!({"type": "user.deleted", "data": {}}), SECRET, now).await;
    malformed.expect_error(400, "VALIDATION_ERROR");
    assert_eq!(alice.titles().await, ["of alice"]);
}

#[tokio::test]
async fn a_webhook_of_up_to_64_kib_is_read() {
    let stack = start().await;
    let event = |padding| json!({"type": "user.created", "data": {}, "padding": "a".repeat(padding)});
    let fits = 64 * 1024 - event(0).to_string().len();
    announce(&stack, &event(fits), SECRET, SystemClock.now()).await.expect(204);
    let larger = announce(&stack, &event(fits + 1), SECRET, SystemClock.now()).await;
    larger.expect_error(413, "PAYLOAD_TOO_LARGE");
}

#[tokio::test]
async fn without_a_secret_there_is_no_webhook() {
    let stack = Stack::start().await;
    let event = deleted("alice", in_seconds(900));
    announce(&stack, &event, SECRET, SystemClock.now()).await.expect_error(404, "NOT_FOUND");
}

#[tokio::test]
async fn an_event_that_arrives_again_touches_nothing_that_was_created_later() {
    let stack = start().await;
    let superuser = superuser(&stack).await;
    superuser.execute(INSERT, &[&"alice", &"before", &in_seconds(-3600)]).await.unwrap();
    stack.user("alice").create("later").await;
    // The last token expired a minute ago, and the same id has come back since.
    announce(&stack, &deleted("alice", in_seconds(-60)), SECRET, SystemClock.now()).await.expect(204);
    assert_eq!(stored(&superuser, "alice").await, ["later"]);
    assert_eq!(stack.user("alice").titles().await, ["later"]);
}

#[tokio::test]
async fn a_task_that_was_in_flight_is_deleted_when_the_last_token_has_expired() {
    let stack = start().await;
    let superuser = superuser(&stack).await;
    stack.user("alice").create("of alice").await;
    announce(&stack, &deleted("alice", in_seconds(2)), SECRET, SystemClock.now()).await.expect(204);
    superuser.execute(INSERT, &[&"alice", &"in flight", &SystemClock.now()]).await.unwrap();
    let deadline = Instant::now() + PATIENCE;
    let known = "SELECT count(*) FROM deleted_users";
    while superuser.query_one(known, &[]).await.unwrap().get::<_, i64>(0) > 0 {
        assert!(Instant::now() < deadline, "the user is never forgotten");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(stored(&superuser, "alice").await, [""; 0]);
    let deadline = Instant::now() + PATIENCE;
    while stack.user("alice").get("/api/me/tasks").await.status == 401 {
        assert!(Instant::now() < deadline, "the id is refused for ever");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
