//! `sign-in/email-otp`

use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{ON, code, other_than, refusal, send, service, session_of, sign_in};
use crate::mailbox::Mailbox;
use crate::support::{Auth, PASSWORD, email, sign_up_cookie};
use crate::time::Clocked;
use crate::tokens::claims;

#[tokio::test]
async fn the_owner_of_a_mailbox_signs_up_and_then_in_and_each_code_works_once() {
    let mailbox = Mailbox::new();
    let auth = service(&mailbox, &[]).await;
    let first = code(&auth, &mailbox, "sign-in", ("alice", 1)).await;
    let form = json!({"email": "Alice@Example.com", "otp": first, "name": "Alice", "image": "/alice.png"});
    let created = auth.post("/sign-in/email-otp", &form).await;
    assert_eq!(created.status, 200, "{created:?}");
    let user = &created.body["user"];
    assert_eq!((&user["name"], &user["emailVerified"]), (&json!("Alice"), &json!(true)));
    assert_eq!(claims(&created.header("set-auth-jwt").unwrap())["amr"], json!(["otp"]));
    assert_eq!(refusal(&sign_in(&auth, "alice", &first).await), (400, "INVALID_OTP"), "it was used");
    let second = code(&auth, &mailbox, "sign-in", ("alice", 2)).await;
    let known = sign_in(&auth, "alice", &second).await;
    assert_eq!(known.body["user"]["id"], user["id"], "{known:?}");
    assert_ne!(session_of(&auth, &known.body["token"]).await, Value::Null);
    assert_eq!(auth.count("email_codes").await, 0);
}

#[tokio::test]
async fn only_the_newest_code_of_its_kind_is_valid() {
    let mailbox = Mailbox::new();
    let auth = service(&mailbox, &[]).await;
    let old = code(&auth, &mailbox, "sign-in", ("alice", 1)).await;
    let new = code(&auth, &mailbox, "sign-in", ("alice", 2)).await;
    auth.user("bob").await;
    let bobs = code(&auth, &mailbox, "forget-password", ("bob", 1)).await;
    if old != new {
        assert_eq!(refusal(&sign_in(&auth, "alice", &old).await), (400, "INVALID_OTP"));
    }
    assert_eq!(
        refusal(&sign_in(&auth, "bob", &bobs).await),
        (400, "INVALID_OTP"),
        "it is for something else"
    );
    assert_eq!(sign_in(&auth, "alice", &new).await.status, 200);
}

#[tokio::test]
async fn one_of_concurrent_requests_gets_in() {
    let mailbox = Mailbox::new();
    let auth = service(&mailbox, &[("DATABASE_POOL_SIZE", "8")]).await;
    let code = code(&auth, &mailbox, "sign-in", ("alice", 1)).await;
    let answers = join_all((0..8).map(|_| sign_in(&auth, "alice", &code))).await;
    let entered = answers.iter().filter(|answer| answer.status == 200).count();
    let refused = answers.iter().filter(|answer| answer.code() == "INVALID_OTP").count();
    assert_eq!((entered, refused), (1, 7), "{answers:?}");
    assert_eq!((auth.count("users").await, auth.count("sessions").await), (1, 1));
}

#[tokio::test]
async fn a_stranger_who_prepared_the_account_keeps_nothing() {
    let mailbox = Mailbox::new();
    let auth = service(&mailbox, &[("NOTIFICATION_MAILS", "none")]).await;
    let mallory = auth.user("alice").await;
    let code = code(&auth, &mailbox, "sign-in", ("alice", 1)).await;
    let entered = sign_in(&auth, "alice", &code).await;
    assert_eq!(entered.body["user"]["id"], mallory.user["id"], "{entered:?}");
    assert_eq!(entered.body["user"]["emailVerified"], true);
    assert_eq!(mallory.session().await, Value::Null);
    assert!(!auth.accepts("alice", PASSWORD).await);
    assert_eq!((auth.count("passwords").await, auth.count("sessions").await), (0, 1));
}

#[tokio::test]
async fn a_pending_sign_up_takes_over_nothing_afterwards_and_a_wrong_guess_deletes_none() {
    let mailbox = Mailbox::new();
    let auth = service(&mailbox, &[("REQUIRE_EMAIL_VERIFICATION", "true")]).await;
    let form = json!({"name": "Mallory", "email": email("alice"), "password": "what mallory chose"});
    sign_up_cookie(&auth.post("/sign-up/email", &form).await);
    let code = code(&auth, &mailbox, "sign-in", ("alice", 1)).await;
    assert_eq!(refusal(&sign_in(&auth, "alice", &other_than(&code)).await), (400, "INVALID_OTP"));
    assert_eq!(auth.count("sign_ups").await, 1);
    assert_eq!(sign_in(&auth, "alice", &code).await.status, 200);
    assert_eq!(auth.count("sign_ups").await, 0);
}

#[tokio::test]
async fn a_code_is_bound_to_the_credential_of_its_time() {
    for change in [
        "UPDATE users SET credential_epoch = credential_epoch + 1",
        "UPDATE users SET email = 'other@example.com'",
        "DELETE FROM users",
    ] {
        let mailbox = Mailbox::new();
        let auth = service(&mailbox, &[]).await;
        auth.user("alice").await;
        let code = code(&auth, &mailbox, "sign-in", ("alice", 1)).await;
        auth.superuser().await.execute(change, &[]).await.unwrap();
        assert_eq!(refusal(&sign_in(&auth, "alice", &code).await), (400, "INVALID_OTP"), "{change}");
        assert_eq!(auth.count("sessions").await, i64::from(!change.starts_with("DELETE")), "{change}");
    }
}

#[tokio::test]
async fn without_sign_up_nobody_is_created() {
    let mailbox = Mailbox::new();
    let open = service(&mailbox, &[]).await;
    let early = code(&open, &mailbox, "sign-in", ("bob", 1)).await;
    let url = mailbox.url();
    let settings = [ON, ("MAIL_URL", &*url), ("MAIL_FROM", "a@example.com"), ("SIGN_UP_ENABLED", "false")];
    let closed = Auth::on(open.database, &settings).await;
    assert_eq!(send(&closed, "sign-in", "nobody").await.body, json!({"success": true}));
    assert_eq!(refusal(&sign_in(&closed, "bob", &early).await), (400, "INVALID_OTP"));
    assert_eq!(closed.count("users").await, 0);
    assert!(mailbox.mails().iter().all(|mail| mail.to != email("nobody")));
}

#[tokio::test]
async fn a_new_user_has_the_additional_fields_and_an_error_uses_no_code_up() {
    let mailbox = Mailbox::new();
    let fields = r#"{"department": {"type": "string", "required": true}}"#;
    let auth = service(&mailbox, &[("USER_FIELDS", fields)]).await;
    let code = code(&auth, &mailbox, "sign-in", ("alice", 1)).await;
    assert_eq!(refusal(&sign_in(&auth, "alice", &code).await), (400, "MISSING_FIELD"));
    let form = json!({"email": email("alice"), "otp": code, "department": "R&D"});
    let created = auth.post("/sign-in/email-otp", &form).await;
    assert_eq!(created.body["user"]["department"], "R&D", "{created:?}");
}

#[actix_web::test]
async fn a_code_expires_after_5_minutes() {
    let mailbox = Mailbox::new();
    let url = mailbox.url();
    let server = Clocked::start_with(&[ON, ("MAIL_URL", &url), ("MAIL_FROM", "a@example.com")]).await;
    let body = json!({"email": email("alice"), "type": "sign-in"});
    server.post("/email-otp/send-verification-otp", "", &body).await;
    let form = json!({"email": email("alice"), "otp": mailbox.code_to(&email("alice"), 1).await});
    server.clock.advance(SignedDuration::from_secs(5 * 60));
    let over = server.post("/sign-in/email-otp", "", &form).await;
    assert_eq!(refusal(&over), (400, "OTP_EXPIRED"));
    assert_eq!(refusal(&server.post("/sign-in/email-otp", "", &form).await), (400, "INVALID_OTP"));
    server.post("/email-otp/send-verification-otp", "", &body).await;
    let form = json!({"email": email("alice"), "otp": mailbox.code_to(&email("alice"), 2).await});
    server.clock.advance(SignedDuration::from_secs(5 * 60 - 1));
    assert_eq!(server.post("/sign-in/email-otp", "", &form).await.status, 200);
}

#[tokio::test]
async fn if_it_is_off_its_endpoints_do_not_exist() {
    let auth = Auth::start().await;
    for path in [
        "/sign-in/email-otp",
        "/forget-password/email-otp",
        "/email-otp/send-verification-otp",
        "/email-otp/check-verification-otp",
        "/email-otp/verify-email",
        "/email-otp/request-password-reset",
        "/email-otp/reset-password",
        "/email-otp/request-email-change",
        "/email-otp/change-email",
    ] {
        for body in [json!({"email": email("alice"), "otp": "123456"}), json!([])] {
            let answer = auth.post(path, &body).await;
            assert_eq!((answer.status.as_u16(), &*answer.text), (404, ""), "{path}: {answer:?}");
        }
    }
}
