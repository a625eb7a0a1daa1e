//! The policy for new passwords: no common ones and none of the words of their context.

use serde_json::{Value, json};

use crate::mailbox::Mailbox;
use crate::support::{Answer, Auth, PASSWORD, email};

const GOOD: &str = "another good password";

/// A common password in another case and width, and passwords derived from the name, the email or the product.
const REFUSED: [&str; 7] = [
    "password",
    "QwertyUIOP",
    "ｐａｓｓｗｏｒｄ１",
    "Alice2026!",
    "alice@example.com",
    "Example.com",
    "Latchkey1",
];

fn sign_up(name: &str, password: &str) -> Value {
    json!({"name": name, "email": email(name), "password": password})
}

fn assert_refused(answer: &Answer, password: &str) {
    assert_eq!(
        (answer.status.as_u16(), answer.code()),
        (400, "PASSWORD_COMPROMISED"),
        "{password}: {answer:?}"
    );
}

#[tokio::test]
async fn a_sign_up_with_a_weak_password_is_refused() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[]).await;
    for password in REFUSED {
        assert_refused(&auth.post("/sign-up/email", &sign_up("alice", password)).await, password);
    }
    assert_eq!(auth.count("users").await, 0);
    let short = auth.post("/sign-up/email", &sign_up("alice", "alice")).await;
    assert_eq!(short.code(), "PASSWORD_TOO_SHORT", "the length is checked first");
    // Another account has other words, so it may use the password.
    assert_eq!(auth.post("/sign-up/email", &sign_up("bob", "Alice2026!")).await.status, 200);
    assert_eq!(auth.post("/sign-up/email", &sign_up("alice", GOOD)).await.status, 200);
}

#[tokio::test]
async fn a_refusal_names_the_violated_rule() {
    let auth = Auth::start().await;
    for (password, message) in [
        ("password", "This is one of the most common passwords. Please choose a different password."),
        (
            "alice-alice",
            "The password is too similar to your name, your email or the name of this service. Please choose a \
             different password.",
        ),
    ] {
        let answer = auth.post("/sign-up/email", &sign_up("alice", password)).await;
        assert_eq!(answer.body, json!({"message": message, "code": "PASSWORD_COMPROMISED"}));
    }
}

/// The response is the same with and without an account, so it does not reveal which emails have one.
#[tokio::test]
async fn a_refused_sign_up_does_not_reveal_whether_the_email_is_taken() {
    let auth = Auth::start().await;
    auth.user("alice").await;
    let (taken, free) = (
        auth.post("/sign-up/email", &sign_up("alice", "password")).await,
        auth.post("/sign-up/email", &sign_up("bob", "password")).await,
    );
    assert_refused(&taken, "password");
    assert_eq!((taken.status, taken.text), (free.status, free.text));
}

#[tokio::test]
async fn a_change_to_a_weak_password_is_refused_and_changes_nothing() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[]).await;
    let alice = auth.user("alice").await;
    for new in REFUSED {
        let body = json!({"currentPassword": PASSWORD, "newPassword": new, "revokeOtherSessions": true});
        assert_refused(&alice.post("/change-password", &body).await, new);
    }
    assert!(auth.accepts("alice", PASSWORD).await);
    assert_ne!(alice.session().await, Value::Null);
    // The context is the current account, not the account at sign-up.
    assert_eq!(alice.post("/update-user", &json!({"name": "Lovelace"})).await.status, 200);
    let body = json!({"currentPassword": PASSWORD, "newPassword": "lovelace1815"});
    assert_refused(&alice.post("/change-password", &body).await, "lovelace1815");
    assert!(mailbox.mails().is_empty(), "nobody is told of a change");
}

#[tokio::test]
async fn a_refused_password_does_not_use_up_the_link_of_a_reset() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[]).await;
    let alice = auth.user("alice").await;
    auth.post("/request-password-reset", &json!({"email": email("alice")})).await;
    let token = mailbox.mail_to(&email("alice"), 1).await.token();
    for new in REFUSED {
        assert_refused(
            &auth.post("/reset-password", &json!({"newPassword": new, "token": token})).await,
            new,
        );
    }
    let garbage = auth.post("/reset-password", &json!({"newPassword": "password", "token": "x"})).await;
    assert_eq!(garbage.code(), "INVALID_TOKEN", "whose password it is decides the link");
    assert!(auth.accepts("alice", PASSWORD).await);
    assert_ne!(alice.session().await, Value::Null);
    let reset = auth.post("/reset-password", &json!({"newPassword": GOOD, "token": token})).await;
    assert_eq!(reset.status, 200, "{reset:?}");
    assert!(auth.accepts("alice", GOOD).await);
}

#[tokio::test]
async fn words_of_the_operator_are_refused_too() {
    let auth = Auth::start_with(&[("PASSWORD_BLOCKED_WORDS", "Acme Corp, Jormungandr")]).await;
    for password in ["acmecorp!", "ACME2026", "Jormungandr"] {
        assert_refused(&auth.post("/sign-up/email", &sign_up("alice", password)).await, password);
    }
    assert_eq!(auth.post("/sign-up/email", &sign_up("alice", "acme owes me a raise")).await.status, 200);
}

/// The owner of an older weak password can sign in and choose another one.
#[tokio::test]
async fn an_existing_weak_password_still_signs_in() {
    let database = local_stack::testing::TestDatabase::auth().await;
    let auth = Auth::on(database, &[("PASSWORD_BLOCKLIST", "off")]).await;
    for password in REFUSED {
        let name = format!("u{}", auth.count("users").await);
        assert_eq!(auth.post("/sign-up/email", &sign_up(&name, password)).await.status, 200, "{password}");
    }
    assert_eq!(auth.post("/sign-up/email", &sign_up("alice", "Alice2026!")).await.status, 200);
    let Auth { database, .. } = auth;
    let auth = Auth::on(database, &[]).await;
    assert!(auth.accepts("u0", REFUSED[0]).await && auth.accepts("alice", "Alice2026!").await);
}

/// With a shorter minimum, common passwords of that length must be in the list too.
#[tokio::test]
async fn common_passwords_are_refused_whatever_the_minimum_length() {
    let auth = Auth::start_with(&[("PASSWORD_MIN_LENGTH", "4")]).await;
    for password in ["1234", "123456", "qwerty"] {
        assert_refused(&auth.post("/sign-up/email", &sign_up("alice", password)).await, password);
    }
    assert_eq!(auth.post("/sign-up/email", &sign_up("alice", "7#xK")).await.status, 200);
}
