use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Auth, PASSWORD};

const POSTS: [&str; 3] = ["/sign-up/email", "/sign-in/email", "/sign-out"];

#[tokio::test]
async fn a_body_that_is_no_json_is_a_400_everywhere() {
    let auth = Auth::start().await;
    for path in POSTS {
        for body in ["{", "nonsense", "{\"a\":}", "\u{feff}{}", "{\"a\":\"\u{1}\"}", &"[".repeat(10_000)] {
            let request = auth.request(Method::POST, path).header("content-type", "application/json");
            let answer = Answer::of(request.body(body.to_owned())).await;
            assert_eq!((answer.status.as_u16(), answer.code()), (400, "BAD_REQUEST"), "{path}: {answer:?}");
        }
        let request = auth.request(Method::POST, path).header("content-type", "application/json");
        let answer = Answer::of(request.body(vec![b'"', 0xff, b'"'])).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (400, "BAD_REQUEST"), "{path}");
    }
    assert_eq!(auth.count("users").await, 0);
}

#[tokio::test]
async fn a_wrong_media_type_is_a_415() {
    let auth = Auth::start().await;
    for (path, types) in [
        ("/sign-up/email", vec!["text/plain", "application/xml", "application/jsonx", ""]),
        ("/sign-out", vec!["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]),
    ] {
        for media_type in types {
            let request = auth.request(Method::POST, path).header("content-type", media_type).body("{}");
            let answer = Answer::of(request).await;
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (415, "UNSUPPORTED_MEDIA_TYPE"),
                "{path} {media_type}"
            );
        }
    }
    let request =
        auth.request(Method::POST, "/sign-up/email").header("content-type", "text/plain").body("{}");
    insta::assert_json_snapshot!(Answer::of(request).await.body);
}

#[tokio::test]
async fn wrong_types_are_named_as_better_auth_names_them() {
    let auth = Auth::start().await;
    let mut answers = Vec::new();
    for (path, body) in [
        ("/sign-up/email", json!({})),
        ("/sign-up/email", json!({"email": "b@", "password": 1})),
        ("/sign-up/email", json!({"name": null, "email": null, "password": null})),
        ("/sign-up/email", json!({"name": [], "email": {}, "password": true})),
        ("/sign-up/email", json!({"name": "x", "email": "a@b.co", "password": ""})),
        (
            "/sign-up/email",
            json!({"name": "x", "email": "a@b.co", "password": PASSWORD, "image": null, "rememberMe": "yes"}),
        ),
        ("/sign-up/email", json!({"name": "x", "email": "a@b.co", "password": PASSWORD, "callbackURL": 7})),
        (
            "/sign-up/email",
            json!({"name": "x", "email": "a@b.co", "password": PASSWORD, "callbackURL": null}),
        ),
        ("/sign-up/email", json!({"name": "x".repeat(101), "email": "a@b.co", "password": PASSWORD})),
        (
            "/sign-up/email",
            json!({"name": "x", "email": format!("{}@b.co", "a".repeat(250)), "password": PASSWORD}),
        ),
        ("/sign-up/email", json!({"name": "x\0y", "email": "a@b.co", "password": PASSWORD})),
        ("/sign-up/email", json!({"name": "x", "email": "a\0@b.co", "password": PASSWORD})),
        ("/sign-up/email", json!([])),
        ("/sign-up/email", json!("x")),
        ("/sign-up/email", Value::Null),
        ("/sign-in/email", json!({})),
        ("/sign-in/email", json!({"email": 5, "password": []})),
        ("/sign-in/email", json!({"email": "a@b.co", "password": "x", "rememberMe": 1})),
        ("/sign-in/email", json!(7)),
    ] {
        let answer = auth.post(path, &body).await;
        assert_eq!(answer.status, 400, "{path} {body}");
        let shown: String = body.to_string().chars().take(80).collect();
        answers.push(json!({"path": path, "body": shown, "answer": answer.body}));
    }
    let none = Answer::of(auth.request(Method::POST, "/sign-up/email")).await;
    answers.push(json!({"path": "/sign-up/email", "body": "(none)", "answer": none.body}));
    insta::assert_json_snapshot!(answers);
    assert_eq!(auth.count("users").await, 0);
    assert_eq!(auth.count("sessions").await, 0);
}

#[tokio::test]
async fn a_password_may_hold_any_character() {
    let auth = Auth::start().await;
    for (index, password) in
        ["nul\0inside", "\0\0\0\0\0\0\0\0", "пароль-пароль", "🔑🔑🔑🔑", " spaces  "].iter().enumerate()
    {
        let email = format!("user{index}@example.com");
        let body = json!({"name": "x", "email": email, "password": password});
        assert_eq!(auth.post("/sign-up/email", &body).await.status, 200, "{password:?}");
        let right = auth.post("/sign-in/email", &json!({"email": email, "password": password})).await;
        assert_eq!(right.status, 200, "{password:?}");
        let cut = password.split('\0').next().unwrap();
        if cut != *password {
            let wrong = auth.post("/sign-in/email", &json!({"email": email, "password": cut})).await;
            assert_eq!(wrong.status, 401, "{password:?}");
        }
    }
}

#[tokio::test]
async fn a_body_of_2_mb_is_a_413() {
    let auth = Auth::start().await;
    for path in POSTS {
        let body = json!({"name": "x".repeat(2 << 20)});
        let answer = auth.post(path, &body).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (413, "PAYLOAD_TOO_LARGE"), "{path}");
    }
    assert_eq!(auth.get("/ok").await.status, 200);
}

#[tokio::test]
async fn an_unknown_path_or_method_under_the_prefix_is_an_empty_404() {
    let auth = Auth::start().await;
    for (method, path) in [
        (Method::GET, "/nothing"),
        (Method::GET, ""),
        (Method::GET, "/"),
        (Method::GET, "/ok/"),
        (Method::POST, "/ok"),
        (Method::HEAD, "/ok"),
        (Method::GET, "/sign-up/email"),
        (Method::GET, "/sign-in/email"),
        (Method::PUT, "/sign-in/email"),
        (Method::POST, "/sign-in/email/"),
        (Method::POST, "/sign-in//email"),
        (Method::GET, "/sign-out"),
        (Method::DELETE, "/get-session"),
        (Method::POST, "/token"),
        (Method::POST, "/jwks"),
    ] {
        let answer = Answer::of(auth.request(method.clone(), path)).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (404, ""), "{method} {path}");
    }
}

#[tokio::test]
async fn elsewhere_errors_have_the_envelope() {
    let auth = Auth::start().await;
    let http = reqwest::Client::new();
    let unknown = Answer::of(http.get(auth.url("/nothing"))).await;
    assert_eq!((unknown.status.as_u16(), unknown.code()), (404, "NOT_FOUND"));
    let wrong = Answer::of(http.post(auth.url("/healthz"))).await;
    assert_eq!((wrong.status.as_u16(), wrong.code()), (405, "METHOD_NOT_ALLOWED"));
    assert_eq!(wrong.header("allow").as_deref(), Some("GET, HEAD, OPTIONS"));
    assert!(wrong.header("x-request-id").is_some());
    assert_eq!(wrong.header("x-content-type-options").as_deref(), Some("nosniff"));
}

#[tokio::test]
async fn head_works_wherever_get_does_outside_the_prefix() {
    let auth = Auth::start_with(&[("JWT_ISSUER", "http://localhost:8081")]).await;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    for path in [
        "/healthz",
        "/readyz",
        "/openapi.json",
        "/docs",
        "/docs/",
        "/docs/openapi.json",
        "/docs/swagger-ui.css",
        "/.well-known/jwks.json",
        "/.well-known/oauth-authorization-server",
        "/.well-known/status-lists",
        "/.well-known/status-lists/0",
        "/nothing",
    ] {
        let get = Answer::of(http.get(auth.url(path))).await;
        let head = Answer::of(http.head(auth.url(path))).await;
        assert_eq!((head.status, head.text.as_str()), (get.status, ""), "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
    }
}

#[tokio::test]
async fn a_body_with_a_content_encoding_is_a_415() {
    let auth = Auth::start().await;
    let body = json!({"name": "Alice", "email": "alice@example.com", "password": PASSWORD});
    for path in POSTS {
        let request = auth.request(Method::POST, path).header("content-encoding", "gzip");
        let answer = Answer::of(request.json(&body)).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (415, "UNSUPPORTED_MEDIA_TYPE"), "{path}");
        assert_eq!(answer.header("accept-encoding").as_deref(), Some("identity"), "{path}");
    }
    assert_eq!(auth.count("users").await, 0);
    let request = auth.request(Method::POST, "/sign-up/email").header("content-encoding", "identity");
    assert_eq!(Answer::of(request.json(&body)).await.status, 200);
}
