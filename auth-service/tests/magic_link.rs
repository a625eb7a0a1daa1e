//! Sign-in by a link in mail: who gets in, and what remains of those who signed up with the email of another.

use futures_util::future::join_all;
use jiff::SignedDuration;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::mailbox::{Mail, Mailbox, follow};
use crate::support::{Answer, Auth, PAGE, PASSWORD, email, sign_up_cookie};
use crate::time::Clocked;
use crate::tokens::claims;
use crate::users::ban;

pub const ON: (&str, &str) = ("MAGIC_LINK_ENABLED", "true");

async fn service(mailbox: &Mailbox, settings: &[(&str, &str)]) -> Auth {
    Auth::start_with_mail(mailbox, &[&[ON], settings].concat()).await
}

/// Requests a link for `name`. Returns the mail, and the cookie of the browser that requested it.
pub async fn request(auth: &Auth, mailbox: &Mailbox, name: &str, count: usize) -> (Mail, String) {
    let body = json!({"email": email(name), "name": "Alice", "callbackURL": "/in", "newUserCallbackURL": "/new",
        "errorCallbackURL": "/failed"});
    let answer = auth.post("/sign-in/magic-link", &body).await;
    assert_eq!((answer.status.as_u16(), &answer.body), (200, &json!({"status": true})), "{answer:?}");
    (mailbox.mail_to(&email(name), count).await, cookie_of(&answer, "magic_link"))
}

fn cookie_of(answer: &Answer, name: &str) -> String {
    let start = format!("better-auth.{name}=");
    let cookies = answer.cookies();
    let cookie = cookies.iter().find(|cookie| cookie.starts_with(&start)).unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

/// Presses the button of the page that the link opens.
fn press(auth: &Auth, mail: &Mail, cookie: &str) -> RequestBuilder {
    let form = [("token", &*mail.token()), ("callbackURL", "/in"), ("newUserCallbackURL", "/new")];
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = auth.request_without_redirects(Method::POST, "/magic-link/verify");
    let request = request.header("sec-fetch-mode", "navigate").header("origin", PAGE);
    let request = if cookie.is_empty() { request } else { request.header("cookie", cookie) };
    request.header("content-type", "application/x-www-form-urlencoded").body(form)
}

/// Opens the link like a browser.
async fn open(auth: &Auth, mail: &Mail, cookie: &str) -> Answer {
    let link = mail.link();
    let (_, path) = link.split_once("/api/auth").unwrap();
    let request = auth.request_without_redirects(Method::GET, path).header("sec-fetch-mode", "navigate");
    Answer::of(if cookie.is_empty() { request } else { request.header("cookie", cookie) }).await
}

fn starts_session(answer: &Answer) -> bool {
    answer.header("set-auth-jwt").is_some()
}

fn leads_to(answer: &Answer, place: &str) -> bool {
    answer.status == 302 && answer.header("location").unwrap().ends_with(place)
}

async fn session_of(auth: &Auth, answer: &Answer) -> Value {
    let request = auth.request(Method::GET, "/get-session");
    Answer::of(request.header("cookie", cookie_of(answer, "session_token"))).await.body
}

#[tokio::test]
async fn the_browser_that_requested_the_link_is_signed_in_when_it_opens_the_link() {
    let mailbox = Mailbox::new();
    let auth = service(&mailbox, &[]).await;
    let (mail, cookie) = request(&auth, &mailbox, "alice", 1).await;
    assert_eq!(mail.subject, "Sign in");
    let created = open(&auth, &mail, &cookie).await;
    assert!(leads_to(&created, "/new") && starts_session(&created), "{created:?}");
    assert_eq!(claims(&created.header("set-auth-jwt").unwrap())["amr"], json!(["otp"]));
    let user = session_of(&auth, &created).await["user"].clone();
    assert_eq!((&user["emailVerified"], &user["name"]), (&json!(true), &json!("Alice")));
    let (mail, cookie) = request(&auth, &mailbox, "alice", 2).await;
    let known = open(&auth, &mail, &cookie).await;
    assert!(leads_to(&known, "/in"), "{known:?}");
    assert_eq!(session_of(&auth, &known).await["user"]["id"], user["id"]);
    let again = open(&auth, &mail, &cookie).await;
    assert!(leads_to(&again, "/failed?error=INVALID_TOKEN") && !starts_session(&again), "{again:?}");
}

#[tokio::test]
async fn a_scanner_that_opens_the_link_signs_nobody_in_and_uses_nothing_up() {
    let mailbox = Mailbox::new();
    let auth = service(&mailbox, &[]).await;
    let (mail, _) = request(&auth, &mailbox, "alice", 1).await;
    let link = mail.link();
    let (_, path) = link.split_once("/api/auth").unwrap();
    for _ in 0..3 {
        let opened = follow(&auth, &link, None).await;
        assert_eq!((opened.status.as_u16(), opened.code()), (403, "CONFIRMATION_REQUIRED"), "{opened:?}");
        let head = Answer::of(auth.request_without_redirects(Method::HEAD, path)).await;
        assert!(!starts_session(&head) && !head.status.is_redirection(), "{head:?}");
        let page = open(&auth, &mail, "").await;
        assert_eq!(page.status, 200, "{page:?}");
        assert!(!starts_session(&page) && page.cookies().is_empty(), "{page:?}");
    }
    assert_eq!(auth.count("users").await + auth.count("sessions").await, 0);
    let page = open(&auth, &mail, "").await;
    assert!(
        page.text.contains("alice@example.com") && page.text.contains("Sign in</button>"),
        "{}",
        page.text
    );
    insta::assert_snapshot!(page.text.replace(&mail.token(), "[token]"));
    let pressed = Answer::of(press(&auth, &mail, "")).await;
    assert!(leads_to(&pressed, "/new") && starts_session(&pressed), "{pressed:?}");
}

#[tokio::test]
async fn the_cookie_of_another_link_or_browser_is_not_enough() {
    let mailbox = Mailbox::new();
    let auth = service(&mailbox, &[]).await;
    let (alices, _) = request(&auth, &mailbox, "alice", 1).await;
    let (mallorys, mallorys_cookie) = request(&auth, &mailbox, "mallory", 1).await;
    // Mallory's link in Alice's browser shows whose account it is, and the other way round.
    for (mail, cookie) in [(&alices, &*mallorys_cookie), (&mallorys, "better-auth.magic_link=forged")] {
        let page = open(&auth, mail, cookie).await;
        assert_eq!(page.status, 200, "{page:?}");
        assert!(page.text.contains(&mail.to), "{}", page.text);
    }
    assert_eq!(auth.count("sessions").await, 0);
}

#[tokio::test]
async fn another_site_cannot_sign_a_browser_in_with_its_own_link() {
    let mailbox = Mailbox::new();
    let auth = service(&mailbox, &[]).await;
    let (mail, _) = request(&auth, &mailbox, "mallory", 1).await;
    let evil = press(&auth, &mail, "").header("sec-fetch-site", "cross-site");
    let crossed = Answer::of(evil).await;
    assert_eq!(crossed.code(), "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED", "{crossed:?}");
    let form = json!({"token": mail.token()});
    let request = auth.request(Method::POST, "/magic-link/verify").header("origin", "https://evil.example");
    let refused = Answer::of(request.json(&form)).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (403, "INVALID_ORIGIN"));
    assert_eq!(auth.count("sessions").await, 0);
}

#[tokio::test]
async fn an_app_posts_the_token() {
    let mailbox = Mailbox::new();
    let auth = service(&mailbox, &[]).await;
    let (mail, _) = request(&auth, &mailbox, "alice", 1).await;
    let form = json!({"token": mail.token()});
    let entered = auth.post("/magic-link/verify", &form).await;
    assert_eq!(entered.status, 200, "{entered:?}");
    assert_eq!(entered.body["user"]["email"], email("alice"));
    assert_eq!(entered.body["session"]["userId"], entered.body["user"]["id"]);
    let again = auth.post("/magic-link/verify", &form).await;
    assert_eq!((again.status.as_u16(), again.code()), (401, "INVALID_TOKEN"));
    let bearer =
        auth.request(Method::GET, "/get-session").bearer_auth(entered.body["token"].as_str().unwrap());
    assert_eq!(Answer::of(bearer).await.body["user"]["email"], email("alice"));
}

#[tokio::test]
async fn one_of_concurrent_requests_gets_in() {
    let mailbox = Mailbox::new();
    let auth = service(&mailbox, &[("DATABASE_POOL_SIZE", "8")]).await;
    let (mail, _) = request(&auth, &mailbox, "alice", 1).await;
    let form = json!({"token": mail.token()});
    let answers = join_all((0..8).map(|_| auth.post("/magic-link/verify", &form))).await;
    let entered = answers.iter().filter(|answer| answer.status == 200).count();
    let refused = answers.iter().filter(|answer| answer.code() == "INVALID_TOKEN").count();
    assert_eq!((entered, refused), (1, 7), "{answers:?}");
    assert_eq!((auth.count("users").await, auth.count("sessions").await), (1, 1));
}

#[tokio::test]
async fn the_owner_of_the_mailbox_gets_an_account_that_a_stranger_prepared_and_the_stranger_keeps_nothing() {
    let mailbox = Mailbox::new();
    let auth = service(&mailbox, &[("NOTIFICATION_MAILS", "none")]).await;
    let mallory = auth.user("alice").await;
    auth.post("/send-verification-email", &json!({"email": email("alice")})).await;
    let old = mailbox.mail_to(&email("alice"), 1).await;
    let account =
        "INSERT INTO linked_accounts (id, user_id, provider, subject, scopes, tokens, created_at, updated_at)
        SELECT '018f0000-0000-7000-8000-000000000003', id, 'acme', '1', '{}', '', now(), now() FROM users";
    auth.superuser().await.execute(account, &[]).await.unwrap();
    let (mail, cookie) = request(&auth, &mailbox, "alice", 2).await;
    let entered = open(&auth, &mail, &cookie).await;
    assert!(leads_to(&entered, "/in"), "an account that exists is not new: {entered:?}");
    let session = session_of(&auth, &entered).await;
    assert_eq!(
        (&session["user"]["emailVerified"], &session["user"]["id"]),
        (&json!(true), &mallory.user["id"])
    );
    assert_eq!(mallory.session().await, Value::Null);
    assert!(!auth.accepts("alice", PASSWORD).await);
    assert_eq!(auth.count("passwords").await + auth.count("linked_accounts").await, 0);
    let voided = follow(&auth, &old.link(), Some(&mallory.cookie)).await;
    assert!(leads_to(&voided, "?error=INVALID_TOKEN"), "{voided:?}");
    assert_eq!(auth.count("sessions").await, 1);
    // The owner of a verified account keeps everything.
    auth.superuser().await.execute(account, &[]).await.unwrap();
    let (mail, cookie) = request(&auth, &mailbox, "alice", 3).await;
    let again = open(&auth, &mail, &cookie).await;
    assert!(starts_session(&again), "{again:?}");
    assert_eq!((auth.count("linked_accounts").await, auth.count("sessions").await), (1, 2));
}

#[tokio::test]
async fn a_pending_sign_up_takes_over_nothing_afterwards() {
    let mailbox = Mailbox::new();
    let auth = service(&mailbox, &[("REQUIRE_EMAIL_VERIFICATION", "true")]).await;
    let form = json!({"name": "Mallory", "email": email("alice"), "password": "what mallory chose"});
    let mallory = sign_up_cookie(&auth.post("/sign-up/email", &form).await);
    let sign_up = mailbox.mail_to(&email("alice"), 1).await;
    let (mail, cookie) = request(&auth, &mailbox, "alice", 2).await;
    let entered = open(&auth, &mail, &cookie).await;
    assert!(leads_to(&entered, "/new"), "{entered:?}");
    assert_eq!(auth.count("sign_ups").await, 0);
    let completed = follow(&auth, &sign_up.link(), Some(&mallory)).await;
    assert!(leads_to(&completed, "?error=INVALID_TOKEN"), "{completed:?}");
    let refused = auth
        .post("/sign-in/email", &json!({"email": email("alice"), "password": "what mallory chose"}))
        .await;
    assert_eq!((refused.status.as_u16(), refused.code()), (401, "INVALID_EMAIL_OR_PASSWORD"));
    assert_ne!(session_of(&auth, &entered).await, Value::Null);
}

#[tokio::test]
async fn a_link_is_bound_to_the_account_of_its_time() {
    let changes = [
        "UPDATE users SET credential_epoch = credential_epoch + 1",
        "UPDATE users SET email = 'other@example.com'",
        "DELETE FROM users",
    ];
    for change in changes {
        let mailbox = Mailbox::new();
        let auth = service(&mailbox, &[]).await;
        auth.user("alice").await;
        let (mail, cookie) = request(&auth, &mailbox, "alice", 1).await;
        auth.superuser().await.execute(change, &[]).await.unwrap();
        let refused = open(&auth, &mail, &cookie).await;
        assert!(leads_to(&refused, "/failed?error=INVALID_TOKEN"), "{change}: {refused:?}");
        assert!(!starts_session(&refused));
    }
}

#[tokio::test]
async fn a_banned_user_gets_no_session() {
    let mailbox = Mailbox::new();
    let auth = service(&mailbox, &[]).await;
    auth.user("alice").await;
    ban(&auth.database, &email("alice")).await;
    let (mail, cookie) = request(&auth, &mailbox, "alice", 1).await;
    let refused = open(&auth, &mail, &cookie).await;
    let location = refused.header("location").unwrap();
    assert!(location.contains("/failed?error=banned&error_description=You+have+been+banned"), "{location}");
    assert_eq!(auth.count("sessions").await, 0);
}

#[tokio::test]
async fn without_sign_up_only_accounts_get_links_and_no_answer_tells() {
    let mailbox = Mailbox::new();
    let auth = service(&mailbox, &[]).await;
    auth.user("alice").await;
    let (early, cookie) = request(&auth, &mailbox, "bob", 1).await;
    let settings =
        [ON, ("MAIL_URL", &*mailbox.url()), ("MAIL_FROM", "a@example.com"), ("SIGN_UP_ENABLED", "false")];
    let closed = Auth::on(auth.database, &settings).await;
    let answer = closed.post("/sign-in/magic-link", &json!({"email": email("nobody")})).await;
    assert_eq!((answer.status.as_u16(), &answer.body), (200, &json!({"status": true})));
    assert_eq!(answer.cookies().len(), 1);
    request(&closed, &mailbox, "alice", 1).await;
    assert!(mailbox.mails().iter().all(|mail| mail.to != email("nobody")));
    let refused = open(&closed, &early, &cookie).await;
    assert!(leads_to(&refused, "/failed?error=new_user_signup_disabled"), "{refused:?}");
    assert_eq!(closed.count("users").await, 1);
}

#[actix_web::test]
async fn a_link_expires_after_5_minutes_and_is_swept() {
    let mailbox = Mailbox::new();
    let url = mailbox.url();
    let server = Clocked::start_with(&[ON, ("MAIL_URL", &url), ("MAIL_FROM", "a@example.com")]).await;
    let request = async |count| {
        server.post("/sign-in/magic-link", "", &json!({"email": email("alice")})).await;
        json!({"token": mailbox.mail_to(&email("alice"), count).await.token()})
    };
    let form = request(1).await;
    server.clock.advance(SignedDuration::from_secs(5 * 60));
    let over = server.post("/magic-link/verify", "", &form).await;
    assert_eq!((over.status.as_u16(), over.code()), (401, "INVALID_TOKEN"));
    let form = request(2).await;
    let client = crate::support::connect(&server.database.superuser_url()).await;
    let count: i64 = client.query_one("SELECT count(*) FROM magic_links", &[]).await.unwrap().get(0);
    assert_eq!(count, 1, "the expired one is deleted");
    server.clock.advance(SignedDuration::from_secs(5 * 60 - 1));
    assert_eq!(server.post("/magic-link/verify", "", &form).await.status, 200);
}

#[tokio::test]
async fn if_it_is_off_its_endpoints_do_not_exist() {
    let auth = Auth::start().await;
    for body in [json!({"email": email("alice")}), json!([]), json!({})] {
        for path in ["/sign-in/magic-link", "/magic-link/verify"] {
            let answer = auth.post(path, &body).await;
            assert_eq!((answer.status.as_u16(), &*answer.text), (404, ""), "{path}: {answer:?}");
        }
    }
    let answer = auth.get("/magic-link/verify?token=a&callbackURL=https://evil.example").await;
    assert_eq!((answer.status.as_u16(), &*answer.text), (404, ""), "{answer:?}");
}
