//! `send-verification-email`, `verify-email` and `change-email`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::mailbox::{Mailbox, follow};
use crate::support::{Answer, Auth, PASSWORD, email, sign_up_cookie};
use crate::time::Clocked;

/// Targets to which no parameter may redirect a browser.
pub const ELSEWHERE: [&str; 12] = [
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "/%2fevil.example",
    "/%5Cevil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "http://localhost:3000@evil.example",
    "http://localhost:3000.evil.example",
    "http://localhost:30000",
    "evil",
    "/\tevil",
];

/// Encodes a text for a query.
pub fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[tokio::test]
async fn an_address_is_verified_by_a_link() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[]).await;
    let alice = auth.user("alice").await;
    let body = json!({"email": "ALICE@example.com", "callbackURL": "/welcome"});
    assert_eq!(alice.post("/send-verification-email", &body).await.body, json!({"status": true}));
    let mail = mailbox.mail_to(&email("alice"), 1).await;
    assert_eq!(alice.session().await["user"]["emailVerified"], false);
    let followed = follow(&auth, &mail.link(), Some(&alice.cookie)).await;
    assert_eq!((followed.status.as_u16(), followed.header("location").as_deref()), (302, Some("/welcome")));
    assert!(followed.cookies().is_empty(), "a link signs nobody in");
    assert_eq!(alice.session().await["user"]["emailVerified"], true);

    let again = auth.get(&format!("/verify-email?token={}", mail.token())).await;
    assert_eq!((again.status.as_u16(), again.body), (200, json!({"status": true, "user": null})));
    let verified = alice.post("/send-verification-email", &body).await;
    assert_eq!((verified.status.as_u16(), verified.code()), (400, "EMAIL_ALREADY_VERIFIED"));
    let other = alice.post("/send-verification-email", &json!({"email": email("bob")})).await;
    assert_eq!((other.status.as_u16(), other.code()), (400, "EMAIL_MISMATCH"));
}

#[tokio::test]
async fn a_stranger_learns_nothing_of_an_address() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[]).await;
    auth.user("alice").await;
    auth.user("verified").await;
    let sql = "UPDATE users SET email_verified = true WHERE email = 'verified@example.com'";
    auth.superuser().await.execute(sql, &[]).await.unwrap();
    for name in ["verified", "nobody", "alice"] {
        let answer = auth.post("/send-verification-email", &json!({"email": email(name)})).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, r#"{"status":true}"#), "{name}");
    }
    mailbox.mail_to(&email("alice"), 1).await;
    assert_eq!(mailbox.mails().len(), 1);
}

#[tokio::test]
async fn signing_in_can_need_a_verified_address() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[("REQUIRE_EMAIL_VERIFICATION", "true")]).await;
    let form = json!({"name": "Alice", "email": email("alice"), "password": PASSWORD, "callbackURL": "/in"});
    let made = auth.post("/sign-up/email", &form).await;
    assert_eq!((made.status.as_u16(), &made.body["token"]), (200, &Value::Null));
    let browser = sign_up_cookie(&made);
    assert!(made.header("set-auth-jwt").is_none());
    let credentials = json!({"email": email("alice"), "password": PASSWORD});
    let early = auth.post("/sign-in/email", &credentials).await;
    assert_eq!((early.status.as_u16(), early.code()), (403, "EMAIL_NOT_VERIFIED"));
    let wrong =
        auth.post("/sign-in/email", &json!({"email": email("alice"), "password": "wrong password"})).await;
    assert_eq!(wrong.code(), "INVALID_EMAIL_OR_PASSWORD", "only who knows the password learns it");

    let mail = mailbox.mail_to(&email("alice"), 1).await;
    assert_eq!(follow(&auth, &mail.link(), Some(&browser)).await.header("location").unwrap(), "/in");
    let signed_in = auth.post("/sign-in/email", &credentials).await;
    assert_eq!((signed_in.status.as_u16(), &signed_in.body["user"]["id"]), (200, &made.body["user"]["id"]));
    assert_eq!(signed_in.body["user"]["emailVerified"], true);
}

/// The response is the same as for a new email, and the owner is notified.
#[tokio::test]
async fn without_auto_sign_in_a_taken_email_looks_like_a_new_one() {
    let mailbox = Mailbox::new();
    for setting in ["REQUIRE_EMAIL_VERIFICATION", "AUTO_SIGN_IN"] {
        let value = if setting == "AUTO_SIGN_IN" { "false" } else { "true" };
        let auth = Auth::start_with_mail(&mailbox, &[(setting, value)]).await;
        let name = setting.to_lowercase();
        let form = json!({"name": "Alice", "email": email(&name), "password": PASSWORD});
        let new = auth.post("/sign-up/email", &form).await;
        if setting == "REQUIRE_EMAIL_VERIFICATION" {
            let mail = mailbox.mail_to(&email(&name), 1).await;
            follow(&auth, &mail.link(), Some(&sign_up_cookie(&new))).await;
        }
        let taken = auth.post("/sign-up/email", &form).await;
        assert_eq!((new.status.as_u16(), taken.status.as_u16()), (200, 200));
        let shape = |answer: &Answer| {
            let mut body = answer.body.clone();
            for field in ["id", "createdAt", "updatedAt"] {
                body["user"][field] = json!("any");
            }
            body
        };
        assert_eq!(shape(&new), shape(&taken));
        assert_ne!(new.body["user"]["id"], taken.body["user"]["id"]);
        assert_ne!(sign_up_cookie(&new), sign_up_cookie(&taken));
        assert_eq!(auth.count("users").await, 1);
        let nth = if setting == "AUTO_SIGN_IN" { 1 } else { 2 };
        assert_eq!(mailbox.mail_to(&email(&name), nth).await.subject, "You already have an account");
    }
}

#[tokio::test]
async fn an_email_is_changed_by_a_link_to_the_new_one() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[("CHANGE_EMAIL_ENABLED", "true")]).await;
    let alice = auth.user("alice").await;
    auth.user("bob").await;
    auth.post("/request-password-reset", &json!({"email": email("alice")})).await;
    let reset = mailbox.mail_to(&email("alice"), 1).await;

    let same = alice.post("/change-email", &json!({"newEmail": "Alice@Example.com"})).await;
    assert_eq!((same.status.as_u16(), &same.body), (400, &json!({"message": "Email is the same"})));
    let taken = alice.post("/change-email", &json!({"newEmail": email("bob")})).await;
    assert_eq!((taken.status.as_u16(), taken.body), (200, json!({"status": true})));

    let body = json!({"newEmail": "Ada@Example.com", "callbackURL": "/changed"});
    assert_eq!(alice.post("/change-email", &body).await.body, json!({"status": true}));
    let mail = mailbox.mail_to("ada@example.com", 1).await;
    assert_eq!(alice.session().await["user"]["email"], email("alice"), "not before the link is followed");
    let other = auth.another_device("bob").await;
    let foreign = follow(&auth, &mail.link(), Some(&other.cookie)).await;
    assert_eq!(foreign.header("location").unwrap(), "/changed?error=INVALID_USER");

    let followed = follow(&auth, &mail.link(), Some(&alice.cookie)).await;
    assert_eq!((followed.status.as_u16(), followed.header("location").as_deref()), (302, Some("/changed")));
    assert!(followed.cookies()[0].starts_with(&alice.cookie));
    assert_eq!(alice.session().await["user"]["email"], "ada@example.com");
    assert_eq!(mailbox.mail_to(&email("alice"), 2).await.subject, "Your email address was changed");
    assert!(mailbox.mails().iter().all(|mail| mail.to != email("bob")), "a taken address gets no mail");

    let again = follow(&auth, &mail.link(), None).await;
    assert_eq!(again.header("location").unwrap(), "/changed?error=INVALID_TOKEN");
    let old_link = json!({"newPassword": "a brand new password", "token": reset.token()});
    let answer = auth.post("/reset-password", &old_link).await;
    assert_eq!(answer.code(), "INVALID_TOKEN", "the former mailbox resets nothing any more");
}

#[tokio::test]
async fn a_verified_address_can_have_to_agree_first() {
    let mailbox = Mailbox::new();
    let on = [("CHANGE_EMAIL_ENABLED", "true"), ("CHANGE_EMAIL_CONFIRMATION", "true")];
    let auth = Auth::start_with_mail(&mailbox, &on).await;
    let alice = auth.user("alice").await;
    auth.superuser().await.execute("UPDATE users SET email_verified = true", &[]).await.unwrap();
    alice.post("/change-email", &json!({"newEmail": "ada@example.com"})).await;
    let confirmation = mailbox.mail_to(&email("alice"), 1).await;
    assert!(mailbox.mails().iter().all(|mail| mail.to != "ada@example.com"));
    let opened = auth.get(&format!("/verify-email?token={}", confirmation.token())).await;
    assert_eq!((opened.status.as_u16(), opened.code()), (403, "CONFIRMATION_REQUIRED"));
    let agreed = auth.post("/verify-email", &json!({"token": confirmation.token()})).await;
    assert_eq!((agreed.status.as_u16(), agreed.body), (200, json!({"status": true})));
    let change = mailbox.mail_to("ada@example.com", 1).await;
    for (password, status, code) in
        [(json!(""), 403, "CONFIRMATION_REQUIRED"), (json!("wrong password"), 400, "INVALID_PASSWORD")]
    {
        let answer =
            auth.post("/verify-email", &json!({"token": change.token(), "password": password})).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (status, code), "{password}");
    }
    let form = json!({"token": change.token(), "password": PASSWORD});
    let changed = auth.post("/verify-email", &form).await;
    assert_eq!(changed.status, 200);
    assert_eq!(
        (&changed.body["user"]["email"], &changed.body["user"]["emailVerified"]),
        (&json!("ada@example.com"), &json!(true))
    );
    let again = auth.get(&format!("/verify-email?token={}", confirmation.token())).await;
    assert_eq!((again.status.as_u16(), again.code()), (401, "INVALID_TOKEN"));
}

/// Somebody else signs up with the email between the request and the click.
#[tokio::test]
async fn an_email_that_was_taken_in_the_meantime_stays_with_its_account() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[("CHANGE_EMAIL_ENABLED", "true")]).await;
    let alice = auth.user("alice").await;
    alice.post("/change-email", &json!({"newEmail": email("bob")})).await;
    let mail = mailbox.mail_to(&email("bob"), 1).await;
    auth.user("bob").await;
    let late = alice.get(&format!("/verify-email?token={}", mail.token())).await;
    assert_eq!((late.status.as_u16(), late.code()), (401, "INVALID_TOKEN"));
    assert_eq!(alice.session().await["user"]["email"], email("alice"));
}

#[tokio::test]
async fn changing_the_email_is_disabled_by_default() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let answer = alice.post("/change-email", &json!({"newEmail": "ada@example.com"})).await;
    assert_eq!((answer.status.as_u16(), answer.code()), (400, "CHANGE_EMAIL_DISABLED"));
    let none = alice.post("/send-verification-email", &json!({"email": email("alice")})).await;
    assert_eq!((none.status.as_u16(), none.code()), (400, "VERIFICATION_EMAIL_NOT_ENABLED"));
}

#[tokio::test]
async fn an_invalid_link_verifies_nothing_and_redirects_nowhere_else() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[]).await;
    let alice = auth.user("alice").await;
    auth.post("/request-password-reset", &json!({"email": email("alice")})).await;
    let for_something_else = mailbox.mail_to(&email("alice"), 1).await.token();
    for token in ["nonsense", "", &for_something_else, &alice.token, "a.b.c"] {
        let answer = auth.get(&format!("/verify-email?token={token}")).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (401, "INVALID_TOKEN"), "{token}");
        let request = auth
            .request_without_redirects(Method::GET, &format!("/verify-email?token={token}&callbackURL=/x?y"));
        assert_eq!(Answer::of(request).await.header("location").unwrap(), "/x?y&error=INVALID_TOKEN");
    }
    for path in ["/verify-email", "/delete-user/callback"] {
        for target in ELSEWHERE {
            let path = format!("{path}?token=x&callbackURL={}", encoded(target));
            let answer = Answer::of(auth.request_without_redirects(Method::GET, &path)).await;
            assert_eq!(
                (answer.status.as_u16(), answer.code()),
                (403, "INVALID_CALLBACK_URL"),
                "{path} {target}"
            );
            assert!(answer.header("location").is_none());
        }
        let missing = auth.get(path).await;
        let message = "[query.token] Invalid input: expected string, received undefined";
        assert_eq!((missing.status.as_u16(), missing.body["message"].as_str()), (400, Some(message)));
    }
    for (path, body) in [
        ("/send-verification-email", json!({"email": email("alice")})),
        ("/change-email", json!({"newEmail": "ada@example.com"})),
        ("/delete-user", json!({})),
        ("/sign-up/email", json!({"name": "x", "email": "x@example.com", "password": PASSWORD})),
        ("/sign-in/email", json!({"email": email("alice"), "password": PASSWORD})),
    ] {
        for target in ELSEWHERE {
            for field in ["callbackURL", "redirectTo", "errorCallbackURL", "newUserCallbackURL"] {
                let mut body = body.clone();
                body[field] = json!(target);
                let answer = alice.post(path, &body).await;
                assert_eq!(answer.status, 403, "{path} {field} {target}: {answer:?}");
            }
        }
    }
    assert_eq!(mailbox.mails().len(), 1);
    assert_eq!(alice.session().await["user"]["emailVerified"], false);
}

#[actix_web::test]
async fn links_end_after_an_hour() {
    let mailbox = Mailbox::new();
    let url = mailbox.url();
    let server = Clocked::start_with(&[("MAIL_URL", &url), ("MAIL_FROM", "a@example.com")]).await;
    server.sign_up(true).await;
    for path in ["/send-verification-email", "/request-password-reset"] {
        let answer = server.post(path, "", &json!({"email": "a@example.com"})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let (verification, reset) = (
        mailbox.mail_to("a@example.com", 1).await.token(),
        mailbox.mail_to("a@example.com", 2).await.token(),
    );
    server.pass(1);
    let verified = server.get(&format!("/verify-email?token={verification}"), "").await;
    assert_eq!((verified.status.as_u16(), verified.code()), (401, "TOKEN_EXPIRED"));
    let body = json!({"newPassword": "a brand new password", "token": reset});
    let reset = server.post("/reset-password", "", &body).await;
    assert_eq!((reset.status.as_u16(), reset.code()), (400, "INVALID_TOKEN"));
}

/// Each looks like alice@example.com, or folds to it in some alphabet, but is a different email or invalid.
#[tokio::test]
async fn addresses_that_only_look_alike_are_refused() {
    let auth = Auth::start().await;
    auth.user("alice").await;
    for look_alike in [
        "\u{430}lice@example.com",
        "al\u{131}ce@example.com",
        "alice\u{ff20}example.com",
        "alice@ex\u{430}mple.com",
        "alice@example\u{3002}com",
        "ali\u{200b}ce@example.com",
        "alice@example.com\u{202e}",
        "ALI\u{421}E@EXAMPLE.COM",
        "al\u{69}\u{307}ce@example.com",
        "\u{ff41}lice@example.com",
        "alice@example.com\r\nBcc: evil@example.com",
        "\"alice\"@example.com",
        "alice@example.com,evil@example.com",
    ] {
        let form = json!({"name": "x", "email": look_alike, "password": PASSWORD});
        let answer = auth.post("/sign-up/email", &form).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (400, "VALIDATION_ERROR"), "{look_alike:?}");
        let form = json!({"email": look_alike, "password": PASSWORD});
        assert_eq!(auth.post("/sign-in/email", &form).await.code(), "INVALID_EMAIL", "{look_alike:?}");
    }
    assert_eq!(auth.count("users").await, 1);
}

/// An unattended device must not be enough to take over the account (OWASP ASVS 5.0, 7.5.1).
#[actix_web::test]
async fn only_a_fresh_session_may_change_the_address() {
    let mailbox = Mailbox::new();
    let url = mailbox.url();
    let mail = [("MAIL_URL", &*url), ("MAIL_FROM", "a@example.com"), ("CHANGE_EMAIL_ENABLED", "true")];
    let server = Clocked::start_with(&mail).await;
    let token = server.sign_up(true).await;
    server.pass(24);
    let body = json!({"newEmail": "ada@example.com"});
    let stale = server.post("/change-email", &token, &body).await;
    assert_eq!((stale.status.as_u16(), stale.code()), (403, "SESSION_NOT_FRESH"));
    assert!(mailbox.mails().is_empty());
    let again = json!({"email": "a@example.com", "password": PASSWORD});
    let fresh = server.post("/sign-in/email", "", &again).await.body["token"].as_str().unwrap().to_owned();
    assert_eq!(server.post("/change-email", &fresh, &body).await.status, 200);
    mailbox.mail_to("ada@example.com", 1).await;
}
