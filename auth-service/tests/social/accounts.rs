//! The accounts of a user: which ways in count, and who learns of a change.

use local_stack::testing::{IdentityProvider, start_provider};
use serde_json::json;

use super::{enter, get, link, location, post, service, session_cookie};
use crate::mailbox::Mailbox;
use crate::support::{Auth, PASSWORD, email};

#[tokio::test]
async fn two_requests_for_the_last_two_ways_in_leave_one() {
    let provider = IdentityProvider::start().await;
    let auth = service(&provider, &[("DATABASE_POOL_SIZE", "8")]).await;
    let alice = auth.user("alice").await;
    location(&link(&auth, &alice, &provider, &json!({"email": email("alice")})).await);
    let accounts = alice.get("/list-accounts").await.body;
    let ids: Vec<_> =
        accounts.as_array().unwrap().iter().map(|account| json!({"accountId": account["id"]})).collect();
    assert_eq!(ids.len(), 2, "{accounts}");
    let (one, other) =
        tokio::join!(alice.post("/unlink-account", &ids[0]), alice.post("/unlink-account", &ids[1]));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400], "{one:?} {other:?}");
    assert_eq!(alice.get("/list-accounts").await.body.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_removed_account_signs_nobody_in_and_the_user_is_told() {
    let (provider, mailbox) = (IdentityProvider::start().await, Mailbox::new());
    let setting = provider.setting();
    let auth = Auth::start_with_mail(&mailbox, &[("SOCIAL_PROVIDERS", &setting)]).await;
    let alice = auth.user("alice").await;
    auth.superuser().await.execute("UPDATE users SET email_verified = true", &[]).await.unwrap();
    let person = json!({"email": email("alice")});
    assert_eq!(location(&link(&auth, &alice, &provider, &person).await), "/settings");
    let mail = mailbox.mail_to(&email("alice"), 1).await;
    assert!(mail.text.contains("You can now sign in to your Latchkey account with Acme."), "{}", mail.text);
    let accounts = alice.get("/list-accounts").await.body;
    let linked = accounts.as_array().unwrap().iter().find(|account| account["providerId"] == "acme").unwrap();
    assert_eq!(alice.post("/unlink-account", &json!({"accountId": linked["id"]})).await.status, 200);
    let mail = mailbox.mail_to(&email("alice"), 2).await;
    assert!(mail.text.contains("You can no longer sign in"), "{}", mail.text);
    assert_eq!(alice.session().await["user"]["email"], email("alice"), "the session goes on");
    assert_eq!(auth.count("linked_accounts").await, 0);
    // The email is verified on both sides, so the next sign-in links it again.
    assert_eq!(location(&enter(&auth, &provider, &person).await), "/there");
    assert_eq!(auth.count("linked_accounts").await, 1);
}

#[tokio::test]
async fn a_user_without_a_password_can_set_one_by_mail() {
    let (provider, mailbox) = (IdentityProvider::start().await, Mailbox::new());
    let setting = provider.setting();
    let auth = Auth::start_with_mail(&mailbox, &[("SOCIAL_PROVIDERS", &setting)]).await;
    let entered = enter(&auth, &provider, &json!({"email": email("alice")})).await;
    let cookie = session_cookie(&entered);
    let session = get(&auth, &cookie, "/get-session").await.body;
    assert_eq!(
        (&session["user"]["emailVerified"], &session["user"]["name"]),
        (&json!(true), &json!("Grace Hopper"))
    );
    assert!(!auth.accepts("alice", PASSWORD).await);
    assert_eq!(
        post(&auth, &cookie, "/verify-password", &json!({"password": PASSWORD})).await.code(),
        "INVALID_PASSWORD"
    );
    auth.post("/request-password-reset", &json!({"email": email("alice")})).await;
    let token = mailbox.mail_to(&email("alice"), 1).await.token();
    let reset = auth.post("/reset-password", &json!({"newPassword": PASSWORD, "token": token})).await;
    assert_eq!(reset.status, 200, "{reset:?}");
    assert!(auth.accepts("alice", PASSWORD).await);
    // The email was verified before, so the account at the provider stays.
    assert_eq!(location(&enter(&auth, &provider, &json!({"email": email("alice")})).await), "/there");
}

#[tokio::test]
async fn tokens_are_encrypted_again_and_those_that_no_key_decrypts_are_counted() {
    let provider = IdentityProvider::start().await;
    let auth = service(&provider, &[]).await;
    for name in ["alice", "bob"] {
        location(&enter(&auth, &provider, &json!({"email": email(name), "refresh": true})).await);
    }
    let superuser = auth.superuser().await;
    let stored = "SELECT tokens FROM linked_accounts ORDER BY created_at, id";
    let before: Vec<Vec<u8>> =
        superuser.query(stored, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    superuser
        .execute("UPDATE linked_accounts SET tokens = '\\x00' WHERE tokens = $1", &[&before[1]])
        .await
        .unwrap();
    let output = crate::keys::done(&auth.database, &["re-encrypt"], &[]).await;
    assert!(output.contains("Tokens of 1 accounts at providers encrypted again."), "{output}");
    assert!(output.contains("Tokens of 1 accounts at providers cannot be decrypted."), "{output}");
    let after: Vec<Vec<u8>> =
        superuser.query(stored, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    assert_ne!(before[0], after[0]);
    // The user of the lost tokens signs in, which replaces them.
    let entered = enter(&auth, &provider, &json!({"email": email("bob")})).await;
    let cookie = session_cookie(&entered);
    let accounts = get(&auth, &cookie, "/list-accounts").await.body;
    let token = post(&auth, &cookie, "/get-access-token", &json!({"accountId": accounts[0]["id"]})).await;
    assert_eq!(token.status, 200, "{token:?}");
}

#[tokio::test]
async fn a_real_openid_provider_signs_in_a_person() {
    let auth = Auth::start().await;
    let callback = auth.url("/api/auth/callback/acme");
    let (printed, process) = start_provider("openid-provider.mjs", &["--redirect-uri", &callback]).await;
    let Auth { database, service, .. } = auth;
    let (url, setting) = (service.url().to_owned(), printed["socialProviders"].to_string());
    drop(service);
    let bind = url.strip_prefix("http://").unwrap().to_owned();
    let auth =
        Auth::on(database, &[("SOCIAL_PROVIDERS", &setting), ("BASE_URL", &url), ("BIND", &bind)]).await;
    let root = local_stack::workspace::root().unwrap().join("tests/better-auth/openid-journey.mjs");
    let mut journey = tokio::process::Command::new("node");
    let output = journey.arg(root).env("LATCHKEY_URL", auth.url("")).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    drop(process);
}
