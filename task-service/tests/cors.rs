//! Which web pages may call the service.

use reqwest::Method;

use crate::client::send;
use crate::stack::Stack;

const PAGE: &str = "https://app.example";

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
                .header("access-control-request-headers", "authorization,content-type");
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
async fn any_other_page_may_not() {
    let stack = Stack::with(&[("CORS_ORIGINS", PAGE)]).await;
    let alice = stack.user("alice");
    for origin in ["https://evil.example", "https://app.example.evil.example", "http://app.example", "null"] {
        let preflight = alice
            .request(Method::OPTIONS, "/api/me/tasks")
            .header("origin", origin)
            .header("access-control-request-method", "POST");
        assert_eq!(send(preflight).await.header("access-control-allow-origin"), "");
        let request = alice.request(Method::GET, "/api/me/tasks").header("origin", origin);
        assert_eq!(send(request).await.header("access-control-allow-origin"), "");
    }
    for (method, header) in [("BREW", "authorization"), ("GET", "x-other")] {
        let preflight = alice
            .request(Method::OPTIONS, "/api/me/tasks")
            .header("origin", PAGE)
            .header("access-control-request-method", method)
            .header("access-control-request-headers", header);
        assert_eq!(send(preflight).await.header("access-control-allow-origin"), "");
    }
}
