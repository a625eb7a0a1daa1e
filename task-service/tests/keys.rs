//! The signing keys: fetched once, used while the issuer is unavailable; without them 503 and not 401.

use std::time::Duration;

use local_stack::testing::{self, TestDatabase, free_port};
use local_stack::{Binary, Service};
use tokio::time::Instant;

use crate::client::Client;
use crate::issuer::{self, Issuer};
use crate::stack::Stack;

#[tokio::test]
async fn fr_017_keys_are_fetched_once_and_tokens_work_with_the_issuer_gone() {
    let stack = Stack::start().await;
    let alice = stack.user("alice");
    for n in 0..20 {
        alice.create(&format!("task {n}")).await;
    }
    assert_eq!(stack.issuer.fetches(), 1);
    stack.issuer.stop().await;
    alice.create("still there").await;
    stack.user("bob").create("a token of afterwards").await;
    stack.anonymous().with_token("x.y.z").get("/api/me/tasks").await.expect(401);
    stack.anonymous().get("/readyz").await.expect(200);
    assert_eq!(stack.issuer.fetches(), 1);
}

#[tokio::test]
async fn fr_019_without_keys_the_answer_is_503_and_it_recovers_by_itself() {
    let database = TestDatabase::tasks().await;
    testing::build_binaries().await.unwrap();
    // A port that nothing listens on, until the issuer comes up on it.
    let port = free_port();
    let mut settings = testing::task_env(&database, &format!("http://127.0.0.1:{port}"));
    settings.insert("JWKS_COOLDOWN".to_owned(), "50ms".to_owned());
    let service = Service::spawn(Binary::TaskService, settings).await.unwrap();

    let alice = Client::anonymous(service.url()).with_token(&issuer::token("alice"));
    let answer = alice.get("/api/me/tasks").await.expect_error(503, "KEYS_UNAVAILABLE");
    assert!(!answer.header("retry-after").is_empty());
    let anonymous = Client::anonymous(service.url());
    anonymous.get("/api/me/tasks").await.expect_error(401, "UNAUTHORIZED");
    anonymous.get("/readyz").await.expect_error(503, "NOT_READY");
    anonymous.get("/healthz").await.expect(200);

    let _issuer = Issuer::start_on(port).await;
    let deadline = Instant::now() + Duration::from_secs(10);
    while alice.get("/api/me/tasks").await.status != 200 {
        assert!(Instant::now() < deadline, "no recovery");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    anonymous.get("/readyz").await.expect(200);
}
