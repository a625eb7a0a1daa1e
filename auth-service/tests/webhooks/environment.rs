//! The receiver of `WEBHOOK_URL`.

use local_stack::testing::TestDatabase;
use serde_json::{Value, json};
use service_kit::webhooks::ID;
use wiremock::ResponseTemplate;

use super::{PATIENCE, Receiver, header, start, verified, wait_until_delivered};
use crate::support::{Auth, PASSWORD, email};

#[tokio::test]
async fn a_deleted_user_is_announced_once_in_a_signed_request() {
    let receiver = Receiver::start(ResponseTemplate::new(200)).await;
    let auth = start(&receiver, TestDatabase::auth().await).await;
    let alice = auth.user("alice").await;
    auth.user("bob").await;
    let id = alice.user["id"].as_str().unwrap().to_owned();
    assert_eq!(alice.post("/delete-user", &json!({"password": PASSWORD})).await.status, 200);

    let requests = receiver.received(1).await;
    let body = verified(&requests[0]);
    assert_eq!((body["type"].as_str(), body["data"]["user_id"].as_str()), (Some("user.deleted"), Some(&*id)));
    let moment = |value: &Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let (deleted, expire) = (moment(&body["timestamp"]), moment(&body["data"]["tokens_expire_at"]));
    assert!((899..=901).contains(&expire.duration_since(deleted).as_secs()), "JWT_TTL later: {body}");
    assert_eq!(header(&requests[0], "content-type"), "application/json");
    wait_until_delivered(&auth).await;
    assert_eq!(receiver.0.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_event_that_is_refused_or_redirected_is_sent_again_with_the_same_id_and_body() {
    let elsewhere = ResponseTemplate::new(307).insert_header("location", "/elsewhere");
    for first in [ResponseTemplate::new(500), elsewhere] {
        let receiver = Receiver::start(first).await;
        let auth = start(&receiver, TestDatabase::auth().await).await;
        let alice = auth.user("alice").await;
        assert_eq!(alice.post("/delete-user", &json!({"password": PASSWORD})).await.status, 200);
        let requests = receiver.received(2).await;
        assert_eq!(header(&requests[0], ID), header(&requests[1], ID));
        assert_eq!(verified(&requests[0]), verified(&requests[1]));
        wait_until_delivered(&auth).await;
    }
}

#[tokio::test]
async fn events_from_before_the_receiver_was_set_arrive_however_the_user_was_deleted() {
    let auth = Auth::start().await;
    for name in ["alice", "bob"] {
        auth.user(name).await;
        let statement = "DELETE FROM users WHERE email = $1";
        auth.superuser().await.execute(statement, &[&email(name)]).await.unwrap();
    }
    let Auth { database, mut service, .. } = auth;
    assert!(service.terminate().await.unwrap().success());
    let receiver = Receiver::start(ResponseTemplate::new(204)).await;
    let auth = start(&receiver, database).await;
    let requests = receiver.received(2).await;
    let users: Vec<_> = requests.iter().map(|request| verified(request)["data"]["user_id"].clone()).collect();
    assert_ne!(users[0], users[1]);
    wait_until_delivered(&auth).await;
}

#[tokio::test]
async fn the_events_of_a_user_keep_their_order_and_another_user_does_not_wait_for_them() {
    let receiver = Receiver::start(ResponseTemplate::new(500)).await;
    let database = TestDatabase::auth().await;
    let superuser = crate::support::connect(&database.superuser_url()).await;
    let events = "INSERT INTO webhook_deliveries (receiver, event, user_id, data)
        SELECT 'environment', name, id, jsonb_build_object('user_id', id)
        FROM (VALUES (1, 'first', 'a'), (2, 'second', 'a'), (3, 'first', 'b')) AS events (place, name, id) ORDER BY place";
    superuser.batch_execute(events).await.unwrap();
    let auth = start(&receiver, database).await;
    let requests = receiver.received(4).await;
    let order: Vec<_> = requests
        .iter()
        .map(verified)
        .map(|body| (body["data"]["user_id"].clone(), body["type"].clone()))
        .collect();
    let expected = [("a", "first"), ("b", "first"), ("a", "first"), ("a", "second")];
    let expected: Vec<_> = expected.iter().map(|(user, event)| (json!(user), json!(event))).collect();
    assert_eq!(order, expected);
    wait_until_delivered(&auth).await;
}

#[tokio::test]
async fn a_receiver_needs_a_secret() {
    let database = TestDatabase::auth().await;
    for (secret, expected) in [("", "WEBHOOK_SECRET is not set"), ("short", "WEBHOOK_SECRET: each secret")] {
        let mut env = local_stack::testing::auth_env(&database);
        let webhooks = [("WEBHOOK_URL", "http://localhost:1/events"), ("WEBHOOK_SECRET", secret)];
        env.extend(webhooks.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let end = local_stack::run_to_end(local_stack::Binary::AuthService, &["serve"], env).await.unwrap();
        assert!(!end.status.success());
        assert!(end.stderr.iter().any(|line| line.contains(expected)), "{end:?}");
    }
}

#[tokio::test]
async fn events_that_were_not_sent_because_the_receiver_is_away_had_no_attempt() {
    let database = TestDatabase::auth().await;
    let superuser = crate::support::connect(&database.superuser_url()).await;
    let events = "INSERT INTO webhook_deliveries (receiver, event, user_id, data)
        SELECT 'environment', 'user.deleted', 'user-' || number, '{}' FROM generate_series(1, 5) AS number";
    superuser.batch_execute(events).await.unwrap();
    // Nobody listens there.
    let webhooks = [("WEBHOOK_URL", "http://127.0.0.1:1/events"), ("WEBHOOK_SECRET", super::SECRET)];
    let _auth = Auth::on(database, &webhooks).await;
    let deadline = tokio::time::Instant::now() + PATIENCE;
    let attempts = "SELECT attempts FROM webhook_deliveries ORDER BY sequence";
    loop {
        let rows = superuser.query(attempts, &[]).await.unwrap();
        let attempts: Vec<i32> = rows.iter().map(|row| row.get(0)).collect();
        // Claimed, tried once, and given back.
        if attempts == [1, 0, 0, 0, 0] {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "{attempts:?}");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
