//! Events that anybody can cause at no cost are logged once a minute for each source.

use reqwest::Method;
use serde_json::{Value, json};

use super::{event, events, logged};
use crate::support::{Answer, Auth, PASSWORD, email};

const LIMITED: [(&str, &str); 2] = [("RATE_LIMIT_ENABLED", "true"), ("TRUSTED_PROXIES", "127.0.0.1")];

/// A sign-in through a proxy, from a client with this IP address.
async fn sign_in(auth: &Auth, address: &str, name: &str, password: &str) -> Answer {
    let request = auth.request(Method::POST, "/sign-in/email").header("x-forwarded-for", address);
    Answer::of(request.json(&json!({"email": email(name), "password": password}))).await
}

/// How often each event with this name was logged, and for which client.
fn clients(auth: &Auth, name: &str) -> Vec<String> {
    let events = logged(&auth.service.output());
    let of_name = events.iter().filter(|event| event["event"] == name);
    of_name.map(|event| event["client_address"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_flood_beyond_a_rate_limit_is_one_line_for_each_client() {
    let auth = Auth::start_with(&LIMITED).await;
    for client in ["203.0.113.1", "203.0.113.2"] {
        for number in 0..20 {
            let status = sign_in(&auth, client, "nobody", "wrong password").await.status.as_u16();
            assert_eq!(status, if number < 3 { 401 } else { 429 });
        }
    }
    assert_eq!(clients(&auth, "sign_in.refused").len(), 6);
    assert_eq!(clients(&auth, "request.rate_limited"), ["203.0.113.1", "203.0.113.2"]);
    let last = logged(&auth.service.output()).into_iter().rfind(|event| event["unreported"] != Value::Null);
    assert_eq!(last.unwrap()["unreported"], 16, "of the first client");
}

#[tokio::test]
async fn an_account_whose_password_is_guessed_at_is_locked() {
    let auth = Auth::start_with(&LIMITED).await;
    let alice = auth.user("alice").await.user["id"].clone();
    for number in 0..10 {
        let refused = sign_in(&auth, &format!("198.51.100.{number}"), "alice", "wrong password").await;
        assert_eq!(refused.status, 401);
    }
    for number in 10..20 {
        let refused = sign_in(&auth, &format!("198.51.100.{number}"), "alice", PASSWORD).await;
        assert_eq!(refused.status, 429);
    }
    assert_eq!(clients(&auth, "account.locked"), ["198.51.100.10"]);
    let locked = logged(&auth.service.output()).into_iter().find(|event| event["event"] == "account.locked");
    assert_eq!(locked.unwrap()["user_id"], alice);
    assert!(clients(&auth, "request.rate_limited").is_empty());
}

#[tokio::test]
async fn a_request_of_another_origin_is_recorded() {
    let auth = Auth::start().await;
    let body = json!({"email": email("nobody"), "password": PASSWORD});
    let send = async |path: &str, headers: &[(&str, &str)]| {
        let mut request = auth.request(Method::POST, path).json(&body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(request).await
    };
    let evil = [("origin", "https://evil.example"), ("cookie", "a=b")];
    // A route each, because events are recorded once a minute for each route.
    for (path, headers, reason) in [
        ("/sign-in/email", &evil[..], "untrusted_origin"),
        ("/sign-out", &[("cookie", "a=b")], "missing_origin"),
        (
            "/verify-email",
            &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")],
            "cross_site_navigation",
        ),
    ] {
        let body = if path == "/verify-email" { json!({"token": "t"}) } else { body.clone() };
        let mut request = auth.request(Method::POST, path).json(&body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let refused = event(&auth, &Answer::of(request).await, "request.origin_refused").await;
        assert_eq!(refused["reason"], reason, "{path}");
    }
    for _ in 0..10 {
        let again = send("/sign-in/email", &evil).await;
        assert_eq!(again.status, 403);
        events(&auth, &again, []).await;
    }
}
