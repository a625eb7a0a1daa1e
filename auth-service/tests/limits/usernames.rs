//! Wrong passwords and questions for usernames.

use reqwest::Method;
use serde_json::json;

use super::{ON, address, device_cookie, from, sign_in};
use crate::support::{Answer, Auth, PASSWORD, email};

/// Number of wrong passwords that return 401 before the account is locked.
const ALLOWED: usize = 10;

/// A service with limits and usernames, and the answer to the sign-up of alice.
async fn with_alice() -> (Auth, Answer) {
    let auth = Auth::start_with(&[&ON[..], &[("USERNAME_ENABLED", "true")]].concat()).await;
    let body = json!({"name": "Alice", "email": email("alice"), "password": PASSWORD, "username": "alice"});
    let request = from(&auth.service, "203.0.113.1", Method::POST, "/sign-up/email");
    let answer = Answer::of(request.json(&body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    (auth, answer)
}

async fn by_username(auth: &Auth, number: usize, username: &str, password: &str, cookie: &str) -> Answer {
    let request = from(&auth.service, &address(number), Method::POST, "/sign-in/username");
    let request = request.json(&json!({"username": username, "password": password}));
    let with_cookie = |request: reqwest::RequestBuilder| {
        request.header("cookie", cookie).header("origin", crate::support::PAGE)
    };
    Answer::of(if cookie.is_empty() { request } else { with_cookie(request) }).await
}

#[tokio::test]
async fn wrong_passwords_for_the_username_and_the_email_of_an_account_count_together() {
    let (auth, signed_up) = with_alice().await;
    for number in 0..ALLOWED {
        let status = if number % 2 == 0 {
            by_username(&auth, number, "ALICE", "wrong password", "").await.status
        } else {
            Answer::of(sign_in(&auth.service, &address(number), &email("alice"), "wrong password", ""))
                .await
                .status
        };
        assert_eq!(status, 401, "{number}");
    }
    assert_eq!(by_username(&auth, 20, "alice", PASSWORD, "").await.status, 429);
    let by_email = sign_in(&auth.service, &address(21), &email("alice"), PASSWORD, "");
    assert_eq!(Answer::of(by_email).await.status, 429);
    let device = device_cookie(&signed_up).unwrap();
    assert_eq!(by_username(&auth, 22, "alice", PASSWORD, &device).await.status, 200, "a known device");
}

#[tokio::test]
async fn a_username_that_nobody_has_is_limited_the_same() {
    let (auth, _) = with_alice().await;
    let mut known = Vec::new();
    let mut unknown = Vec::new();
    for number in 0..ALLOWED + 2 {
        known.push(by_username(&auth, number, "alice", "wrong password", "").await.text);
        unknown.push(by_username(&auth, 50 + number, "Nobody", "wrong password", "").await.text);
    }
    assert_eq!(known, unknown);
    assert!(known[ALLOWED - 1].contains("INVALID_USERNAME_OR_PASSWORD"), "{known:?}");
    assert!(known[ALLOWED].contains("Too many requests"), "{known:?}");
    let right = by_username(&auth, 90, "alice", PASSWORD, "").await;
    assert_eq!(right.status, 429, "a stranger with the right password does not learn that it is");
}

#[tokio::test]
async fn a_client_asks_for_thirty_usernames_a_minute() {
    let (auth, _) = with_alice().await;
    let ask = |number: usize, client: &str| {
        let request = from(&auth.service, client, Method::POST, "/is-username-available");
        Answer::of(request.json(&json!({"username": format!("name{number}")})))
    };
    for number in 0..30 {
        assert_eq!(ask(number, "203.0.113.9").await.status, 200, "{number}");
    }
    assert_eq!(ask(30, "203.0.113.9").await.status, 429);
    assert_eq!(ask(31, "203.0.113.10").await.status, 200, "another client");
}
