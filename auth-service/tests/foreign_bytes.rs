//! Headers that are not text: they must not be treated as absent.

use reqwest::header::HeaderValue;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{Answer, Auth, Device, PAGE, PASSWORD, email};

/// A cookie of another application on the same host.
const FOREIGN: &[u8] = b"campaign=Unders\xf8gelse; ";

fn bytes(value: &[u8]) -> HeaderValue {
    HeaderValue::from_bytes(value).unwrap()
}

/// The cookies of a browser that also has the cookie of another application.
fn cookies(device: &Device<'_>) -> HeaderValue {
    bytes(&[FOREIGN, b"better-auth.session_token=\xff; ", device.cookie.as_bytes()].concat())
}

#[tokio::test]
async fn another_applications_cookie_signs_nobody_out() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let with_cookies = |request: RequestBuilder| request.header("cookie", cookies(&alice));
    let session = Answer::of(with_cookies(auth.request(Method::GET, "/get-session"))).await;
    assert_eq!(session.body["user"]["id"], alice.user["id"]);
    assert!(session.cookies().is_empty());
    let out = with_cookies(auth.request(Method::POST, "/sign-out")).header("origin", PAGE);
    let out = Answer::of(out).await;
    assert_eq!((out.status.as_u16(), out.cookies().len()), (200, 3));
    assert_eq!(auth.count("sessions").await, 0, "it said that it did");
}

#[tokio::test]
async fn an_origin_that_cannot_be_read_is_not_trusted() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    for (name, value) in [
        ("origin", bytes(b"http://localhost:3000\xff")),
        ("origin", bytes("http://localhost:3000\u{e4}".as_bytes())),
        ("referer", bytes(b"http://localhost:3000/\xff")),
    ] {
        let sign_out = auth.request(Method::POST, "/sign-out").header("cookie", cookies(&alice));
        let body = json!({"email": email("alice"), "password": PASSWORD});
        let sign_in = auth.request(Method::POST, "/sign-in/email").json(&body);
        for request in [sign_out, sign_in] {
            let mut request = request.header(name, value.clone());
            if name == "origin" {
                request = request.header("referer", PAGE);
            }
            let answer = Answer::of(request).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (403, "INVALID_ORIGIN"), "{name}: {value:?}");
            assert_eq!(answer.header("access-control-allow-origin"), None);
        }
    }
    let body = json!({"email": email("alice"), "password": PASSWORD});
    let fetched = auth.request(Method::POST, "/sign-in/email").header("sec-fetch-site", bytes(b"\xff"));
    assert_eq!(Answer::of(fetched.json(&body)).await.code(), "MISSING_OR_NULL_ORIGIN");
    assert_ne!(alice.session().await, Value::Null);
}

#[tokio::test]
async fn an_unreadable_bearer_token_is_an_unknown_one() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    for authorization in [&b"Bearer \xff"[..], b"Bearer \xff.x", "Bearer \u{e4}".as_bytes()] {
        let request = auth.request(Method::GET, "/token").header("cookie", &alice.cookie);
        let answer = Answer::of(request.header("authorization", bytes(authorization))).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (401, "UNAUTHORIZED"), "{authorization:?}");
    }
}

#[tokio::test]
async fn other_headers_are_used_if_they_can_be_read() {
    let auth = Auth::start().await;
    auth.user("alice").await;
    let body = json!({"email": email("alice"), "password": PASSWORD}).to_string();
    let sign_in = |content_type: &[u8], user_agent: &[u8]| {
        let request = auth.request(Method::POST, "/sign-in/email").body(body.clone());
        Answer::of(
            request.header("content-type", bytes(content_type)).header("user-agent", bytes(user_agent)),
        )
    };
    for (user_agent, kept) in [("L\u{fc}nx".as_bytes(), "L\u{fc}nx"), (b"L\xfcnx", "L\u{fc}nx")] {
        let answer = sign_in(b"application/json; note=\xff", user_agent).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let session = Device::of(&auth, &answer).session().await;
        assert_eq!(session["session"]["userAgent"], kept);
    }
    assert_eq!(sign_in(b"application/json\xff", b"x").await.status, 415);

    let jwks = auth.request(Method::GET, "/jwks").header("if-none-match", bytes(b"\"\xff\""));
    assert_eq!(Answer::of(jwks).await.status, 200, "whoever has something else gets it whole");
}
