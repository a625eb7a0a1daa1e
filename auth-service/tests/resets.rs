//! `request-password-reset` and `reset-password`.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};

use crate::mailbox::{Mailbox, follow};
use crate::support::{Answer, Auth, PASSWORD, email};

const NEW: &str = "a brand new password";

async fn ask(auth: &Auth, name: &str) -> Answer {
    let body = json!({"email": email(name), "redirectTo": "/new-password"});
    auth.post("/request-password-reset", &body).await
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_a_link() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[]).await;
    let alice = auth.user("alice").await;
    assert_eq!(ask(&auth, "alice").await.status, 200);
    let mail = mailbox.mail_to(&email("alice"), 1).await;
    assert!(mail.link().starts_with("http://localhost:8081/api/auth/reset-password/"), "{}", mail.link());

    for _ in 0..2 {
        let page = follow(&auth, &mail.link(), None).await;
        assert_eq!(page.status, 302);
        let expected = format!("http://localhost:8081/new-password?token={}", mail.token());
        assert_eq!(page.header("location").unwrap(), expected, "following it uses nothing up");
    }
    let short = auth.post("/reset-password", &json!({"newPassword": "short", "token": mail.token()})).await;
    assert_eq!((short.status.as_u16(), short.code()), (400, "PASSWORD_TOO_SHORT"));

    let reset = auth.post("/reset-password", &json!({"newPassword": NEW, "token": mail.token()})).await;
    assert_eq!((reset.status.as_u16(), reset.text.as_str()), (200, r#"{"status":true}"#));
    assert!(auth.accepts("alice", NEW).await && !auth.accepts("alice", PASSWORD).await);
    assert_eq!(alice.session().await, Value::Null, "whoever was signed in is not any more");
    assert_eq!(mailbox.mail_to(&email("alice"), 2).await.subject, "Your password was changed");

    let again =
        auth.post("/reset-password", &json!({"newPassword": "yet another one", "token": mail.token()})).await;
    assert_eq!((again.status.as_u16(), again.code()), (400, "INVALID_TOKEN"));
    let page = follow(&auth, &mail.link(), None).await;
    assert_eq!(page.header("location").unwrap(), "http://localhost:8081/new-password?error=INVALID_TOKEN");
}

#[tokio::test]
async fn the_response_does_not_reveal_whether_an_account_exists() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[]).await;
    auth.user("alice").await;
    let (known, unknown) = (ask(&auth, "alice").await, ask(&auth, "nobody").await);
    assert_eq!((known.status, &known.text), (unknown.status, &unknown.text));
    insta::assert_json_snapshot!(known.body);
    mailbox.mail_to(&email("alice"), 1).await;
    assert_eq!(mailbox.mails().len(), 1, "nobody else got mail");
}

/// The minimum response time is the same for both, and longer than either takes.
#[tokio::test]
async fn the_response_takes_the_minimum_time_with_and_without_an_account() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[]).await;
    auth.user("alice").await;
    for name in ["alice", "nobody"] {
        let start = tokio::time::Instant::now();
        ask(&auth, name).await;
        let verification = auth.post("/send-verification-email", &json!({"email": email(name)})).await;
        assert_eq!(verification.body, json!({"status": true}));
        assert!(start.elapsed().as_millis() >= 200, "{name}: {:?}", start.elapsed());
    }
}

#[tokio::test]
async fn a_reset_link_sets_the_first_password_of_an_account() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[]).await;
    auth.user("alice").await;
    auth.superuser().await.execute("DELETE FROM passwords", &[]).await.unwrap();
    ask(&auth, "alice").await;
    let token = mailbox.mail_to(&email("alice"), 1).await.token();
    let path = format!("/reset-password?token={token}");
    assert_eq!(
        auth.post(&path, &json!({"newPassword": NEW})).await.status,
        200,
        "the token may be in the query"
    );
    assert!(auth.accepts("alice", NEW).await);
}

#[tokio::test]
async fn a_reset_ends_the_other_links_and_so_does_a_change() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[]).await;
    auth.user("alice").await;
    for _ in 0..2 {
        ask(&auth, "alice").await;
    }
    let (one, two) = (mailbox.mail_to(&email("alice"), 1).await, mailbox.mail_to(&email("alice"), 2).await);
    let reset = |token: String| {
        let auth = &auth;
        async move { auth.post("/reset-password", &json!({"newPassword": NEW, "token": token})).await }
    };
    assert_eq!(reset(two.token()).await.status, 200);
    assert_eq!(reset(one.token()).await.code(), "INVALID_TOKEN");

    ask(&auth, "alice").await;
    // The third mail to her was the notice of the changed password.
    let link = mailbox.mail_to(&email("alice"), 4).await;
    let answer = auth.post("/sign-in/email", &json!({"email": email("alice"), "password": NEW})).await;
    let alice = crate::support::Device::of(&auth, &answer);
    alice.post("/change-password", &json!({"currentPassword": NEW, "newPassword": PASSWORD})).await;
    assert_eq!(reset(link.token()).await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn a_token_that_is_none_resets_nothing() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[]).await;
    let alice = auth.user("alice").await;
    ask(&auth, "alice").await;
    let good = mailbox.mail_to(&email("alice"), 1).await.token();
    // For the same account, but another purpose.
    auth.post("/send-verification-email", &json!({"email": email("alice")})).await;
    let foreign = mailbox.mail_to(&email("alice"), 2).await.token();
    let last = if good.ends_with('A') { "B" } else { "A" };
    for token in [
        String::new(),
        "nonsense".to_owned(),
        foreign.clone(),
        good[..good.len() - 1].to_owned(),
        format!("{good}="),
        format!("{}{last}", &good[..good.len() - 1]),
        alice.token.clone(),
        alice.jwt.clone(),
        "x".repeat(10_000),
        "' OR '1'='1".to_owned(),
    ] {
        let answer = auth.post("/reset-password", &json!({"newPassword": NEW, "token": token})).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (400, "INVALID_TOKEN"), "{token}");
    }
    let none = auth.post("/reset-password", &json!({"newPassword": NEW})).await;
    assert_eq!((none.status.as_u16(), none.code()), (400, "INVALID_TOKEN"));
    let page =
        auth.request_without_redirects(Method::GET, &format!("/reset-password/{foreign}?callbackURL=/x"));
    let location = Answer::of(page).await.header("location").unwrap();
    assert_eq!(location, "http://localhost:8081/x?error=INVALID_TOKEN");
    for path in ["%ff", "%00", "a%2Fb"] {
        let path = format!("/reset-password/{path}?callbackURL=/x");
        let page = Answer::of(auth.request_without_redirects(Method::GET, &path)).await;
        assert_eq!(page.status, 302, "{path}: {page:?}");
        assert_eq!(page.header("location").unwrap(), "http://localhost:8081/x?error=INVALID_TOKEN", "{path}");
    }
    assert!(auth.accepts("alice", PASSWORD).await);
    assert_ne!(alice.session().await, Value::Null);
}

#[tokio::test]
async fn a_link_leads_nowhere_else() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[]).await;
    auth.user("alice").await;
    for target in crate::addresses::ELSEWHERE {
        let body = json!({"email": email("alice"), "redirectTo": target});
        let asked = auth.post("/request-password-reset", &body).await;
        assert_eq!((asked.status.as_u16(), asked.code()), (403, "INVALID_REDIRECT_URL"), "{target}");
        let path = format!("/reset-password/token?callbackURL={}", crate::addresses::encoded(target));
        let page = auth.request_without_redirects(Method::GET, &path);
        let page = Answer::of(page).await;
        assert_eq!((page.status.as_u16(), page.code()), (403, "INVALID_CALLBACK_URL"), "{target}");
    }
    let missing = auth.get("/reset-password/token").await;
    assert_eq!((missing.status.as_u16(), missing.code()), (400, "VALIDATION_ERROR"));
    assert!(mailbox.mails().is_empty());
}

/// The links in mail are built from the setting, whatever the headers of the request are.
#[tokio::test]
async fn headers_do_not_decide_where_a_link_leads() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[]).await;
    auth.user("alice").await;
    let request = auth
        .request(Method::POST, "/request-password-reset")
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example")
        .header("x-forwarded-proto", "gopher")
        .header("forwarded", "host=evil.example")
        .json(&json!({"email": email("alice")}));
    assert_eq!(Answer::of(request).await.status, 200);
    let mail = mailbox.mail_to(&email("alice"), 1).await;
    assert!(mail.link().starts_with("http://localhost:8081/api/auth/"), "{}", mail.link());
    assert!(!mail.text.contains("evil"));
}

#[tokio::test]
async fn what_the_database_holds_resets_nothing() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[]).await;
    auth.user("alice").await;
    ask(&auth, "alice").await;
    let token = mailbox.mail_to(&email("alice"), 1).await.token();
    let client = auth.superuser().await;
    let row = client.query_one("SELECT verifications::text FROM verifications", &[]).await.unwrap();
    let text: String = row.get(0);
    assert!(!text.contains(&token) && text.contains("reset-password"), "{text}");
}

/// Each costs at most one hash, and one of them succeeds.
#[tokio::test]
async fn of_a_thousand_uses_of_one_link_at_once_exactly_one_counts() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[]).await;
    auth.user("alice").await;
    ask(&auth, "alice").await;
    let token = mailbox.mail_to(&email("alice"), 1).await.token();
    let url = auth.url("/api/auth/reset-password");
    let http = reqwest::Client::new();
    let start = Arc::new(tokio::sync::Barrier::new(1000));
    let uses = (0..1000).map(|number| {
        let body = json!({"newPassword": format!("password number {number}"), "token": token});
        let (request, start) = (http.post(&url).json(&body), Arc::clone(&start));
        tokio::spawn(async move {
            start.wait().await;
            (number, Answer::of(request).await)
        })
    });
    let mut winners = Vec::new();
    for answer in uses.collect::<Vec<_>>() {
        let (number, answer) = answer.await.unwrap();
        match answer.status.as_u16() {
            200 => winners.push(number),
            400 => assert_eq!(answer.code(), "INVALID_TOKEN"),
            503 => assert!(answer.header("retry-after").is_some()),
            status => panic!("{status}: {answer:?}"),
        }
    }
    assert_eq!(winners.len(), 1, "{winners:?}");
    assert!(auth.accepts("alice", &format!("password number {}", winners[0])).await);
    let late = auth.post("/reset-password", &json!({"newPassword": NEW, "token": token})).await;
    assert_eq!((late.status.as_u16(), late.code()), (400, "INVALID_TOKEN"), "the link is dead after");
}

#[tokio::test]
async fn without_mail_there_is_no_reset() {
    let auth = Auth::start().await;
    let answer = ask(&auth, "alice").await;
    assert_eq!((answer.status.as_u16(), answer.code()), (400, "RESET_PASSWORD_DISABLED"));
}
