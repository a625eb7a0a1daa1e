//! Internal errors: the response to the client, and the log.

use std::time::Duration;

use local_stack::databases::connect;
use serde_json::Value;

use crate::client::Client;
use crate::issuer;
use crate::stack::Stack;

#[tokio::test]
async fn a_500_says_nothing_and_its_cause_is_logged_once_with_the_requests_id() {
    let mut stack = Stack::start().await;
    let alice = stack.user("alice");
    let id = alice.create("one").await;
    let superuser = connect(&stack.database.superuser_url()).await.unwrap();
    let spoil =
        "ALTER TABLE tasks DROP CONSTRAINT tasks_priority_check; UPDATE tasks SET priority = 'urgent'";
    superuser.batch_execute(spoil).await.unwrap();

    let answer = alice.get(&format!("/api/me/tasks/{id}")).await.expect(500);
    assert_eq!(answer.text, r#"{"code":"INTERNAL_SERVER_ERROR","message":"Something went wrong"}"#);
    let request_id = answer.header("x-request-id").to_owned();
    assert!(!request_id.is_empty());
    let is_cause = |line: &str| line.contains("tasks.priority contains an invalid value");
    stack.service.wait_for_line(is_cause, Duration::from_secs(10)).await.unwrap();

    // One more request, so that a second line would have been written by now.
    alice.create("two").await;
    let output = stack.service.output();
    let causes: Vec<&String> = output.iter().filter(|line| is_cause(line)).collect();
    let [line] = causes.as_slice() else { panic!("{output:#?}") };
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!((&line["level"], &line["span"]["request_id"]), (&"ERROR".into(), &request_id.into()));
    assert_eq!(line["span"]["route"], "/api/{user_id}/tasks/{task_id}");
}

#[tokio::test]
async fn the_log_holds_no_token_no_password_and_no_users_text() {
    // The driver's own debug lines hold the parameters of statements: whoever asks for those gets them.
    let stack = Stack::with(&[("RUST_LOG", "debug,tokio_postgres=info")]).await;
    let token = issuer::token("alice");
    let alice = stack.anonymous().with_token(&token);
    let id = alice.create("a private title").await;
    alice.get("/api/me/tasks?search=private%20search").await.expect(200);
    alice.get("/api/mallory/tasks").await.expect(403);
    stack.anonymous().with_token(&issuer::expired("alice")).get("/api/me/tasks").await.expect(401);
    let log = stack.service.output().join("\n");
    assert!(log.contains("request served") && log.contains("request refused"), "{log}");
    let password = stack.database.service_url().split([':', '@']).nth(2).unwrap().to_owned();
    let signature = token.rsplit('.').next().unwrap();
    for secret in
        ["private title", "private search", "private%20search", "mallory", &id, signature, &password]
    {
        assert!(!log.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_request_that_finds_no_free_connection_is_503_in_time() {
    let stack = Stack::with(&[("DATABASE_POOL_SIZE", "1"), ("LIST_TIMEOUT", "8s")]).await;
    stack.user("alice").create("one").await;
    let superuser = connect(&stack.database.superuser_url()).await.unwrap();
    superuser.batch_execute("BEGIN; LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE").await.unwrap();
    // Clients of their own, hence spread over the workers: the first two on each take its connections and wait.
    let list = async |client: Client| client.get("/api/me/tasks").await;
    let workers = std::thread::available_parallelism().unwrap().get();
    let requests: Vec<_> = (0..4 * workers).map(|_| tokio::spawn(list(stack.user("alice")))).collect();
    let mut refused = 0;
    let (mut waiting, deadline) = (requests, tokio::time::Instant::now() + Duration::from_secs(8));
    while waiting.len() > 2 * workers {
        let (answer, _, rest) =
            tokio::time::timeout_at(deadline, futures_util::future::select_all(waiting)).await.unwrap();
        let answer = answer.unwrap().expect_error(503, "SERVICE_UNAVAILABLE");
        assert_eq!(answer.header("retry-after"), "1");
        (refused, waiting) = (refused + 1, rest);
    }
    assert_eq!(refused, 2 * workers);
    superuser.batch_execute("COMMIT").await.unwrap();
    for answer in waiting {
        answer.await.unwrap().expect(200);
    }
}
