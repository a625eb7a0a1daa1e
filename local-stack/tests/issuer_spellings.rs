//! Both services given one public URL, however it is spelled.

use local_stack::testing::{self, TestDatabase};
use serde_json::json;

use crate::scratch::client;

/// Signs up at auth-service and asks task-service with the token that came with it.
async fn is_accepted(public_url: &str, issuer: &str) {
    are_accepted(public_url, issuer, issuer).await;
}

async fn are_accepted(public_url: &str, issuer: &str, audiences: &str) {
    let (auth_database, tasks_database) = (TestDatabase::auth().await, TestDatabase::tasks().await);
    let auth_settings = [("BASE_URL", public_url), ("JWT_ISSUER", issuer), ("JWT_AUDIENCE", audiences)];
    let auth = testing::auth_service(&auth_database, &auth_settings).await;
    let tasks_settings = [("AUTH_ISSUER", public_url), ("AUTH_AUDIENCE", "")];
    let tasks = testing::task_service(&tasks_database, auth.url(), &tasks_settings).await;
    let account = json!({"name": "Alice", "email": "alice@example.com", "password": "correct horse battery"});
    let signed_up =
        client().post(format!("{}/api/auth/sign-up/email", auth.url())).json(&account).send().await.unwrap();
    let token = signed_up.headers()["set-auth-jwt"].to_str().unwrap().to_owned();
    let tasks_url = format!("{}/api/me/tasks", tasks.url());
    let answer = client().get(tasks_url).bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{public_url}, JWT_ISSUER={issuer:?}");
}

#[tokio::test]
async fn tokens_are_accepted_however_the_public_url_is_spelled() {
    for public_url in [
        "https://Auth.Example.com:443/",
        "https://auth.example.com/",
        "https://AUTH.example.com",
        "https://auth.example.com:443",
        "http://localhost:80",
        "https://auth.example.com/Account/",
    ] {
        is_accepted(public_url, "").await;
    }
}

/// Deployments that come from Better Auth may have an issuer with a slash at its end, written so on both sides.
#[tokio::test]
async fn an_issuer_that_both_sides_spell_alike_is_left_as_it_is() {
    for issuer in ["https://auth.example.com/", "https://Auth.Example.com:443"] {
        is_accepted(issuer, issuer).await;
    }
}

#[tokio::test]
async fn a_token_for_several_audiences_is_accepted_by_each() {
    let issuer = "https://auth.example.com";
    are_accepted(issuer, issuer, &format!("https://mail.example.com,{issuer}")).await;
}
