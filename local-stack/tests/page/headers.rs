//! What a browser is told beside the files.

use local_stack::page::{Page, PageConfig, ServiceUrls};
use serde_json::{Value, json};

use super::export::{Export, POLICY};

#[tokio::test]
async fn every_answer_carries_the_policy_and_the_other_headers() {
    let export = Export::new();
    let site = export.serve().await;
    let targets = ["/", "/signin", "/config.json", "/_next/static/chunks/0a~1.b.js", "/unknown", "/csp.json"];
    for target in targets.map(|target| format!("GET {target}")).into_iter().chain(["POST /signin".to_owned()])
    {
        let answer = site.send(&target, &[]).await;
        let policy = POLICY.replace("CONNECT", " http://localhost:81 http://localhost:82");
        let headers = [
            ("content-security-policy", policy.as_str()),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
            ("cross-origin-opener-policy", "same-origin"),
        ];
        for (name, value) in headers {
            assert_eq!(answer.header(name), Some(value), "{target}: {name}");
        }
    }
}

#[tokio::test]
async fn the_page_may_call_the_services_under_its_own_name_alone() {
    let export = Export::new();
    let site = export.serve().await;
    let names = [
        ("localhost:3000", " http://localhost:81 http://localhost:82"),
        ("localhost", " http://localhost:81 http://localhost:82"),
        ("127.0.0.1:3000", " http://127.0.0.1:81 http://127.0.0.1:82"),
        // The default, of which one service is at the page's own origin.
        ("page.test", " http://auth.test"),
        ("[::1]:3000", " http://auth.test"),
        ("localhost;script-src:3000", " http://auth.test"),
    ];
    for (host, connect) in names {
        let answer = site.get("/", &[&format!("Host: {host}")]).await;
        assert_eq!(
            answer.header("content-security-policy"),
            Some(POLICY.replace("CONNECT", connect).as_str()),
            "{host}"
        );
    }
}

#[tokio::test]
async fn the_page_is_told_where_the_services_are() {
    let export = Export::new();
    let answer = export.serve().await.get("/config.json", &[]).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert_eq!(answer.header("cache-control"), Some("no-cache"));
    assert_eq!(
        serde_json::from_str::<Value>(&answer.body).unwrap(),
        json!({
            "hosts": {
                "localhost": {"auth": "http://localhost:81", "tasks": "http://localhost:82"},
                "127.0.0.1": {"auth": "http://127.0.0.1:81", "tasks": "http://127.0.0.1:82"},
            },
            "default": {"auth": "http://auth.test", "tasks": ""},
        })
    );
}

#[tokio::test]
async fn only_files_whose_names_change_with_them_are_kept_without_asking() {
    let export = Export::new();
    let site = export.serve().await;
    for target in ["/", "/signin", "/manifest.webmanifest", "/signin/__next.!KGFwcCk.signin.txt"] {
        assert_eq!(site.get(target, &[]).await.header("cache-control"), Some("no-cache"), "{target}");
    }
    for target in ["/_next/static/chunks/0a~1.b.js", "/_next/static/media/icon.svg"] {
        let answer = site.get(target, &[]).await;
        assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"), "{target}");
    }
}

#[tokio::test]
async fn a_new_build_has_its_new_policy_and_a_broken_one_allows_nothing() {
    let export = Export::new();
    let site = export.serve().await;
    let hashes = export.directory().join("csp.json");
    std::fs::write(&hashes, r#"{"script": ["'sha256-NEW'"], "style": ["'unsafe-inline'"]}"#).unwrap();
    let answer = site.get("/", &[]).await;
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self' 'sha256-NEW'; style-src 'self' 'unsafe-inline';"), "{policy}");

    let broken = [
        r#"{"script": ["'unsafe-inline'"], "style": []}"#,
        r#"{"script": ["'sha256-A'; connect-src *"], "style": []}"#,
        r#"{"script": ["https://evil.test"], "style": []}"#,
        r#"{"script": []}"#,
        "",
    ];
    for text in broken {
        std::fs::write(&hashes, text).unwrap();
        let answer = site.get("/", &[]).await;
        assert_eq!(answer.status, 503, "{text}");
        let policy = answer.header("content-security-policy");
        assert_eq!(policy, Some("default-src 'none'; frame-ancestors 'none'"), "{text}");
        assert!(!answer.body.contains("<title>"), "{text}");
    }
}

#[test]
fn a_directory_without_a_finished_build_is_no_page() {
    let open = |export: &Export| {
        let default = ServiceUrls { auth: String::new(), tasks: String::new() };
        Page::open(&export.directory(), PageConfig::local(81, 82, default)).is_some()
    };
    for name in ["index.html", "csp.json"] {
        let export = Export::new();
        assert!(open(&export));
        std::fs::remove_file(export.directory().join(name)).unwrap();
        assert!(!open(&export), "without {name}");
    }
}
