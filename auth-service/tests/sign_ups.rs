//! Sign-ups with the email of somebody else (GHSA-qq9h-g4jm-xgf3): the owner of the mailbox, or a mail scanner, must
//! not make the password of an attacker valid by following a link.

use futures_util::future::join_all;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};

use crate::mailbox::{Mail, Mailbox, follow};
use crate::support::{Answer, Auth, Device, PAGE, PASSWORD, email, sign_up_cookie};
use crate::time::Clocked;

const REQUIRED: (&str, &str) = ("REQUIRE_EMAIL_VERIFICATION", "true");
const MALLORYS: &str = "what mallory chose";

/// Signs up with the email of `name`. Returns the response and the cookie of that browser.
async fn sign_up(auth: &Auth, who: &str, name: &str, password: &str) -> (Answer, String) {
    let body = json!({"name": who, "email": email(name), "password": password, "callbackURL": "/in"});
    let answer = auth.post("/sign-up/email", &body).await;
    assert_eq!((answer.status.as_u16(), &answer.body["token"]), (200, &Value::Null), "{answer:?}");
    let cookie = sign_up_cookie(&answer);
    (answer, cookie)
}

async fn sign_in(auth: &Auth, name: &str, password: &str) -> Answer {
    auth.post("/sign-in/email", &json!({"email": email(name), "password": password})).await
}

/// Opens a link like the browser of a person.
async fn open(auth: &Auth, mail: &Mail, cookie: &str) -> Answer {
    let link = mail.link();
    let (_, path) = link.split_once("/api/auth").unwrap();
    let request = auth.request_without_redirects(Method::GET, path).header("sec-fetch-mode", "navigate");
    Answer::of(if cookie.is_empty() { request } else { request.header("cookie", cookie) }).await
}

/// Submits the form of the page that a link opens.
async fn submit(auth: &Auth, mail: &Mail, password: &str) -> Answer {
    let form = [("token", &*mail.token()), ("callbackURL", "/in"), ("password", password)];
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let request = auth.request_without_redirects(Method::POST, "/verify-email");
    let request = request.header("sec-fetch-mode", "navigate").header("origin", PAGE);
    Answer::of(request.header("content-type", "application/x-www-form-urlencoded").body(form)).await
}

#[tokio::test]
async fn the_password_of_an_attacker_never_becomes_valid_by_the_owners_click() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[REQUIRED]).await;
    let (_, mallorys_browser) = sign_up(&auth, "Mallory", "alice", MALLORYS).await;
    let mail = mailbox.mail_to(&email("alice"), 1).await;

    let page = open(&auth, &mail, "").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains(r#"name="password""#), "{}", page.text);
    assert_eq!(submit(&auth, &mail, PASSWORD).await.status, 400, "she does not know it");
    let fetched = follow(&auth, &mail.link(), None).await;
    assert_eq!((fetched.status.as_u16(), fetched.code()), (403, "CONFIRMATION_REQUIRED"));
    assert_eq!(auth.count("users").await, 0);
    assert_eq!(sign_in(&auth, "alice", MALLORYS).await.code(), "EMAIL_NOT_VERIFIED");

    // She signs up herself and gets the same response as anybody.
    let (alices, browser) = sign_up(&auth, "Alice", "alice", PASSWORD).await;
    assert_eq!(mailbox.mail_to(&email("alice"), 2).await.subject, mail.subject);
    let own = mailbox.mail_to(&email("alice"), 2).await;
    let elsewhere = open(&auth, &own, &mallorys_browser).await;
    assert!(elsewhere.text.contains(r#"name="password""#), "the cookie of another sign-up is none");
    let completed = open(&auth, &own, &browser).await;
    assert_eq!((completed.status.as_u16(), completed.header("location").as_deref()), (302, Some("/in")));

    let signed_in = sign_in(&auth, "alice", PASSWORD).await;
    assert_eq!(signed_in.body["user"]["name"], "Alice");
    assert_eq!(signed_in.body["user"]["id"], alices.body["user"]["id"]);
    assert_eq!(sign_in(&auth, "alice", MALLORYS).await.code(), "INVALID_EMAIL_OR_PASSWORD");
    for cookie in [&*mallorys_browser, ""] {
        let late = open(&auth, &mail, cookie).await;
        assert_eq!(late.header("location").as_deref(), Some("/in?error=INVALID_TOKEN"));
    }
    assert_eq!((auth.count("sign_ups").await, auth.count("users").await), (0, 1));
    let again = open(&auth, &own, &browser).await;
    assert_eq!(again.header("location").as_deref(), Some("/in"), "a second click is no failure");
}

#[tokio::test]
async fn in_another_browser_the_page_asks_for_the_password_of_that_sign_up() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[REQUIRED]).await;
    sign_up(&auth, "Alice", "alice", PASSWORD).await;
    let mail = mailbox.mail_to(&email("alice"), 1).await;
    let wrong = submit(&auth, &mail, "wrong password").await;
    assert_eq!(wrong.status, 400);
    assert!(wrong.text.contains("Wrong password") && wrong.text.contains(r#"name="password""#), "{wrong:?}");
    let right = submit(&auth, &mail, PASSWORD).await;
    assert_eq!((right.status.as_u16(), right.header("location").as_deref()), (302, Some("/in")));
    assert!(right.cookies().is_empty(), "it signs nobody in");
    assert_eq!(sign_in(&auth, "alice", PASSWORD).await.status, 200);
}

/// With limits, wrong passwords on the page count like those of a sign-in.
#[tokio::test]
async fn guesses_at_the_page_are_few() {
    let mailbox = Mailbox::new();
    let on = [REQUIRED, ("RATE_LIMIT_ENABLED", "true"), ("TRUSTED_PROXIES", "127.0.0.1")];
    let auth = Auth::start_with_mail(&mailbox, &on).await;
    sign_up(&auth, "Alice", "alice", PASSWORD).await;
    let token = mailbox.mail_to(&email("alice"), 1).await.token();
    let guess = async |number: usize, password: &str| {
        let request = auth.request(Method::POST, "/verify-email");
        let request = request.header("x-forwarded-for", format!("198.51.100.{number}"));
        Answer::of(request.json(&json!({"token": token, "password": password}))).await.status.as_u16()
    };
    let mut found = Vec::new();
    for number in 1..=11 {
        found.push(guess(number, "wrong password").await);
    }
    assert_eq!(found, [vec![400; 10], vec![429]].concat());
    assert_eq!(guess(20, PASSWORD).await, 429);
}

#[tokio::test]
async fn sign_ups_with_one_email_are_bounded_and_the_newest_stay() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[REQUIRED]).await;
    let mut browsers = Vec::new();
    for number in 0..12 {
        browsers.push(sign_up(&auth, &format!("Number {number}"), "alice", PASSWORD).await.1);
    }
    sign_up(&auth, "Bob", "bob", PASSWORD).await;
    assert_eq!(auth.count("sign_ups").await, 11, "ten of alice's and bob's");
    let (oldest, newest) =
        (mailbox.mail_to(&email("alice"), 1).await, mailbox.mail_to(&email("alice"), 12).await);
    let gone = open(&auth, &oldest, &browsers[0]).await;
    assert_eq!(gone.header("location").as_deref(), Some("/in?error=INVALID_TOKEN"));
    assert_eq!(open(&auth, &newest, &browsers[11]).await.header("location").as_deref(), Some("/in"));
    assert_eq!(auth.count("sign_ups").await, 1, "bob's");
    assert_eq!(sign_in(&auth, "alice", PASSWORD).await.body["user"]["name"], "Number 11");
}

#[tokio::test]
async fn of_sign_ups_that_are_completed_at_once_exactly_one_becomes_the_account() {
    const SIGN_UPS: usize = 8;
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[REQUIRED, ("DATABASE_POOL_SIZE", "16")]).await;
    let mut links = Vec::new();
    for number in 0..SIGN_UPS {
        let (_, browser) = sign_up(&auth, &format!("Number {number}"), "alice", PASSWORD).await;
        links.push((mailbox.mail_to(&email("alice"), number + 1).await, browser));
    }
    let answers = join_all(links.iter().map(|(mail, browser)| open(&auth, mail, browser))).await;
    let completed: Vec<_> =
        answers.iter().filter(|answer| answer.header("location").as_deref() == Some("/in")).collect();
    assert_eq!(completed.len(), 1, "{answers:?}");
    let refused = Some("/in?error=INVALID_TOKEN".to_owned());
    let losers = answers.iter().filter(|answer| answer.header("location") == refused).count();
    assert_eq!(losers, SIGN_UPS - 1, "{answers:?}");
    assert_eq!((auth.count("users").await, auth.count("sign_ups").await), (1, 0));
}

/// It was created before emails had to be verified, maybe not by the owner of the mailbox.
#[tokio::test]
async fn an_unverified_account_is_taken_over_by_the_owner_of_the_mailbox() {
    let mailbox = Mailbox::new();
    let open_house = Auth::start_with_mail(&mailbox, &[]).await;
    let mallory = json!({"name": "Mallory", "email": email("alice"), "password": MALLORYS});
    let mallory = Device::of(&open_house, &open_house.post("/sign-up/email", &mallory).await);
    let url = mailbox.url();
    let settings = [REQUIRED, ("MAIL_URL", &*url), ("MAIL_FROM", "a@example.com")];
    let strict = local_stack::testing::auth_service(&open_house.database, &settings).await;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let at = |path: &str| format!("{}/api/auth{path}", strict.url());
    let form = json!({"name": "Alice", "email": email("alice"), "password": PASSWORD});
    let signed_up = Answer::of(http.post(at("/sign-up/email")).json(&form)).await;
    let mail = mailbox.mail_to(&email("alice"), 1).await;
    assert_eq!(mail.subject, "Verify your email address", "not told of the account that there is");
    assert_ne!(mallory.session().await, Value::Null);
    let link = mail.link();
    let (_, path) = link.split_once("/api/auth").unwrap();
    let followed = http.get(at(path)).header("cookie", sign_up_cookie(&signed_up));
    assert_eq!(Answer::of(followed).await.header("location").as_deref(), Some("/"));

    assert_eq!(mallory.session().await, Value::Null, "whoever was signed in is not any more");
    assert_eq!(sign_in(&open_house, "alice", MALLORYS).await.status, 401);
    let alice = sign_in(&open_house, "alice", PASSWORD).await;
    assert_eq!(alice.body["user"]["id"], mallory.user["id"], "what belongs to the account stays");
    assert_eq!(
        (&alice.body["user"]["name"], &alice.body["user"]["emailVerified"]),
        (&json!("Alice"), &json!(true))
    );
}

#[tokio::test]
async fn another_link_is_for_the_sign_up_of_the_browser_or_else_the_newest() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[REQUIRED]).await;
    let (_, browser) = sign_up(&auth, "Alice", "alice", PASSWORD).await;
    sign_up(&auth, "Mallory", "alice", MALLORYS).await;
    let again = |cookie: Option<&str>| {
        let request = auth.request(Method::POST, "/send-verification-email");
        let request = request.json(&json!({"email": email("alice"), "callbackURL": "/in"}));
        Answer::of(match cookie {
            Some(cookie) => request.header("cookie", cookie).header("origin", PAGE),
            None => request,
        })
    };
    assert_eq!(again(None).await.body, json!({"status": true}));
    let newest = mailbox.mail_to(&email("alice"), 3).await;
    assert_eq!(submit(&auth, &newest, PASSWORD).await.status, 400, "it is mallory's");
    assert_eq!(again(Some(&browser)).await.body, json!({"status": true}));
    let own = mailbox.mail_to(&email("alice"), 4).await;
    assert_eq!(open(&auth, &own, &browser).await.header("location").as_deref(), Some("/in"));
    assert_eq!(sign_in(&auth, "alice", PASSWORD).await.status, 200);
}

#[actix_web::test]
async fn a_sign_up_waits_for_a_week() {
    let mailbox = Mailbox::new();
    let url = mailbox.url();
    let server = Clocked::start_with(&[REQUIRED, ("MAIL_URL", &url), ("MAIL_FROM", "a@example.com")]).await;
    let sign_up = async |name: &str| {
        let form = json!({"name": name, "email": email(name), "password": PASSWORD});
        assert_eq!(server.post("/sign-up/email", "", &form).await.status, 200);
    };
    let code = async || {
        let form = json!({"email": email("alice"), "password": PASSWORD});
        server.post("/sign-in/email", "", &form).await.code().to_owned()
    };
    sign_up("alice").await;
    mailbox.mail_to(&email("alice"), 1).await;
    server.clock.advance(SignedDuration::from_secs(7 * 86_400 - 1));
    assert_eq!(code().await, "EMAIL_NOT_VERIFIED");
    server.post("/send-verification-email", "", &json!({"email": email("alice")})).await;
    let late = mailbox.mail_to(&email("alice"), 2).await.token();
    server.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(code().await, "INVALID_EMAIL_OR_PASSWORD");
    let form = json!({"token": late, "password": PASSWORD});
    assert_eq!(server.post("/verify-email", "", &form).await.code(), "INVALID_TOKEN");
    sign_up("bob").await;
    let client = crate::support::connect(&server.database.superuser_url()).await;
    let left: i64 = client.query_one("SELECT count(*) FROM sign_ups", &[]).await.unwrap().get(0);
    assert_eq!(left, 1, "those that expired are swept by the next");
}

#[tokio::test]
async fn one_setting_makes_the_link_alone_enough() {
    let mailbox = Mailbox::new();
    let alone = ("VERIFY_EMAIL_BY_LINK_ALONE", "true");
    let auth = Auth::start_with_mail(&mailbox, &[REQUIRED, alone]).await;
    sign_up(&auth, "Alice", "alice", PASSWORD).await;
    let mail = mailbox.mail_to(&email("alice"), 1).await;
    assert_eq!(follow(&auth, &mail.link(), None).await.header("location").as_deref(), Some("/in"));
    assert_eq!(sign_in(&auth, "alice", PASSWORD).await.status, 200);

    let auth = Auth::start_with_mail(&mailbox, &[alone]).await;
    let bob = auth.user("bob").await;
    auth.post("/send-verification-email", &json!({"email": email("bob"), "callbackURL": "/in"})).await;
    let mail = mailbox.mail_to(&email("bob"), 1).await;
    assert_eq!(follow(&auth, &mail.link(), None).await.header("location").as_deref(), Some("/in"));
    assert_eq!(bob.session().await["user"]["emailVerified"], true, "and it ends no session");
}

/// If sign-up does not wait for the mail, the attacker is signed in from the start.
#[tokio::test]
async fn verifying_ends_sessions_that_proved_neither_mailbox_nor_password() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[]).await;
    let ask = async |name: &str, count: usize| {
        auth.post("/send-verification-email", &json!({"email": email(name), "callbackURL": "/in"})).await;
        mailbox.mail_to(&email(name), count).await
    };
    let verified = async |device: &Device<'_>| device.session().await["user"]["emailVerified"].clone();

    // Mallory's account with Alice's email. Alice does not know its password.
    let mallory = auth.user("alice").await;
    let mail = ask("alice", 1).await;
    let page = open(&auth, &mail, "").await;
    assert!(page.text.contains(r#"name="password""#), "{}", page.text);
    let bob = auth.user("bob").await;
    let page = open(&auth, &mail, &bob.cookie).await;
    assert!(page.text.contains(r#"name="password""#), "somebody else's session is no proof");
    assert_eq!(verified(&mallory).await, false);

    // With the password: all sessions end.
    assert_eq!(submit(&auth, &mail, PASSWORD).await.header("location").as_deref(), Some("/in"));
    assert_eq!(mallory.session().await, Value::Null);

    // With a session: the others end.
    let other = auth.another_device("bob").await;
    let mail = ask("bob", 1).await;
    assert_eq!(open(&auth, &mail, &bob.cookie).await.header("location").as_deref(), Some("/in"));
    assert_eq!((verified(&bob).await, other.session().await), (json!(true), Value::Null));
}

#[tokio::test]
async fn the_browser_that_signed_up_verifies_until_the_password_changes() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[]).await;
    let sign_up = async |name: &str| {
        let form = json!({"name": name, "email": email(name), "password": PASSWORD});
        let answer = auth.post("/sign-up/email", &form).await;
        let cookie = answer.cookies().pop().unwrap().split(';').next().unwrap().to_owned();
        assert!(cookie.starts_with("better-auth.sign_up="), "{cookie}");
        (Device::of(&auth, &answer), cookie)
    };
    let ask = async |name: &str, count: usize| {
        auth.post("/send-verification-email", &json!({"email": email(name), "callbackURL": "/in"})).await;
        mailbox.mail_to(&email(name), count).await
    };
    let (alice, browser) = sign_up("alice").await;
    alice.post("/sign-out", &json!({})).await;
    let mail = ask("alice", 1).await;
    assert_eq!(open(&auth, &mail, &browser).await.header("location").as_deref(), Some("/in"));

    let (bob, browser) = sign_up("bob").await;
    let change = json!({"currentPassword": PASSWORD, "newPassword": MALLORYS});
    assert_eq!(bob.post("/change-password", &change).await.status, 200);
    // The first mail was the notice of the changed password.
    let mail = ask("bob", 2).await;
    let page = open(&auth, &mail, &browser).await;
    assert!(page.text.contains(r#"name="password""#), "who chose the first password may not know this one");
    let forged = format!("{browser}x");
    assert!(open(&auth, &mail, &forged).await.text.contains(r#"name="password""#));
}

/// Signing in with the password of a sign-up does not reveal whether the email has an account.
#[tokio::test]
async fn signing_in_with_a_sign_up_does_not_reveal_whether_the_email_has_an_account() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[REQUIRED]).await;
    let (_, browser) = sign_up(&auth, "Alice", "alice", PASSWORD).await;
    let mail = mailbox.mail_to(&email("alice"), 1).await;
    assert_eq!(open(&auth, &mail, &browser).await.header("location").as_deref(), Some("/in"));

    for name in ["alice", "nobody"] {
        let (_, mallorys_browser) = sign_up(&auth, "Mallory", name, MALLORYS).await;
        for cookie in ["", &mallorys_browser] {
            let mut request = auth.request(Method::POST, "/sign-in/email");
            if !cookie.is_empty() {
                request = request.header("cookie", cookie).header("origin", PAGE);
            }
            let form = json!({"email": email(name), "password": MALLORYS});
            let answer = Answer::of(request.json(&form)).await;
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (403, "EMAIL_NOT_VERIFIED"),
                "{name} {cookie}"
            );
        }
    }
    assert_eq!(mailbox.mail_to(&email("alice"), 2).await.subject, "You already have an account");
    let alice = sign_in(&auth, "alice", PASSWORD).await;
    assert_eq!((alice.status.as_u16(), &alice.body["user"]["name"]), (200, &json!("Alice")));
}
