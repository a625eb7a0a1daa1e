//! The web page behind the gateway: on one origin with the services, and out of their way.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use super::process::{Gateway, Requests as _};
use super::upstreams::{COOKIE, Upstreams, assert_envelope, received};
use crate::page::{Export, POLICY};
use crate::raw::Answer;

/// Makes the policy as the gateway's image does.
fn policy(hashes: &Path) -> Output {
    let script = local_stack::workspace::root().unwrap().join("gateway/policy.mjs");
    Command::new("node").arg(script).arg(hashes).output().unwrap()
}

/// The gateway with an export as in its image, or `None` where there is no Caddy.
fn gateway(upstreams: &Upstreams, export: &Export) -> Option<Gateway> {
    let made = policy(&export.directory().join("csp.json"));
    assert!(made.status.success(), "{made:?}");
    std::fs::write(export.above().join("policy.caddy"), made.stdout).unwrap();
    let (auth, tasks) = (upstreams.auth.address().to_string(), upstreams.tasks.address().to_string());
    Gateway::start_with_page(&auth, &tasks, export.above())
}

fn assert_protected(answer: &Answer, target: &str) {
    let headers = [
        ("content-security-policy", POLICY.replace("CONNECT", "")),
        ("x-content-type-options", "nosniff".to_owned()),
        ("x-frame-options", "DENY".to_owned()),
        ("referrer-policy", "no-referrer".to_owned()),
        ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()".to_owned()),
        ("cross-origin-opener-policy", "same-origin".to_owned()),
    ];
    for (name, value) in headers {
        assert_eq!(answer.header(name), Some(value.as_str()), "{target}: {name}");
        let times = answer.head.to_lowercase().matches(&format!("\n{name}:")).count();
        assert_eq!(times, 1, "{target}: {name}");
    }
    assert_eq!(answer.header("server"), None, "{target}");
}

#[tokio::test]
async fn pages_and_files_are_served_with_their_headers() {
    let (upstreams, export) = (Upstreams::start().await, Export::new());
    let Some(gateway) = gateway(&upstreams, &export) else { return };
    let forever = "public, max-age=31536000, immutable";
    let files = [
        ("/", "text/html", "<title>home</title>", "no-cache"),
        ("/?back=%2Fdashboard//", "text/html", "<title>home</title>", "no-cache"),
        ("/signin", "text/html", "<title>sign in</title>", "no-cache"),
        ("/signin?then=a", "text/html", "<title>sign in</title>", "no-cache"),
        ("/signin/__next.!KGFwcCk.signin.txt?_rsc=1", "text/plain", "payload", "no-cache"),
        ("/_next/static/chunks/0a~1.b.js", "text/javascript", "answer = 42", forever),
        ("/_next/static/media/icon.svg", "image/svg+xml", "<svg", forever),
    ];
    for (target, content_type, text, caching) in files {
        let answer = gateway.get(target, &[COOKIE]);
        assert_eq!(answer.status, 200, "{target}: {answer:?}");
        assert!(answer.header("content-type").unwrap().starts_with(content_type), "{target}: {answer:?}");
        assert!(answer.body.contains(text), "{target}: {answer:?}");
        assert_eq!(answer.header("cache-control"), Some(caching), "{target}");
        assert_protected(&answer, target);

        let known = format!("If-None-Match: {}", answer.header("etag").unwrap());
        let again = gateway.get(target, &[&known]);
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{target}");
        assert_eq!(gateway.send(&format!("HEAD {target}"), &[], b"").status, 200, "{target}");
    }
    assert!(received(&upstreams.auth).await.is_empty() && received(&upstreams.tasks).await.is_empty());
}

#[tokio::test]
async fn what_can_be_made_smaller_is() {
    let (upstreams, export) = (Upstreams::start().await, Export::new());
    let script = export.directory().join("_next/static/chunks/0a~1.b.js");
    std::fs::write(script, "export const answer = 42;\n".repeat(200)).unwrap();
    let Some(gateway) = gateway(&upstreams, &export) else { return };
    let answer = gateway.get("/_next/static/chunks/0a~1.b.js", &["Accept-Encoding: gzip"]);
    assert_eq!((answer.status, answer.header("content-encoding")), (200, Some("gzip")));
    assert!(answer.body.len() < 500, "{}", answer.body.len());
}

#[tokio::test]
async fn the_page_is_told_that_the_services_are_where_it_came_from() {
    let (upstreams, export) = (Upstreams::start().await, Export::new());
    let Some(gateway) = gateway(&upstreams, &export) else { return };
    let answer = gateway.get("/config.json", &[]);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(answer.header("cache-control"), Some("no-cache"));
    let told: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(told, json!({"hosts": {}, "default": {"auth": "", "tasks": ""}}));
    assert_protected(&answer, "/config.json");
}

#[tokio::test]
async fn an_unknown_path_is_the_pages_own_404_with_all_of_it() {
    let (upstreams, export) = (Upstreams::start().await, Export::new());
    let Some(gateway) = gateway(&upstreams, &export) else { return };
    let lost = [
        "/unknown",
        "/signin/",
        "/signin",
        "/_next/",
        "/_next",
        "/_next/static/gone.js",
        "/csp.json",
        "/CSP.json",
        "/csp",
        "/docs",
        "/api",
        "/metrics",
        "/readyz",
        "/openapi.json",
        "/apiauth/token",
        "/policy.caddy",
    ];
    std::fs::remove_file(export.directory().join("signin.html")).unwrap();
    for target in lost {
        let answer = gateway.get(target, &["If-None-Match: *", "Range: bytes=0-1"]);
        assert_eq!(answer.status, 404, "{target}: {answer:?}");
        assert!(answer.body.ends_with("<title>not found</title>"), "{target}: {answer:?}");
        assert!(answer.header("content-type").unwrap().starts_with("text/html"), "{target}");
        assert_eq!(answer.header("cache-control"), Some("no-cache"), "{target}");
        assert_eq!(answer.header("etag"), None, "{target}");
        assert_protected(&answer, target);
    }
}

#[tokio::test]
async fn tricks_reach_neither_files_beside_the_page_nor_a_service() {
    let (upstreams, export) = (Upstreams::start().await, Export::new());
    let Some(gateway) = gateway(&upstreams, &export) else { return };
    let tricks = [
        "/../policy.caddy",
        "/%2e%2e/outside.html",
        "/..%2foutside",
        "/signin/../../outside.html",
        "/..\\outside.html",
        "//signin",
        "/s%69gnin",
        "/.secret",
        "/%2esecret",
        "/signin%00",
        "/_next/static/../../csp.json",
        "/csp%2ejson",
    ];
    for target in tricks {
        assert_envelope(&gateway.get(target, &[]), 404, "NOT_FOUND");
    }
    assert!(received(&upstreams.auth).await.is_empty() && received(&upstreams.tasks).await.is_empty());
}

#[tokio::test]
async fn pages_are_only_read_and_the_services_keep_their_paths() {
    let (upstreams, export) = (Upstreams::start().await, Export::new());
    // Files that a build should never make.
    for name in ["api/auth/ok", "api/me/tasks", "docs/auth/index.html", "healthz", "config.json"] {
        let path = export.directory().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "of the page").unwrap();
    }
    let Some(gateway) = gateway(&upstreams, &export) else { return };
    for (target, body) in
        [("/api/auth/ok", "auth"), ("/api/me/tasks", "tasks"), ("/docs/auth/index.html", "auth")]
    {
        assert_eq!(gateway.get(target, &[]).body, body, "{target}");
    }
    for target in ["/healthz", "/config.json", "/.well-known/jwks.json"] {
        assert!(!gateway.get(target, &[]).body.contains("of the page"), "{target}");
    }
    for target in ["/", "/signin"] {
        let answer = gateway.send(&format!("POST {target}"), &["Content-Length: 0"], b"");
        assert_envelope(&answer, 405, "METHOD_NOT_ALLOWED");
        assert_eq!(answer.header("allow"), Some("GET, HEAD"));
    }
    assert_envelope(&gateway.send("POST /unknown", &["Content-Length: 0"], b""), 404, "NOT_FOUND");
}

#[tokio::test]
async fn without_its_policy_the_page_may_do_nothing() {
    let (upstreams, export) = (Upstreams::start().await, Export::new());
    let (auth, tasks) = (upstreams.auth.address().to_string(), upstreams.tasks.address().to_string());
    let Some(gateway) = Gateway::start_with_page(&auth, &tasks, export.above()) else { return };
    let policy = "default-src 'none'; frame-ancestors 'none'";
    assert_eq!(gateway.get("/", &[]).header("content-security-policy"), Some(policy));
}

#[test]
fn a_policy_is_made_of_hashes_and_nothing_else() {
    let export = Export::new();
    let hashes = export.directory().join("csp.json");
    let wrong = [
        r#"{"script": ["'unsafe-inline'"], "style": []}"#,
        r#"{"script": ["'sha256-A'; connect-src *"], "style": []}"#,
        r#"{"script": ["'sha256-A'\"\nrespond \""], "style": []}"#,
        r#"{"script": ["'sha256-A'\n"], "style": []}"#,
        r#"{"script": [], "style": ["https://evil.test"]}"#,
        r#"{"style": []}"#,
    ];
    for text in wrong {
        std::fs::write(&hashes, text).unwrap();
        let made = policy(&hashes);
        assert!(!made.status.success() && made.stdout.is_empty(), "{text}: {made:?}");
    }
    std::fs::write(&hashes, r#"{"script": [], "style": ["'unsafe-inline'"]}"#).unwrap();
    let made = String::from_utf8(policy(&hashes).stdout).unwrap();
    assert!(made.contains("script-src 'self'; style-src 'self' 'unsafe-inline';"), "{made}");
}
