//! US3: the task API requires a valid token, and shows each user their own tasks.

use serde_json::json;

use crate::client::titles;
use crate::issuer;
use crate::stack::Stack;

#[tokio::test]
async fn us3_1_a_list_holds_only_the_callers_tasks() {
    let stack = Stack::start().await;
    let (alice, bob) = (stack.user("alice"), stack.user("bob"));
    alice.create("Alice's").await;
    bob.create("Bob's").await;

    for path in ["/api/me/tasks", "/api/alice/tasks"] {
        let list = alice.get(path).await.expect(200).json();
        assert_eq!(titles(&list), ["Alice's"]);
        assert_eq!(list["tasks"][0]["user_id"], "alice");
    }
    assert_eq!(titles(&bob.get("/api/bob/tasks").await.expect(200).json()), ["Bob's"]);
}

#[tokio::test]
async fn us3_2_without_an_authorization_header_the_answer_is_401() {
    let stack = Stack::start().await;
    let answer = stack.anonymous().get("/api/alice/tasks").await.expect_error(401, "UNAUTHORIZED");
    assert_eq!(answer.header("www-authenticate"), "Bearer");
}

#[tokio::test]
async fn us3_3_with_an_expired_or_invalid_token_the_answer_is_401() {
    let stack = Stack::start().await;
    let expired = stack.anonymous().with_token(&issuer::expired("alice"));
    let expired = expired.get("/api/alice/tasks").await.expect_error(401, "UNAUTHORIZED");
    let invalid = stack.anonymous().with_token("not.a.token");
    let invalid = invalid.get("/api/alice/tasks").await.expect_error(401, "UNAUTHORIZED");
    assert_eq!(expired.text, invalid.text);
}

#[tokio::test]
async fn us3_4_another_users_path_is_403() {
    let stack = Stack::start().await;
    stack.user("bob").create("Bob's").await;
    let alice = stack.user("alice");
    alice.get("/api/bob/tasks").await.expect_error(403, "FORBIDDEN");
    alice.post("/api/bob/tasks", &json!({"title": "for Bob"})).await.expect_error(403, "FORBIDDEN");
    assert_eq!(stack.user("bob").titles().await, ["Bob's"]);
}
