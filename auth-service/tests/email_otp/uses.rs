//! What else codes do: verify an email, reset a password, change an email.

use reqwest::Method;
use serde_json::{Value, json};

use super::{code, other_than, refusal, send, service};
use crate::mailbox::Mailbox;
use crate::support::{Answer, Auth, Device, PAGE, PASSWORD, email, sign_up_cookie};

const NEW: &str = "a brand new password";
const CHANGES: (&str, &str) = ("CHANGE_EMAIL_ENABLED", "true");

async fn reset(auth: &Auth, name: &str, code: &str, password: &str) -> Answer {
    let body = json!({"email": email(name), "otp": code, "password": password});
    auth.post("/email-otp/reset-password", &body).await
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_a_code() {
    for path in ["/email-otp/request-password-reset", "/forget-password/email-otp"] {
        let mailbox = Mailbox::new();
        let auth = service(&mailbox, &[]).await;
        let alice = auth.user("alice").await;
        let asked = auth.post(path, &json!({"email": email("alice")})).await;
        assert_eq!(asked.body, json!({"success": true}), "{asked:?}");
        let code = mailbox.code_to(&email("alice"), 1).await;
        assert_eq!(refusal(&reset(&auth, "alice", &other_than(&code), NEW).await), (400, "INVALID_OTP"));
        assert_eq!(refusal(&reset(&auth, "alice", &code, "short").await), (400, "PASSWORD_TOO_SHORT"));
        assert_eq!(refusal(&reset(&auth, "alice", &code, "password1").await), (400, "PASSWORD_COMPROMISED"));
        let done = reset(&auth, "alice", &code, NEW).await;
        assert_eq!((done.status.as_u16(), &done.body), (200, &json!({"success": true})), "{done:?}");
        assert!(done.cookies().is_empty(), "devices are marked only where guesses are limited");
        assert_eq!(refusal(&reset(&auth, "alice", &code, PASSWORD).await), (400, "INVALID_OTP"));
        assert!(auth.accepts("alice", NEW).await && !auth.accepts("alice", PASSWORD).await);
        assert_eq!(alice.session().await, Value::Null);
        assert_eq!(mailbox.mail_to(&email("alice"), 2).await.subject, "Your password was changed");
        let user = auth.superuser().await.query_one("SELECT email_verified FROM users", &[]).await.unwrap();
        assert!(user.get::<_, bool>(0), "the mailbox was proved");
    }
}

/// Verifies the email of `name` with a code, as a browser with this cookie.
async fn verify(auth: &Auth, cookie: Option<&str>, body: &Value) -> Answer {
    let request = auth.request(Method::POST, "/email-otp/verify-email").json(body);
    Answer::of(match cookie {
        Some(cookie) => request.header("cookie", cookie).header("origin", PAGE),
        None => request,
    })
    .await
}

#[tokio::test]
async fn a_code_verifies_an_email_with_a_session_or_the_password_of_the_account() {
    let mailbox = Mailbox::new();
    let auth = service(&mailbox, &[]).await;
    let alice = auth.user("alice").await;
    let other = auth.another_device("alice").await;
    let otp = code(&auth, &mailbox, "email-verification", ("alice", 1)).await;
    let mut form = json!({"email": email("alice"), "otp": otp});
    assert_eq!(refusal(&verify(&auth, None, &form).await), (403, "CONFIRMATION_REQUIRED"));
    let verified = verify(&auth, Some(&alice.cookie), &form).await;
    assert_eq!((verified.status.as_u16(), &verified.body["status"]), (200, &json!(true)), "{verified:?}");
    assert_eq!(
        (&verified.body["token"], &verified.body["user"]["emailVerified"]),
        (&Value::Null, &json!(true))
    );
    assert_eq!(alice.session().await["user"]["emailVerified"], true);
    assert_eq!(other.session().await, Value::Null, "it proved neither the mailbox nor the password");
    assert_eq!(refusal(&verify(&auth, Some(&alice.cookie), &form).await), (400, "INVALID_OTP"));

    auth.user("bob").await;
    form =
        json!({"email": email("bob"), "otp": code(&auth, &mailbox, "email-verification", ("bob", 1)).await});
    form["password"] = json!("wrong password");
    assert_eq!(refusal(&verify(&auth, None, &form).await), (400, "INVALID_PASSWORD"));
    form["password"] = json!(PASSWORD);
    assert_eq!(verify(&auth, None, &form).await.status, 200);
}

#[tokio::test]
async fn a_code_completes_the_sign_up_of_its_browser() {
    let mailbox = Mailbox::new();
    let settings = [("REQUIRE_EMAIL_VERIFICATION", "true"), ("AUTO_SIGN_IN_AFTER_VERIFICATION", "true")];
    let auth = service(&mailbox, &settings).await;
    let sign_up = async |password: &str| {
        let form = json!({"name": "Alice", "email": email("alice"), "password": password});
        sign_up_cookie(&auth.post("/sign-up/email", &form).await)
    };
    let alice = sign_up(PASSWORD).await;
    let mallory = sign_up("what mallory chose").await;
    assert_ne!(alice, mallory);
    let otp = code(&auth, &mailbox, "email-verification", ("alice", 1)).await;
    let form = json!({"email": email("alice"), "otp": otp});
    assert_eq!(refusal(&verify(&auth, None, &form).await), (403, "CONFIRMATION_REQUIRED"));
    let verified = verify(&auth, Some(&alice), &form).await;
    assert_eq!(verified.status, 200, "{verified:?}");
    assert!(verified.body["token"].is_string() && verified.header("set-auth-jwt").is_some());
    assert!(auth.accepts("alice", PASSWORD).await && !auth.accepts("alice", "what mallory chose").await);
    assert_eq!(auth.count("sign_ups").await, 0);
}

/// Requests a change to `name`.
async fn ask(device: &Device<'_>, name: &str) -> Answer {
    device.post("/email-otp/request-email-change", &json!({"newEmail": email(name)})).await
}

async fn change(device: &Device<'_>, name: &str, code: &str) -> Answer {
    let body = json!({"newEmail": email(name), "otp": code});
    device.post("/email-otp/change-email", &body).await
}

#[tokio::test]
async fn a_code_changes_the_email_in_the_session_that_requested_it() {
    let mailbox = Mailbox::new();
    let auth = service(&mailbox, &[CHANGES]).await;
    let alice = auth.user("alice").await;
    let other = auth.another_device("alice").await;
    let mallory = auth.user("mallory").await;
    assert_eq!(ask(&alice, "new").await.body, json!({"success": true}));
    let code = mailbox.code_to(&email("new"), 1).await;
    for stranger in [&other, &mallory] {
        assert_eq!(refusal(&change(stranger, "new", &code).await), (400, "INVALID_OTP"));
    }
    assert_eq!(refusal(&change(&alice, "other", &code).await), (400, "INVALID_OTP"));
    let changed = change(&alice, "new", &code).await;
    assert_eq!((changed.status.as_u16(), &changed.body), (200, &json!({"success": true})), "{changed:?}");
    let user = &alice.session().await["user"];
    assert_eq!((&user["email"], &user["emailVerified"]), (&json!(email("new")), &json!(true)));
    assert_eq!(refusal(&change(&alice, "new", &code).await), (400, ""), "it is the same");
    let notice = mailbox.mails().into_iter().find(|mail| mail.subject == "Your email address was changed");
    assert!(notice.is_none_or(|notice| notice.to == email("alice")));
    // An email that is taken gets no mail, and the answer does not tell.
    assert_eq!(ask(&alice, "mallory").await.body, json!({"success": true}));
    assert!(mailbox.mails().iter().all(|mail| mail.to != email("mallory") || mail.code().is_none()));
}

#[tokio::test]
async fn the_current_email_has_to_agree_if_that_is_set() {
    let mailbox = Mailbox::new();
    let auth = service(&mailbox, &[CHANGES, ("CHANGE_EMAIL_CONFIRMATION", "true")]).await;
    let alice = auth.user("alice").await;
    auth.superuser().await.execute("UPDATE users SET email_verified = true", &[]).await.unwrap();
    let missing = ask(&alice, "new").await;
    assert_eq!(missing.body, json!({"message": "OTP is required to verify current email"}), "{missing:?}");
    let otp = code(&auth, &mailbox, "email-verification", ("alice", 1)).await;
    let with = async |code: &str| {
        let body = json!({"newEmail": email("new"), "otp": code});
        alice.post("/email-otp/request-email-change", &body).await
    };
    assert_eq!(refusal(&with(&other_than(&otp)).await), (400, "INVALID_OTP"));
    assert_eq!(with(&otp).await.status, 200);
    assert_eq!(refusal(&with(&otp).await), (400, "INVALID_OTP"), "it was used");
    let code = mailbox.code_to(&email("new"), 1).await;
    assert_eq!(change(&alice, "new", &code).await.status, 200);
}

#[tokio::test]
async fn changes_can_be_off_and_need_a_session() {
    let mailbox = Mailbox::new();
    let auth = service(&mailbox, &[]).await;
    let alice = auth.user("alice").await;
    let disabled = json!({"message": "Change email with OTP is disabled"});
    assert_eq!(ask(&alice, "new").await.body, disabled);
    assert_eq!(change(&alice, "new", "123456").await.body, disabled);
    let body = json!({"newEmail": email("new"), "otp": "123456"});
    for path in ["/email-otp/request-email-change", "/email-otp/change-email"] {
        assert_eq!(refusal(&auth.post(path, &body).await), (401, "UNAUTHORIZED"));
    }
    assert_eq!(send(&auth, "change-email", "alice").await.body, json!({"message": "Invalid OTP type"}));
}
