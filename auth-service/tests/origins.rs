use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Auth, PAGE, PASSWORD, email};

/// Maximum time until a line is in the log.
const SOON: Duration = Duration::from_secs(20);

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

/// The order of Better Auth: cookies before the schema, other headers of the browser after it.
#[tokio::test]
async fn an_invalid_body_is_reported_before_an_invalid_origin_unless_there_are_cookies() {
    let auth = Auth::start().await;
    let bad = |name: &'static str, value: &'static str| {
        let request = auth.request(Method::POST, "/sign-in/email").header("origin", "https://evil.example");
        Answer::of(request.header(name, value).json(&json!({})))
    };
    assert_eq!(bad("x-none", "").await.code(), "VALIDATION_ERROR");
    assert_eq!(bad("cookie", "a=b").await.code(), "INVALID_ORIGIN");
}

/// `./dev up` and the compose stack print localhost, and people open 127.0.0.1.
#[tokio::test]
async fn a_page_on_this_machine_can_sign_in_under_each_of_its_names() {
    let auth = Auth::start_with(&[("BASE_URL", "http://127.0.0.1:8080")]).await;
    auth.user("alice").await;
    let body = json!({"email": email("alice"), "password": PASSWORD});
    for (origin, status) in [
        ("http://localhost:8080", 200),
        ("http://127.0.0.1:8080", 200),
        ("http://[::1]:8080", 200),
        ("http://localhost:8082", 403),
        ("https://localhost:8080", 403),
        ("http://127.0.0.2:8080", 403),
    ] {
        let request = auth.request(Method::POST, "/sign-in/email").header("origin", origin).json(&body);
        assert_eq!(Answer::of(request).await.status, status, "{origin}");
    }
}

#[tokio::test]
async fn a_service_elsewhere_does_not_trust_pages_on_this_machine() {
    let auth = Auth::start_with(&[("BASE_URL", "http://auth.example.com:8080")]).await;
    for origin in ["http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080"] {
        let request =
            auth.request(Method::POST, "/sign-out").header("origin", origin).header("cookie", "a=b");
        assert_eq!(Answer::of(request).await.code(), "INVALID_ORIGIN", "{origin}");
    }
}

/// The log lines about refused origins.
fn reports(auth: &Auth) -> Vec<Value> {
    let lines = auth.service.output();
    let lines = lines.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["fields"]["message"].as_str().unwrap().contains("TRUSTED_ORIGINS")).collect()
}

#[tokio::test]
async fn a_refused_origin_is_logged_once_a_minute_and_names_the_setting() {
    let mut auth = Auth::start().await;
    let from = |name: &'static str, value: &'static str| {
        Answer::of(auth.request(Method::POST, "/sign-out").header("cookie", "a=b").header(name, value))
    };
    from("origin", PAGE).await;
    from("origin", "null").await;
    assert_eq!(reports(&auth).len(), 0, "nothing to set");
    from("referer", "http://user:secret@localhost:3001/secret?secret").await;
    for _ in 0..20 {
        from("origin", "https://evil.example").await;
    }
    let is_report = |line: &str| line.contains("TRUSTED_ORIGINS");
    auth.service.wait_for_line(is_report, SOON).await.unwrap();
    // The log is in order: when the last line is there, all earlier ones are too.
    assert!(auth.service.terminate().await.unwrap().success());
    auth.service.wait_for_line(|line| line.contains("stopping"), SOON).await.unwrap();
    let reports = reports(&auth);
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert_eq!(
        (&reports[0]["level"], &reports[0]["fields"]["origin"]),
        (&json!("WARN"), &json!("http://localhost:3001"))
    );
    assert_eq!(reports[0]["fields"]["unreported"], 0);
    assert!(!reports[0].to_string().contains("secret"), "{reports:?}");
}

/// A page of another origin sends a preflight first, and no request if that is refused.
#[tokio::test]
async fn a_refused_preflight_is_logged_too() {
    let mut auth = Auth::start().await;
    let read = auth.request(Method::GET, "/get-session").header("origin", "https://a.example");
    assert_eq!(Answer::of(read).await.status, 200);
    let preflight = auth.request(Method::OPTIONS, "/sign-in/email").header("origin", "https://b.example");
    Answer::of(preflight.header("access-control-request-method", "POST")).await;
    let line = auth.service.wait_for_line(|line| line.contains("TRUSTED_ORIGINS"), SOON);
    assert!(line.await.unwrap().contains("https://b.example"));
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
    for name in ["content-type", "authorization", "traceparent", "tracestate", "baggage", "sentry-trace"] {
        assert!(allowed.contains(name), "{name}: {allowed}");
    }
    let refused = preflight("https://evil.example").await;
    assert_eq!((refused.status.as_u16(), refused.code()), (403, "CORS_REFUSED"));
    assert_eq!(refused.header("access-control-allow-origin"), None);
    assert!(refused.header("vary").unwrap().to_lowercase().contains("origin"));

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

#[tokio::test]
async fn pages_may_send_the_headers_that_are_set() {
    let auth = Auth::start_with(&[("CORS_ALLOWED_HEADERS", "X-Client-Version, x-tenant")]).await;
    let preflight = |headers: &'static str| {
        let request = auth.request(Method::OPTIONS, "/sign-in/email").header("origin", PAGE);
        let request = request.header("access-control-request-method", "POST");
        Answer::of(request.header("access-control-request-headers", headers))
    };
    for headers in ["x-client-version", "content-type,traceparent,x-tenant", "baggage, sentry-trace"] {
        let answer = preflight(headers).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""), "{headers}");
        assert_eq!(answer.header("access-control-allow-origin").as_deref(), Some(PAGE), "{headers}");
    }
    let refused = preflight("x-other").await;
    assert_eq!((refused.status.as_u16(), refused.code()), (403, "CORS_REFUSED"));
    assert_eq!(refused.header("access-control-allow-origin"), None);
    let reports = reports(&auth);
    assert_eq!(reports.len(), 0, "the origin is trusted: {reports:?}");
}
