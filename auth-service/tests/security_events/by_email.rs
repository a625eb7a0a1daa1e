//! Events of sign-in by links and codes in mail.

use serde_json::json;

use super::{assert_unlogged, event, events};
use crate::mailbox::Mailbox;
use crate::support::{Auth, email};

const ON: [(&str, &str); 2] = [("MAGIC_LINK_ENABLED", "true"), ("EMAIL_OTP_ENABLED", "true")];

#[tokio::test]
async fn a_link_that_signs_in_is_recorded_from_the_request_to_the_session() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &ON).await;
    let asked = auth.post("/sign-in/magic-link", &json!({"email": email("alice")})).await;
    assert_eq!(event(&auth, &asked, "sign_in.requested").await["reason"], "unknown_email");
    let token = mailbox.mail_to(&email("alice"), 1).await.token();
    let form = json!({"token": token});
    let entered = auth.post("/magic-link/verify", &form).await;
    let names = ["link.used", "user.created", "session.started"];
    let [used, created, started] = events(&auth, &entered, names).await;
    assert_eq!((&used["link"], &created["reason"]), (&json!("magic-link"), &json!("magic_link")));
    assert_eq!(started["reason"], "magic_link");
    let again = auth.post("/magic-link/verify", &form).await;
    assert_eq!(event(&auth, &again, "link.refused").await["reason"], "invalid_token");
    assert_unlogged(&auth, &[token]);
}

#[tokio::test]
async fn codes_are_recorded_with_what_they_were_for() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &ON).await;
    auth.user("alice").await;
    let body = json!({"email": email("alice"), "type": "sign-in"});
    let asked = auth.post("/email-otp/send-verification-otp", &body).await;
    assert!(event(&auth, &asked, "sign_in.requested").await["user_id"].is_string());
    let otp = mailbox.code_to(&email("alice"), 1).await;
    let wrong = auth.post("/sign-in/email-otp", &json!({"email": email("alice"), "otp": "1234567"})).await;
    let refused = event(&auth, &wrong, "code.refused").await;
    assert_eq!((&refused["link"], &refused["reason"]), (&json!("sign-in"), &json!("invalid_code")));
    let entered = auth.post("/sign-in/email-otp", &json!({"email": email("alice"), "otp": otp})).await;
    let names = ["code.used", "email.verified", "sessions.revoked", "session.started"];
    let [used, verified, revoked, started] = events(&auth, &entered, names).await;
    assert_eq!((&used["link"], &verified["reason"]), (&json!("sign-in"), &json!("email_otp")));
    assert_eq!((&revoked["count"], &started["reason"]), (&json!(1), &json!("email_otp")));
}
