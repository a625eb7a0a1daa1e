//! Headers that protect responses in browsers and caches: OWASP ASVS 5.0, 3.4 and 14.3.

use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::json;

use crate::mailbox::Mailbox;
use crate::support::{Answer, Auth, PAGE};

/// Responses that verifiers and pages request repeatedly and that contain no user data.
const PUBLIC: [&str; 5] = [
    "/api/auth/capabilities",
    "/api/auth/jwks",
    "/.well-known/jwks.json",
    "/.well-known/status-lists",
    "/.well-known/status-lists/{number}",
];

#[tokio::test]
async fn no_answer_with_personal_data_is_kept() {
    let mailbox = Mailbox::new();
    let settings = [("CHANGE_EMAIL_ENABLED", "true"), ("DELETE_USER_ENABLED", "true")];
    let auth = Auth::start_with_mail(&mailbox, &settings).await;
    let http = Client::builder().redirect(Policy::none()).build().unwrap();
    let document = Answer::of(http.get(auth.url("/openapi.json"))).await.body;
    let mut kept = Vec::new();
    for (number, (path, operations)) in document["paths"].as_object().unwrap().iter().enumerate() {
        for (method, operation) in operations.as_object().unwrap() {
            let alice = auth.user(&format!("alice{number}{method}")).await;
            let media = operation["requestBody"]["content"]["application/json"].as_object();
            let example = media.and_then(|media| {
                let reference = media["schema"]["$ref"].as_str()?;
                document.pointer(&format!("{}/example", reference.trim_start_matches('#')))
            });
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let url = auth.url(&path.replace("{number}", "0").replace("{id}", "acme"));
            let request = || -> RequestBuilder {
                let request = http.request(method.clone(), &url).header("origin", PAGE);
                if method == Method::GET { request } else { request.json(example.unwrap_or(&json!({}))) }
            };
            for request in [request(), request().header("cookie", &alice.cookie), request().body("{")] {
                let answer = Answer::of(request).await;
                let cache = answer.header("cache-control").unwrap_or_default();
                if cache != "no-store" {
                    assert!(
                        answer.status.is_success() && cache.starts_with("public, "),
                        "{method} {path}: {cache}"
                    );
                    kept.push(path.as_str());
                }
                assert_eq!(answer.header("x-content-type-options").unwrap(), "nosniff", "{method} {path}");
                let policy = answer.header("content-security-policy").unwrap_or_default();
                assert!(
                    policy.starts_with("default-src 'none';") && policy.contains("frame-ancestors 'none'"),
                    "{method} {path}: {policy}"
                );
                let referrer = answer.header("referrer-policy").unwrap_or_default();
                assert!(["no-referrer", "same-origin"].contains(&&*referrer), "{method} {path}: {referrer}");
            }
        }
    }
    kept.dedup();
    kept.sort_unstable();
    let mut public = PUBLIC.to_vec();
    public.sort_unstable();
    assert_eq!(kept, public);
}

#[tokio::test]
async fn https_is_kept_to_where_the_service_is_reached_by_it() {
    let https = ("BASE_URL", "https://auth.example.com");
    for (settings, expected) in [
        (&[][..], None),
        (&[("HSTS", "host")], Some("max-age=31536000")),
        (&[https], Some("max-age=31536000")),
        (&[https, ("HSTS", "include-subdomains")], Some("max-age=31536000; includeSubDomains")),
        (&[https, ("HSTS", "off")], None),
    ] {
        let auth = Auth::start_with(settings).await;
        for path in ["/api/auth/get-session", "/.well-known/jwks.json", "/docs/", "/nothing"] {
            let answer = Answer::of(Client::new().get(auth.url(path))).await;
            assert_eq!(
                answer.header("strict-transport-security").as_deref(),
                expected,
                "{settings:?} {path}"
            );
        }
    }
}

#[tokio::test]
async fn the_api_viewer_runs_its_own_files_alone_and_nobody_frames_it() {
    let auth = Auth::start().await;
    for file in ["", "viewer.js", "viewer.css", "swagger-ui-bundle.js"] {
        let answer = Answer::of(Client::new().get(auth.url(&format!("/docs/{file}")))).await;
        assert_eq!(answer.status, 200, "{file}");
        let policy = answer.header("content-security-policy").unwrap();
        for directive in
            ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"]
        {
            assert!(policy.split("; ").any(|part| part == directive), "{file}: {policy}");
        }
        assert!(!policy.contains("unsafe-eval"), "{policy}");
    }
}

#[tokio::test]
async fn signing_out_clears_the_cache_and_no_other_cookie() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let out = alice.post("/sign-out", &json!({})).await;
    assert_eq!(out.header("clear-site-data").as_deref(), Some("\"cache\""));
    assert!(out.cookies().iter().all(|cookie| !cookie.contains(".device=")), "{out:?}");
    let answer = alice.get("/get-session").await;
    assert_eq!(answer.header("clear-site-data"), None, "a session that is over clears nothing else");
}
