//! Which web pages may call the service.

use std::time::Duration;

use reqwest::Method;

use crate::client::send;
use crate::stack::Stack;

const PAGE: &str = "https://app.example";

/// How long a line of the log may take.
const SOON: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_page_of_a_named_origin_may_call_every_route_and_read_every_answer() {
    let stack = Stack::with(&[(
        "CORS_ORIGINS",
        "http://localhost:3000, https://app.example,https://*.pages.example",
    )])
    .await;
    let anonymous = stack.anonymous();
    for origin in [PAGE, "http://localhost:3000", "https://branch-7.pages.example"] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let preflight = anonymous
                .request(Method::OPTIONS, "/api/me/tasks")
                .header("origin", origin)
                .header("access-control-request-method", method)
                .header(
                    "access-control-request-headers",
                    "authorization,content-type,traceparent,tracestate,baggage,sentry-trace",
                );
            let answer = send(preflight).await.expect(200);
            assert_eq!(answer.header("access-control-allow-origin"), origin);
            assert!(answer.header("access-control-allow-methods").contains(method));
            assert_eq!(answer.header("access-control-allow-credentials"), "");
        }
        // Errors too, or the page could not tell why.
        let refused = anonymous.request(Method::GET, "/api/me/tasks").header("origin", origin);
        let answer = send(refused).await.expect(401);
        assert_eq!(answer.header("access-control-allow-origin"), origin);
        let exposed = answer.header("access-control-expose-headers");
        assert!(
            ["location", "retry-after", "x-request-id"].iter().all(|name| exposed.contains(name)),
            "{exposed}"
        );
    }
}

#[tokio::test]
async fn a_refused_preflight_is_logged_with_the_setting() {
    let mut stack = Stack::with(&[("CORS_ORIGINS", PAGE)]).await;
    // A page of the gateway's own origin sends `Origin` and needs no CORS: nothing is refused.
    let anonymous = stack.anonymous();
    let same_origin =
        anonymous.request(Method::POST, "/api/me/tasks").header("origin", "https://gateway.example");
    send(same_origin).await.expect(401);
    for origin in ["https://other.example", "https://evil.example"] {
        let preflight = anonymous.request(Method::OPTIONS, "/api/me/tasks").header("origin", origin);
        send(preflight.header("access-control-request-method", "POST")).await;
    }
    let is_report = |line: &str| line.contains("CORS_ORIGINS");
    let line = stack.service.wait_for_line(is_report, SOON).await.unwrap();
    assert!(line.contains("https://other.example") && line.contains("WARN"), "{line}");
    assert!(stack.service.terminate().await.unwrap().success());
    stack.service.wait_for_line(|line| line.contains("stopping"), SOON).await.unwrap();
    assert_eq!(stack.service.output().iter().filter(|line| is_report(line)).count(), 1);
}

#[tokio::test]
async fn any_other_page_may_not() {
    let stack = Stack::with(&[("CORS_ORIGINS", PAGE)]).await;
    let alice = stack.user("alice");
    for origin in ["https://evil.example", "https://app.example.evil.example", "http://app.example", "null"] {
        let preflight = alice
            .request(Method::OPTIONS, "/api/me/tasks")
            .header("origin", origin)
            .header("access-control-request-method", "POST");
        let refused = send(preflight).await.expect_error(403, "CORS_REFUSED");
        assert_eq!(refused.header("access-control-allow-origin"), "");
        let request = alice.request(Method::GET, "/api/me/tasks").header("origin", origin);
        assert_eq!(send(request).await.header("access-control-allow-origin"), "");
    }
    for (method, header) in [("BREW", "authorization"), ("GET", "x-other")] {
        let preflight = alice
            .request(Method::OPTIONS, "/api/me/tasks")
            .header("origin", PAGE)
            .header("access-control-request-method", method)
            .header("access-control-request-headers", header);
        let refused = send(preflight).await.expect_error(403, "CORS_REFUSED");
        assert_eq!(refused.header("access-control-allow-origin"), "");
    }
}

#[tokio::test]
async fn a_page_may_send_the_headers_that_are_set() {
    let stack = Stack::with(&[("CORS_ORIGINS", PAGE), ("CORS_ALLOWED_HEADERS", "X-Client-Version")]).await;
    let preflight = |headers: &'static str| {
        let request = stack.anonymous().request(Method::OPTIONS, "/api/me/tasks").header("origin", PAGE);
        let request = request.header("access-control-request-method", "POST");
        send(request.header("access-control-request-headers", headers))
    };
    let answer = preflight("authorization,x-client-version").await.expect(200);
    assert!(answer.header("access-control-allow-headers").contains("x-client-version"));
    preflight("x-other").await.expect_error(403, "CORS_REFUSED");
}
