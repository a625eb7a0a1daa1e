use std::time::Duration;

use local_stack::testing::{self, private_cluster};
use reqwest::Client;
use serde_json::json;

use crate::support::{Answer, PASSWORD};

/// Waits until a response has this `status`.
async fn until(status: u16, request: impl Fn() -> reqwest::RequestBuilder) -> Answer {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    loop {
        let answer = Answer::of(request()).await;
        if answer.status == status {
            return answer;
        }
        assert!(tokio::time::Instant::now() < deadline, "still {answer:?}");
    }
}

#[tokio::test]
async fn without_its_database_it_answers_503_and_recovers_by_itself() {
    let cluster = private_cluster().await;
    let service = testing::auth_service(cluster.auth(), &[]).await;
    let (http, url) = (Client::new(), service.url().to_owned());
    let post = |path: &str, body: &serde_json::Value| http.post(format!("{url}/api/auth{path}")).json(body);
    let account = json!({"name": "Alice", "email": "alice@example.com", "password": PASSWORD});
    let signed_up = Answer::of(post("/sign-up/email", &account)).await;
    let token = signed_up.body["token"].as_str().unwrap();
    let session = || http.get(format!("{url}/api/auth/get-session")).bearer_auth(token);
    assert_eq!(Answer::of(session()).await.body["user"]["name"], "Alice");

    cluster.kill().await;
    until(503, || http.get(format!("{url}/readyz"))).await;
    let answer = Answer::of(session()).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (503, "SERVICE_UNAVAILABLE"),
        "never a 401: {answer:?}"
    );
    assert!(answer.header("retry-after").is_some());
    assert!(!answer.text.contains("connect"), "says nothing of the cause: {}", answer.text);
    assert_eq!(Answer::of(post("/sign-in/email", &account)).await.status, 503);
    let out = Answer::of(post("/sign-out", &json!({})).bearer_auth(token)).await;
    assert_eq!((out.status.as_u16(), out.code()), (503, "SERVICE_UNAVAILABLE"), "the session is not over");
    assert!(out.header("retry-after").is_some());
    assert_eq!(out.cookies().len(), 3, "the browser is signed out all the same: {out:?}");
    assert_eq!(out.header("clear-site-data").as_deref(), Some("\"cache\""));
    let nobody = Answer::of(post("/sign-out", &json!({}))).await;
    assert_eq!((nobody.status.as_u16(), nobody.cookies().len()), (200, 3), "there is nothing to look for");
    assert_eq!(Answer::of(http.get(format!("{url}/healthz"))).await.status, 200);
    assert_eq!(Answer::of(http.get(format!("{url}/api/auth/jwks"))).await.status, 200, "keys are in memory");

    cluster.start().await;
    until(200, || http.get(format!("{url}/readyz"))).await;
    let answer = until(200, session).await;
    assert_eq!(answer.body["user"]["name"], "Alice", "the session outlived the outage");
}
