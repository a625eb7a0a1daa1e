//! Both services together: accounts and tokens of the real auth-service. US3, US5.

use local_stack::testing::{self, TestDatabase};
use serde_json::{Value, json};

use crate::client::Client;

/// Signs somebody up and answers their user id and token.
async fn sign_up(auth: &Client, name: &str) -> (String, String) {
    let body =
        json!({"name": name, "email": format!("{name}@example.com"), "password": "correct horse battery"});
    let answer = auth.post("/api/auth/sign-up/email", &body).await.expect(200);
    let token = answer.header("set-auth-jwt").to_owned();
    (answer.json()["user"]["id"].as_str().unwrap().to_owned(), token)
}

#[tokio::test]
async fn us3_us5_two_people_sign_up_and_keep_their_tasks_to_themselves_even_with_the_auth_service_gone() {
    let (auth_database, tasks_database) = (TestDatabase::auth().await, TestDatabase::tasks().await);
    let mut auth = testing::auth_service(&auth_database, &[]).await;
    let tasks = testing::task_service(&tasks_database, auth.url(), &[]).await;
    let (at_auth, at_tasks) = (Client::anonymous(auth.url()), Client::anonymous(tasks.url()));

    let (alice_id, alice_token) = sign_up(&at_auth, "alice").await;
    let (bob_id, bob_token) = sign_up(&at_auth, "bob").await;
    let (alice, bob) = (at_tasks.with_token(&alice_token), at_tasks.with_token(&bob_token));

    let task = alice.post("/api/me/tasks", &json!({"title": "Alice's"})).await.expect(201).json();
    assert_eq!(task["user_id"], Value::from(alice_id.clone()));
    let own = format!("/api/{alice_id}/tasks/{}", task["id"].as_str().unwrap());
    alice.get(&own).await.expect(200);
    bob.get(&own).await.expect_error(403, "FORBIDDEN");
    bob.get(&own.replace(&alice_id, &bob_id)).await.expect_error(404, "TASK_NOT_FOUND");
    bob.delete(&own.replace(&alice_id, "me")).await.expect_error(404, "TASK_NOT_FOUND");
    at_tasks.get(&own).await.expect_error(401, "UNAUTHORIZED");

    assert!(auth.terminate().await.unwrap().success());
    assert_eq!((alice.titles().await, bob.titles().await), (vec!["Alice's".to_owned()], vec![]));
    alice.patch(&own, &json!({"title": "still Alice's"})).await.expect(200);
    at_tasks.get("/readyz").await.expect(200);
}
