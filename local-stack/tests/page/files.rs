//! Which file is the answer, and what never is.

use std::os::unix::fs::symlink;

use super::export::Export;

#[tokio::test]
async fn every_page_and_file_of_the_export_is_served_as_what_it_is() {
    let export = Export::new();
    let site = export.serve().await;
    let files = [
        ("/", "text/html; charset=utf-8", "<title>home</title>"),
        ("/?back=/dashboard", "text/html; charset=utf-8", "<title>home</title>"),
        ("/signin", "text/html; charset=utf-8", "<title>sign in</title>"),
        ("/signin.html", "text/html; charset=utf-8", "<title>sign in</title>"),
        ("/signin/__next.!KGFwcCk.signin.txt?_rsc=1", "text/plain; charset=utf-8", "payload"),
        ("/_next/static/chunks/0a~1.b.js", "text/javascript", "answer = 42"),
        ("/_next/static/media/icon.svg", "image/svg+xml", "<svg"),
        ("/manifest.webmanifest", "application/manifest+json", "page"),
    ];
    for (target, content_type, text) in files {
        let answer = site.get(target, &[]).await;
        assert_eq!(answer.status, 200, "{target}: {answer:?}");
        assert_eq!(answer.header("content-type"), Some(content_type), "{target}");
        assert!(answer.body.contains(text), "{target}: {answer:?}");
        assert_eq!(answer.header("content-disposition"), None, "{target} is for the page, not for the disk");

        let head = site.send(&format!("HEAD {target}"), &[]).await;
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{target}");
        for name in ["content-type", "content-length", "etag", "cache-control", "content-security-policy"] {
            assert_eq!(head.header(name), answer.header(name), "{target}: {name}");
        }
    }
}

#[tokio::test]
async fn an_unknown_path_is_the_pages_own_404_and_is_never_taken_for_something_kept() {
    let export = Export::new();
    let site = export.serve().await;
    for target in ["/unknown", "/signin/", "/signin/unknown", "/_next/static/chunks/gone.js", "/unknown.html"]
    {
        let answer = site.get(target, &["If-None-Match: *", "Range: bytes=0-1"]).await;
        assert_eq!(answer.status, 404, "{target}");
        assert!(answer.body.contains("<title>not found</title>"), "{target}: {answer:?}");
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(answer.header("cache-control"), Some("no-cache"), "{target}");
        assert_eq!(answer.header("etag"), None, "{target}");
    }
    std::fs::remove_file(export.directory().join("404.html")).unwrap();
    let answer = site.get("/unknown", &[]).await;
    assert_eq!((answer.status, answer.body.as_str()), (404, "Not found\n"));
}

#[tokio::test]
async fn password_managers_are_sent_to_the_password_section_and_can_tell_that_unknown_paths_are_unknown() {
    let export = Export::new();
    let site = export.serve().await;
    for method in ["GET", "HEAD"] {
        let answer = site.send(&format!("{method} /.well-known/change-password"), &[]).await;
        assert_eq!((answer.status, answer.header("location")), (302, Some("/settings#password")), "{method}");
        assert_eq!(answer.header("cache-control"), Some("no-cache"), "{method}");
    }
    let probe = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";
    assert_eq!(site.get(probe, &[]).await.status, 404);
}

#[tokio::test]
async fn nothing_outside_hidden_or_linked_is_served_and_no_directory_listed() {
    let export = Export::new();
    let outside = export.directory().join("../outside.html");
    symlink(&outside, export.directory().join("link.html")).unwrap();
    symlink(export.directory().join(".."), export.directory().join("up")).unwrap();
    symlink("signin.html", export.directory().join("alias.html")).unwrap();
    let site = export.serve().await;
    let tricks = [
        "/../outside.html",
        "/../outside",
        "/signin/../../outside.html",
        "/signin/../signin.html",
        "/%2e%2e/outside.html",
        "/..%2foutside.html",
        "/.%2e/outside.html",
        "/..\\outside.html",
        "/%5c..%5coutside.html",
        "/./signin",
        "//signin",
        "/signin//__next.!KGFwcCk.signin.txt",
        "/signin%00.html",
        "/s%69gnin",
        "/.secret",
        "/%2esecret",
        "/link",
        "/link.html",
        "/up/outside.html",
        "/alias",
        "/csp.json",
        "/csp",
        "/%63sp.json",
        "/_next/",
        "/_next",
        "/_next/static",
        "/signin/",
    ];
    for target in tricks {
        let answer = site.get(target, &[]).await;
        assert!([400, 404].contains(&answer.status), "{target}: {answer:?}");
        assert!(!answer.body.contains("outside") && !answer.body.contains("0a~1"), "{target}: {answer:?}");
    }
    assert_eq!(site.get("/signin", &[]).await.status, 200, "it goes on");
}

#[tokio::test]
async fn only_reading_is_possible() {
    let export = Export::new();
    let site = export.serve().await;
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
        let answer = site.send(&format!("{method} /signin"), &["Content-Length: 0"]).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")), "{method}");
    }
}

#[tokio::test]
async fn what_a_browser_has_is_not_sent_again_until_it_changes() {
    let export = Export::new();
    let site = export.serve().await;
    for target in ["/", "/signin", "/_next/static/chunks/0a~1.b.js"] {
        let first = site.get(target, &[]).await;
        let known = format!("If-None-Match: {}", first.header("etag").unwrap());
        let again = site.get(target, &[&known]).await;
        assert_eq!((again.status, again.body.as_str()), (304, ""), "{target}");
        for name in ["etag", "cache-control", "content-security-policy"] {
            assert_eq!(again.header(name), first.header(name), "{target}: {name}");
        }
    }
    let known = format!("If-None-Match: {}", site.get("/signin", &[]).await.header("etag").unwrap());
    std::fs::write(export.directory().join("signin.html"), "<!doctype html><title>another</title>").unwrap();
    let changed = site.get("/signin", &[&known]).await;
    assert_eq!(changed.status, 200);
    assert!(changed.body.contains("another"));
}

#[tokio::test]
async fn what_the_build_compressed_is_sent_to_browsers_that_take_it() {
    let export = Export::new();
    let script = "_next/static/chunks/0a~1.b.js";
    for ending in ["br", "gz"] {
        std::fs::write(export.directory().join(format!("{script}.{ending}")), ending).unwrap();
    }
    let site = export.serve().await;
    let plain = site.get(&format!("/{script}"), &[]).await;
    let answers = [
        ("gzip, deflate, br", Some("br"), "br"),
        ("gzip", Some("gzip"), "gz"),
        ("br;q=0, gzip;q=0.5", Some("gzip"), "gz"),
        ("identity", None, plain.body.as_str()),
    ];
    for (accepted, encoding, body) in answers {
        let accept = format!("Accept-Encoding: {accepted}");
        let answer = site.get(&format!("/{script}"), &[&accept]).await;
        assert_eq!((answer.header("content-encoding"), answer.body.as_str()), (encoding, body), "{accepted}");
        assert_eq!(answer.header("content-type"), plain.header("content-type"), "{accepted}");
        assert_eq!(answer.header("vary"), Some("accept-encoding"), "{accepted}");
    }
}
