//! What reaches which service, and as what.

use std::io::{Read, Write};

use wiremock::matchers::any;
use wiremock::{Mock, ResponseTemplate};

use super::process::{Gateway, Requests as _};
use super::upstreams::{COOKIE, Upstreams, answer_with, assert_envelope, header, received, upstream};

#[tokio::test]
async fn every_route_reaches_its_service_and_no_cookie_reaches_task_service() {
    // What is asked, who gets it, and as what.
    let routes = [
        ("/api/auth/ok", "auth", "/api/auth/ok"),
        ("/api/auth/sign-in/email", "auth", "/api/auth/sign-in/email"),
        ("/api/auth", "auth", "/api/auth"),
        ("/api/auth/get-session?disableRefresh=true", "auth", "/api/auth/get-session?disableRefresh=true"),
        ("/.well-known/jwks.json", "auth", "/.well-known/jwks.json"),
        (
            "/.well-known/oauth-authorization-server/tenant",
            "auth",
            "/.well-known/oauth-authorization-server/tenant",
        ),
        ("/.well-known/openid-configuration", "auth", "/.well-known/openid-configuration"),
        ("/api/auth/.well-known/jwks.json", "auth", "/api/auth/.well-known/jwks.json"),
        ("/docs/auth/", "auth", "/docs/"),
        ("/docs/auth/openapi.json", "auth", "/docs/openapi.json"),
        ("/docs/auth/swagger-ui.css?v=1", "auth", "/docs/swagger-ui.css?v=1"),
        ("/api/me/tasks", "tasks", "/api/me/tasks"),
        ("/api/me/tasks?search=a%2Fb//;..&limit=2", "tasks", "/api/me/tasks?search=a%2Fb//;..&limit=2"),
        ("/api/auth0_1-2/tasks/018f-1", "tasks", "/api/auth0_1-2/tasks/018f-1"),
        ("/api/authors/tasks", "tasks", "/api/authors/tasks"),
        ("/docs/tasks/", "tasks", "/docs/"),
        ("/docs/tasks/openapi.json", "tasks", "/docs/openapi.json"),
    ];
    let upstreams = Upstreams::start().await;
    let Some(gateway) = upstreams.gateway() else { return };
    for (target, name, seen_as) in routes {
        answer_with(&upstreams.auth, "auth").await;
        answer_with(&upstreams.tasks, "tasks").await;
        let got = gateway.get(target, &[COOKIE, "Cookie: another=one", "Authorization: Bearer x"]);
        assert_eq!((got.status, got.body.as_str()), (200, name), "{target}");
        let (reached, request) = upstreams.only().await;
        let seen = request.url.query().map_or(String::new(), |query| format!("?{query}"));
        assert_eq!((reached, format!("{}{seen}", request.url.path())), (name, seen_as.to_owned()));
        assert_eq!(header(&request, "authorization"), Some("Bearer x"), "{target}");
        let cookies = request.headers.get_all("cookie").iter().count();
        assert_eq!(cookies > 0, name == "auth", "{target}: cookies at {name}");
        assert_eq!(got.header("set-cookie").is_some(), name == "auth", "{target}: {}", got.head);
    }
}

#[tokio::test]
async fn what_a_client_says_of_its_own_address_is_not_believed() {
    let upstreams = Upstreams::start().await;
    let Some(gateway) = upstreams.gateway() else { return };
    let lies = [
        "X-Forwarded-For: 203.0.113.9",
        "X-Forwarded-For: 203.0.113.10, 127.0.0.1",
        "X-Forwarded-Host: evil.example",
        "X-Forwarded-Proto: https",
        "X-Real-IP: 203.0.113.9",
        "Forwarded: for=203.0.113.9;host=evil.example",
        "Traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        // A proxy that dropped the headers named here only after setting its own would lose them.
        "Connection: X-Forwarded-For, Authorization",
    ];
    gateway.get("/api/auth/ok", &lies);
    let (_, request) = upstreams.only().await;
    assert_eq!(header(&request, "x-forwarded-for"), Some("127.0.0.1"));
    assert_eq!(request.headers.get_all("x-forwarded-for").iter().count(), 1);
    assert_eq!(header(&request, "x-forwarded-host"), Some(gateway.url().trim_start_matches("http://")));
    assert_eq!(header(&request, "x-forwarded-proto"), Some("http"));
    assert_eq!(header(&request, "x-real-ip"), None);
    assert_eq!(header(&request, "forwarded"), None);
    assert_eq!(header(&request, "traceparent"), None, "a stranger would have every request traced");
}

#[tokio::test]
async fn a_trusted_proxy_in_front_says_whose_requests_it_passes_on() {
    let upstreams = Upstreams::start().await;
    let [auth, tasks] = [&upstreams.auth, &upstreams.tasks].map(|server| server.address().port().to_string());
    let environment = |trusted| {
        [
            ("GATEWAY_TRUSTED_PROXIES", trusted),
            ("AUTH_UPSTREAM_HOST", "127.0.0.1"),
            ("AUTH_UPSTREAM_PORT", &auth),
            ("TASKS_UPSTREAM_HOST", "127.0.0.1"),
            ("TASKS_UPSTREAM_PORT", &tasks),
        ]
    };
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let traceparent = format!("Traceparent: {trace}");
    let from_proxy = ["X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https", &traceparent];
    for (trusted, clients, scheme) in [
        ("192.0.2.7 127.0.0.0/8", "203.0.113.9, 127.0.0.1", "https"),
        ("192.0.2.7 198.51.100.0/24", "127.0.0.1", "http"),
    ] {
        let Some(gateway) = Gateway::start_with(&environment(trusted)) else { return };
        answer_with(&upstreams.auth, "auth").await;
        gateway.get("/api/auth/ok", &from_proxy);
        let (_, request) = upstreams.only().await;
        assert_eq!(header(&request, "x-forwarded-for"), Some(clients), "{trusted}");
        assert_eq!(header(&request, "x-forwarded-proto"), Some(scheme), "{trusted}");
        assert_eq!(header(&request, "traceparent"), (scheme == "https").then_some(trace), "{trusted}");
    }
}

#[tokio::test]
async fn no_connection_is_upgraded_to_a_tunnel() {
    let upstreams = Upstreams::start().await;
    let Some(gateway) = upstreams.gateway() else { return };
    gateway.get(
        "/api/me/tasks",
        &["Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABk"],
    );
    let (_, request) = upstreams.only().await;
    assert_eq!(header(&request, "upgrade"), None);
    assert!(!header(&request, "connection").unwrap_or_default().to_lowercase().contains("upgrade"));
}

#[tokio::test]
async fn a_body_over_a_megabyte_is_refused_by_its_length_and_by_counting() {
    let upstreams = Upstreams::start().await;
    let Some(gateway) = upstreams.gateway() else { return };
    let body = vec![b'x'; 2_000_000];
    let answer = gateway.send("POST /api/me/tasks", &["Content-Length: 2000000"], &body);
    assert_envelope(&answer, 413, "PAYLOAD_TOO_LARGE");
    let mut chunked = format!("{:x}\r\n", body.len()).into_bytes();
    chunked.extend(&body);
    chunked.extend(b"\r\n0\r\n\r\n");
    let answer = gateway.send("POST /api/auth/sign-in/email", &["Transfer-Encoding: chunked"], &chunked);
    assert_envelope(&answer, 413, "PAYLOAD_TOO_LARGE");
    assert!(received(&upstreams.tasks).await.is_empty());
    let answer = gateway.send("POST /api/me/tasks", &["Content-Length: 900000"], &body[..900_000]);
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_the_clients_mistake() {
    let upstreams = Upstreams::start().await;
    let Some(gateway) = upstreams.gateway() else { return };
    answer_with(&upstreams.tasks, "tasks").await;
    for body in ["zz\r\n", "9\r\n{\"title\":\r\nzz\r\n"] {
        let target = "POST /api/me/tasks";
        let answer = gateway.send(target, &["Transfer-Encoding: chunked"], body.as_bytes());
        assert_envelope(&answer, 400, "BAD_REQUEST");
    }
    // Whoever hangs up gets no answer; whoever only stops sending is not told that a service failed.
    for (framing, body) in [("Content-Length: 100", "{"), ("Transfer-Encoding: chunked", "1\r\n{\r\n")] {
        let mut connection = std::net::TcpStream::connect(("127.0.0.1", gateway.ports().http)).unwrap();
        let head = format!("POST /api/me/tasks HTTP/1.1\r\nHost: localhost\r\n{framing}\r\n\r\n{body}");
        connection.write_all(head.as_bytes()).unwrap();
        connection.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        let _ = connection.read_to_string(&mut answer);
        assert!(!answer.starts_with("HTTP/1.1 5"), "{answer}");
    }
    assert!(received(&upstreams.tasks).await.is_empty());
}

#[tokio::test]
async fn the_gateway_answers_for_itself() {
    let upstreams = Upstreams::start().await;
    let Some(gateway) = upstreams.gateway() else { return };
    let answer = gateway.get("/healthz", &[]);
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"status":"ok"}"#));
    for name in ["auth", "tasks"] {
        let answer = gateway.get(&format!("/docs/{name}"), &[]);
        assert_eq!(
            (answer.status, answer.header("location")),
            (302, Some(format!("/docs/{name}/").as_str()))
        );
    }
    assert!(received(&upstreams.auth).await.is_empty() && received(&upstreams.tasks).await.is_empty());
}

#[tokio::test]
async fn password_managers_are_sent_to_the_password_section_and_can_tell_that_unknown_paths_are_unknown() {
    let upstreams = Upstreams::start().await;
    let Some(gateway) = upstreams.gateway() else { return };
    for method in ["GET", "HEAD"] {
        let answer = gateway.send(&format!("{method} /.well-known/change-password"), &[COOKIE], b"");
        assert_eq!((answer.status, answer.header("location")), (302, Some("/settings#password")), "{method}");
    }
    assert!(received(&upstreams.auth).await.is_empty() && received(&upstreams.tasks).await.is_empty());

    // The probe of the specification: a site that answers it with 200 is not believed. auth-service decides.
    upstreams.auth.reset().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(404)).mount(&upstreams.auth).await;
    let probe = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";
    assert_eq!(gateway.get(probe, &[]).status, 404);
    assert_eq!(received(&upstreams.auth).await.len(), 1);
}

#[tokio::test]
async fn every_answer_carries_the_protecting_headers_and_no_product_name() {
    let upstreams = Upstreams::start().await;
    let Some(gateway) = upstreams.gateway() else { return };
    for target in
        ["/api/auth/ok", "/api/me/tasks", "/docs/auth/", "/docs/tasks/", "/healthz", "/unknown", "//"]
    {
        let answer = gateway.get(target, &[]);
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{target}");
        assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{target}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{target}");
        assert_eq!(answer.header("server"), None, "{target}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none';") && policy.ends_with("frame-ancestors 'none'"),
            "{target}: {policy}"
        );
    }
}

#[tokio::test]
async fn answers_of_the_apis_are_not_stored_unless_the_service_says_so() {
    let upstreams = Upstreams::start().await;
    let Some(gateway) = upstreams.gateway() else { return };
    for target in ["/api/auth/token", "/api/me/tasks"] {
        assert_eq!(gateway.get(target, &[]).header("cache-control"), Some("no-store"), "{target}");
    }
    upstreams.auth.reset().await;
    let keys = ResponseTemplate::new(200).insert_header("cache-control", "public, max-age=300");
    Mock::given(any()).respond_with(keys).mount(&upstreams.auth).await;
    for target in ["/api/auth/jwks", "/.well-known/jwks.json"] {
        assert_eq!(gateway.get(target, &[]).header("cache-control"), Some("public, max-age=300"), "{target}");
    }
}

#[tokio::test]
async fn a_service_that_is_away_is_a_503_that_says_when_to_come_back_and_no_secret_is_logged() {
    let tasks = upstream("tasks").await;
    // Nothing listens on port 9 of loopback.
    let Some(gateway) = Gateway::start("127.0.0.1:9", &tasks.address().to_string()) else { return };
    let secrets = ["Authorization: Bearer hidden-b", "Cookie: hidden-c", "X-Any: hidden-d"];
    std::thread::scope(|scope| {
        let gateway = &gateway;
        for target in ["/api/auth/ok?token=hidden-a", "/.well-known/jwks.json", "/docs/auth/"] {
            scope.spawn(move || {
                let answer = gateway.get(target, &secrets);
                assert_envelope(&answer, 503, "SERVICE_UNAVAILABLE");
                assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() > 0);
            });
        }
    });
    assert_eq!(gateway.get("/api/me/tasks", &[]).body, "tasks", "the other service is not affected");
    let log = gateway.log_with("connection refused");
    assert!(log.iter().all(|line| !line.contains("hidden")), "{log:#?}");
}
