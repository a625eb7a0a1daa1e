//! Links in mail: requested, used and refused.

use local_stack::testing::{self, TestDatabase};
use reqwest::Method;
use serde_json::json;

use super::{assert_unlogged, event, events, secrets_of, session_id};
use crate::mailbox::{Mailbox, follow};
use crate::support::{Answer, Auth, Device, PASSWORD, email, sign_up_cookie};

const NEW: &str = "battery horse correct";

#[tokio::test]
async fn resetting_a_password() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[]).await;
    let alice = auth.user("alice").await;
    let user = &alice.user["id"];
    let request = async |name| auth.post("/request-password-reset", &json!({"email": email(name)})).await;
    let requested = event(&auth, &request("alice").await, "password.reset_requested").await;
    assert_eq!((&requested["user_id"], requested.get("reason")), (user, None));
    let requested = event(&auth, &request("nobody").await, "password.reset_requested").await;
    assert_eq!((requested.get("user_id"), &requested["reason"]), (None, &json!("unknown_email")));

    let token = mailbox.mail_to(&email("alice"), 1).await.token();
    let reset = async || auth.post("/reset-password", &json!({"newPassword": NEW, "token": token})).await;
    let all = events(&auth, &reset().await, ["link.used", "password.reset", "sessions.revoked"]).await;
    assert!(all.iter().all(|event| event["user_id"] == *user), "{all:?}");
    let [used, _, revoked] = all;
    assert_eq!(used["link"], "reset-password");
    assert_eq!((&revoked["reason"], &revoked["count"]), (&json!("password_reset"), &json!(1)));
    let refused = event(&auth, &reset().await, "link.refused").await;
    assert_eq!((&refused["link"], &refused["reason"]), (&json!("reset-password"), &json!("invalid_token")));
    // Once a minute for each network.
    events(&auth, &reset().await, []).await;
    assert_unlogged(&auth, &secrets_of(&alice));
    assert_unlogged(&auth, &[PASSWORD, NEW, &token, "@example.com"]);
}

#[tokio::test]
async fn verifying_and_changing_an_email() {
    let mailbox = Mailbox::new();
    let settings = [("CHANGE_EMAIL_ENABLED", "true"), ("CHANGE_EMAIL_CONFIRMATION", "true")];
    let auth = Auth::start_with_mail(&mailbox, &settings).await;
    let alice = auth.user("alice").await;
    let (user, session) = (&alice.user["id"], session_id(&alice).await);
    let body = json!({"email": email("alice")});
    let requested =
        event(&auth, &alice.post("/send-verification-email", &body).await, "email.verification_requested")
            .await;
    assert_eq!((&requested["user_id"], &requested["session_id"]), (user, &session));
    let answer = auth.post("/send-verification-email", &json!({"email": email("nobody")})).await;
    let requested = event(&auth, &answer, "email.verification_requested").await;
    assert_eq!((requested.get("user_id"), &requested["reason"]), (None, &json!("nothing_to_verify")));

    let verify = mailbox.mail_to(&email("alice"), 1).await;
    let answer = follow(&auth, &verify.link(), Some(&alice.cookie)).await;
    let [used, verified] = events(&auth, &answer, ["link.used", "email.verified"]).await;
    assert_eq!((&used["user_id"], &used["link"]), (user, &json!("verify-email")));
    assert_eq!(verified["user_id"], *user);
    // The second time changes nothing.
    events(&auth, &follow(&auth, &verify.link(), Some(&alice.cookie)).await, []).await;

    let answer = alice.post("/change-email", &json!({"newEmail": email("ada")})).await;
    let requested = event(&auth, &answer, "email.change_requested").await;
    assert_eq!((&requested["user_id"], &requested["session_id"]), (user, &session));
    let confirm = mailbox.mail_to(&email("alice"), 2).await;
    let answer = follow(&auth, &confirm.link(), Some(&alice.cookie)).await;
    let used = event(&auth, &answer, "link.used").await;
    assert_eq!((&used["user_id"], &used["link"]), (user, &json!("confirm-email-change")));
    let change = mailbox.mail_to(&email("ada"), 1).await;
    let answer = follow(&auth, &change.link(), Some(&alice.cookie)).await;
    let [used, changed] = events(&auth, &answer, ["link.used", "email.changed"]).await;
    assert_eq!((&used["link"], &changed["user_id"]), (&json!("change-email"), user));
    let answer = follow(&auth, &change.link(), Some(&alice.cookie)).await;
    assert_eq!(event(&auth, &answer, "link.refused").await["reason"], "invalid_token");

    assert_unlogged(&auth, &secrets_of(&alice));
    assert_unlogged(&auth, &[verify.token(), confirm.token(), change.token(), "@example.com".to_owned()]);
}

#[tokio::test]
async fn deleting_an_account() {
    let mailbox = Mailbox::new();
    let settings = [("DELETE_USER_ENABLED", "true"), ("DELETE_USER_VERIFICATION", "true")];
    let auth = Auth::start_with_mail(&mailbox, &settings).await;
    let alice = auth.user("alice").await;
    let (user, session) = (&alice.user["id"], session_id(&alice).await);
    let answer = alice.post("/delete-user", &json!({"password": PASSWORD})).await;
    let requested = event(&auth, &answer, "user.deletion_requested").await;
    assert_eq!((&requested["user_id"], &requested["session_id"]), (user, &session));
    let refused = event(&auth, &alice.get("/delete-user/callback?token=wrong").await, "link.refused").await;
    assert_eq!((&refused["user_id"], &refused["link"]), (user, &json!("delete-user")));
    let mail = mailbox.mail_to(&email("alice"), 1).await;
    let answer = follow(&auth, &mail.link(), Some(&alice.cookie)).await;
    let [used, deleted] = events(&auth, &answer, ["link.used", "user.deleted"]).await;
    assert_eq!((&used["link"], &used["session_id"]), (&json!("delete-user"), &session));
    assert_eq!((&deleted["user_id"], &deleted["session_id"]), (user, &session));
    assert_unlogged(&auth, &secrets_of(&alice));
    assert_unlogged(&auth, &[PASSWORD.to_owned(), mail.token()]);
}

#[tokio::test]
async fn a_sign_up_that_waits_for_its_email() {
    let mailbox = Mailbox::new();
    let settings = [("REQUIRE_EMAIL_VERIFICATION", "true"), ("AUTO_SIGN_IN_AFTER_VERIFICATION", "true")];
    let auth = Auth::start_with_mail(&mailbox, &settings).await;
    let form = json!({"name": "Alice", "email": email("alice"), "password": PASSWORD});
    let signed_up = auth.post("/sign-up/email", &form).await;
    let pending = event(&auth, &signed_up, "sign_up.pending").await;
    let refused = event(&auth, &auth.post("/sign-in/email", &form).await, "sign_in.refused").await;
    assert_eq!(
        (&refused["user_id"], &refused["reason"]),
        (&pending["user_id"], &json!("email_not_verified"))
    );
    let mail = mailbox.mail_to(&email("alice"), 1).await;
    let wrong = json!({"token": mail.token(), "password": "a wrong password"});
    let answer = Answer::of(auth.request(Method::POST, "/verify-email").json(&wrong)).await;
    assert_eq!(event(&auth, &answer, "password.refused").await["user_id"], pending["user_id"]);

    let answer = follow(&auth, &mail.link(), Some(&sign_up_cookie(&signed_up))).await;
    let expected = ["user.created", "link.used", "email.verified", "session.started"];
    let all = events(&auth, &answer, expected).await;
    assert!(all.iter().all(|event| event["user_id"] == pending["user_id"]), "{all:?}");
    assert_eq!((&all[1]["link"], &all[3]["reason"]), (&json!("complete-sign-up"), &json!("email_verified")));
    let second = event(&auth, &auth.post("/sign-in/email", &form).await, "session.started").await;
    assert_eq!(second["user_id"], pending["user_id"]);
    assert_unlogged(&auth, &[PASSWORD.to_owned(), mail.token(), "@example.com".to_owned()]);
}

#[tokio::test]
async fn a_sign_up_that_takes_over_an_account_that_was_never_verified() {
    let database = TestDatabase::auth().await;
    let before = testing::auth_service(&database, &[]).await;
    let form = json!({"name": "Mallory", "email": email("alice"), "password": "the password of a stranger"});
    let sign_up = format!("{}/api/auth/sign-up/email", before.url());
    let there = Answer::of(reqwest::Client::new().post(sign_up).json(&form)).await.body["user"]["id"].clone();
    drop(before);

    let mailbox = Mailbox::new();
    let url = mailbox.url();
    let settings =
        [("REQUIRE_EMAIL_VERIFICATION", "true"), ("MAIL_URL", url.as_str()), ("MAIL_FROM", "a@example.com")];
    let auth = Auth::on(database, &settings).await;
    let form = json!({"name": "Alice", "email": email("alice"), "password": PASSWORD});
    let signed_up = auth.post("/sign-up/email", &form).await;
    let link = mailbox.mail_to(&email("alice"), 1).await.link();
    let answer = follow(&auth, &link, Some(&sign_up_cookie(&signed_up))).await;
    let all = events(&auth, &answer, ["password.reset", "link.used", "email.verified"]).await;
    assert!(all.iter().all(|event| event["user_id"] == there), "{all:?}");
}

#[tokio::test]
async fn a_sign_up_that_signs_nobody_in() {
    let auth = Auth::start_with(&[("AUTO_SIGN_IN", "false")]).await;
    let form = json!({"name": "Alice", "email": email("alice"), "password": PASSWORD});
    let created = event(&auth, &auth.post("/sign-up/email", &form).await, "user.created").await;
    // The response does not reveal that the email is taken, but the log does.
    let refused = event(&auth, &auth.post("/sign-up/email", &form).await, "sign_up.refused").await;
    assert_eq!(refused["reason"], "email_taken");
    let answer = auth.post("/sign-in/email", &form).await;
    assert_eq!(event(&auth, &answer, "session.started").await["user_id"], created["user_id"]);
    assert_unlogged(&auth, &secrets_of(&Device::of(&auth, &answer)));
}
