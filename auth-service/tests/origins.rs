use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Auth, PAGE, PASSWORD, email};

#[tokio::test]
async fn a_cookie_from_elsewhere_changes_nothing() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    for (header, value, code) in [
        ("x-none", "", "MISSING_OR_NULL_ORIGIN"),
        ("origin", "null", "MISSING_OR_NULL_ORIGIN"),
        ("origin", "https://evil.example", "INVALID_ORIGIN"),
        ("referer", "https://evil.example/page", "INVALID_ORIGIN"),
    ] {
        let request = auth.request(Method::POST, "/sign-out").header("cookie", &alice.cookie);
        let answer = Answer::of(request.header(header, value)).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (403, code), "{header}: {value}");
    }
    assert_ne!(alice.session().await, Value::Null, "still signed in");
}

#[tokio::test]
async fn nobody_is_signed_in_by_another_site() {
    let auth = Auth::start().await;
    auth.user("mallory").await;
    let body = json!({"email": email("mallory"), "password": PASSWORD});
    for (headers, code) in [
        (vec![("origin", "https://evil.example")], "INVALID_ORIGIN"),
        (
            vec![("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")],
            "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED",
        ),
        (vec![("sec-fetch-mode", "cors")], "MISSING_OR_NULL_ORIGIN"),
    ] {
        let mut request = auth.request(Method::POST, "/sign-in/email").json(&body);
        for (name, value) in &headers {
            request = request.header(*name, *value);
        }
        let answer = Answer::of(request).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (403, code), "{headers:?}");
        assert!(answer.cookies().is_empty());
    }
}

/// The order of Better Auth: cookies before the schema, the rest of what a browser says after it.
#[tokio::test]
async fn a_bad_body_is_named_before_a_bad_origin_unless_cookies_came() {
    let auth = Auth::start().await;
    let bad = |name: &'static str, value: &'static str| {
        let request = auth.request(Method::POST, "/sign-in/email").header("origin", "https://evil.example");
        Answer::of(request.header(name, value).json(&json!({})))
    };
    assert_eq!(bad("x-none", "").await.code(), "VALIDATION_ERROR");
    assert_eq!(bad("cookie", "a=b").await.code(), "INVALID_ORIGIN");
}

#[tokio::test]
async fn cors_names_the_trusted_origin_and_no_other() {
    let auth = Auth::start().await;
    let preflight = |origin: &'static str| {
        let request = auth.request(Method::OPTIONS, "/sign-in/email").header("origin", origin);
        Answer::of(
            request
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", "content-type,authorization"),
        )
    };
    let answer = preflight(PAGE).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin").unwrap(), PAGE);
    assert_eq!(answer.header("access-control-allow-credentials").unwrap(), "true");
    let allowed = answer.header("access-control-allow-headers").unwrap().to_lowercase();
    assert!(allowed.contains("content-type") && allowed.contains("authorization"), "{allowed}");
    let refused = preflight("https://evil.example").await;
    assert_eq!(refused.header("access-control-allow-origin"), None);

    let read =
        |origin: &'static str| Answer::of(auth.request(Method::GET, "/get-session").header("origin", origin));
    let trusted = read(PAGE).await;
    assert_eq!(trusted.header("access-control-allow-origin").unwrap(), PAGE);
    let exposed = trusted.header("access-control-expose-headers").unwrap();
    for name in ["set-auth-jwt", "set-auth-token", "x-retry-after"] {
        assert!(exposed.contains(name), "{exposed}");
    }
    let foreign = read("https://evil.example").await;
    assert_eq!((foreign.status.as_u16(), foreign.header("access-control-allow-origin")), (200, None));
    let error = Answer::of(auth.request(Method::GET, "/token").header("origin", PAGE)).await;
    assert_eq!(error.header("access-control-allow-origin").unwrap(), PAGE, "a page can read errors too");
}
