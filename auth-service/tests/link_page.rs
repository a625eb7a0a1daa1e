//! The page that a link opens where it needs an answer.

use reqwest::Method;
use serde_json::json;

use crate::mailbox::Mailbox;
use crate::support::{Answer, Auth, email};

async fn open(auth: &Auth, token: &str, callback: &str, headers: &[(&str, &str)]) -> Answer {
    let path = format!("/verify-email?token={token}&callbackURL={}", crate::addresses::encoded(callback));
    let mut request = auth.request_without_redirects(Method::GET, &path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Answer::of(request).await
}

const NAVIGATION: [(&str, &str); 1] = [("sec-fetch-mode", "navigate")];

#[tokio::test]
async fn it_runs_and_loads_nothing_and_its_form_leads_only_where_the_link_may() {
    let mailbox = Mailbox::new();
    let auth =
        Auth::start_with_mail(&mailbox, &[("TRUSTED_ORIGINS", "http://localhost:3000,myapp://")]).await;
    auth.user("alice").await;
    auth.post("/send-verification-email", &json!({"email": email("alice")})).await;
    let token = mailbox.mail_to(&email("alice"), 1).await.token();

    let page = open(&auth, &token, "/welcome?a=%22%3E%3Cb%3E", &NAVIGATION).await;
    assert_eq!(page.status, 200);
    let header = |name: &str| page.header(name).unwrap();
    assert_eq!(header("content-type"), "text/html; charset=utf-8");
    assert_eq!(header("cache-control"), "no-store");
    // `no-referrer` would make the form's Origin `null`, which is trusted nowhere.
    assert_eq!(header("referrer-policy"), "same-origin");
    let policy = header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(policy.ends_with("; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"), "{policy}");
    assert!(page.text.contains(r#"action="verify-email""#), "{}", page.text);
    insta::assert_snapshot!(page.text.replace(&token, "[token]"));

    for (callback, sources) in [
        ("http://localhost:3000/verified", "form-action 'self' http://localhost:3000;"),
        ("myapp://verified", "form-action 'self' myapp:;"),
    ] {
        let page = open(&auth, &token, callback, &NAVIGATION).await;
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains(sources), "{callback}: {policy}");
    }
    let elsewhere = open(&auth, &token, "https://evil.example", &NAVIGATION).await;
    assert_eq!((elsewhere.status.as_u16(), elsewhere.code()), (403, "INVALID_CALLBACK_URL"));
}

#[tokio::test]
async fn what_comes_in_is_text_and_never_markup() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[]).await;
    auth.user("alice").await;
    auth.post("/send-verification-email", &json!({"email": email("alice")})).await;
    let token = mailbox.mail_to(&email("alice"), 1).await.token();
    let page = open(&auth, &token, r#"/x?"><script>alert(1)</script>"#, &NAVIGATION).await;
    assert_eq!(page.status, 200);
    assert!(!page.text.contains("<script") && page.text.contains("&lt;script&gt;"), "{}", page.text);
}

/// A program gets JSON; a browser that is too old to say that it navigates gets the page.
#[tokio::test]
async fn only_a_browser_that_opens_the_link_gets_it() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[]).await;
    auth.user("alice").await;
    auth.post("/send-verification-email", &json!({"email": email("alice")})).await;
    let token = mailbox.mail_to(&email("alice"), 1).await.token();
    let accept = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    for (headers, page) in [
        (vec![], false),
        (vec![("accept", "application/json")], false),
        (vec![("sec-fetch-mode", "cors"), accept], false),
        (vec![accept], true),
        (vec![("sec-fetch-mode", "navigate")], true),
    ] {
        let answer = open(&auth, &token, "/in", &headers).await;
        assert_eq!(answer.status, if page { 200 } else { 403 }, "{headers:?}");
        assert_eq!(answer.code(), if page { "" } else { "CONFIRMATION_REQUIRED" }, "{headers:?}");
    }
}
