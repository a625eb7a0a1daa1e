//! `delete-user` and its link.

use serde_json::{Value, json};

use crate::mailbox::{Mailbox, follow};
use crate::support::{Auth, PASSWORD, email};
use crate::time::Clocked;

const ON: (&str, &str) = ("DELETE_USER_ENABLED", "true");

#[tokio::test]
async fn deletion_is_disabled_by_default() {
    let auth = Auth::start().await;
    let alice = auth.user("alice").await;
    let answer = alice.post("/delete-user", &json!({"password": PASSWORD})).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (404, ""));
    let link = alice.get("/delete-user/callback?token=x").await;
    assert_eq!((link.status.as_u16(), link.text.as_str()), (404, ""));
    assert_ne!(alice.session().await, Value::Null);
}

#[tokio::test]
async fn a_user_deletes_themselves_and_leaves_nothing() {
    let auth = Auth::start_with(&[ON]).await;
    let alice = auth.user("alice").await;
    let bob = auth.user("bob").await;
    for (body, code) in [
        (json!({"password": "wrong password"}), "INVALID_PASSWORD"),
        (json!({"password": "x".repeat(129)}), "PASSWORD_TOO_LONG"),
        (json!({"password": 7}), "VALIDATION_ERROR"),
    ] {
        let answer = alice.post("/delete-user", &body).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (400, code), "{body}");
    }
    let token = alice.post("/delete-user", &json!({"token": "nonsense"})).await;
    assert_eq!((token.status.as_u16(), token.code()), (404, "INVALID_TOKEN"));
    assert_ne!(alice.session().await, Value::Null);

    let answer = alice.post("/delete-user", &json!({"password": PASSWORD})).await;
    assert_eq!(answer.body, json!({"success": true, "message": "User deleted"}));
    assert_eq!(answer.cookies().len(), 3);
    assert_eq!(alice.session().await, Value::Null);
    assert!(!auth.accepts("alice", PASSWORD).await);
    assert_ne!(bob.session().await, Value::Null);
    for table in ["users", "passwords", "sessions"] {
        assert_eq!(auth.count(table).await, 1, "{table}: bob's alone");
    }
    assert_eq!(auth.user("alice").await.user["email"], email("alice"), "the address is free again");
}

#[actix_web::test]
async fn an_old_session_needs_the_password_to_delete() {
    let server = Clocked::start_with(&[ON]).await;
    let token = server.sign_up(true).await;
    server.pass(24);
    let old = server.post("/delete-user", &token, &json!({})).await;
    assert_eq!((old.status.as_u16(), old.code()), (400, "SESSION_EXPIRED"));
    let known = server.post("/delete-user", &token, &json!({"password": PASSWORD})).await;
    assert_eq!(known.status, 200);
}

#[tokio::test]
async fn deletion_can_require_a_link_that_works_once_and_only_for_its_owner() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[ON, ("DELETE_USER_VERIFICATION", "true")]).await;
    let (alice, mallory) = (auth.user("alice").await, auth.user("mallory").await);
    let sent = alice.post("/delete-user", &json!({"callbackURL": "/bye?x=y"})).await;
    assert_eq!(sent.body, json!({"success": true, "message": "Verification email sent"}));
    assert_ne!(alice.session().await, Value::Null, "not yet");
    let mail = mailbox.mail_to(&email("alice"), 1).await;

    let stranger = follow(&auth, &mail.link(), None).await;
    assert_eq!((stranger.status.as_u16(), stranger.code()), (404, "FAILED_TO_GET_USER_INFO"));
    let other = follow(&auth, &mail.link(), Some(&mallory.cookie)).await;
    assert_eq!((other.status.as_u16(), other.code()), (404, "INVALID_TOKEN"));
    let other = mallory.post("/delete-user", &json!({"token": mail.token()})).await;
    assert_eq!((other.status.as_u16(), other.code()), (404, "INVALID_TOKEN"));

    let deleted = follow(&auth, &mail.link(), Some(&alice.cookie)).await;
    assert_eq!((deleted.status.as_u16(), deleted.header("location").as_deref()), (302, Some("/bye?x=y")));
    assert_eq!(deleted.cookies().len(), 3);
    assert_eq!(alice.session().await, Value::Null);
    assert_ne!(mallory.session().await, Value::Null);

    mallory.post("/delete-user", &json!({})).await;
    let mail = mailbox.mail_to(&email("mallory"), 1).await;
    let by_token = mallory.post("/delete-user", &json!({"token": mail.token()})).await;
    assert_eq!(by_token.body["message"], "User deleted");
    assert_eq!(auth.count("users").await, 0);
}
