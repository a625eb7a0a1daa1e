//! However a session ends, its tokens are revoked with it.

use serde_json::{Value, json};

use super::{SOON, eventually, is_revoked};
use crate::mailbox::Mailbox;
use crate::support::{Auth, Device, PASSWORD, email};

async fn revoked_soon(auth: &Auth, device: &Device<'_>) {
    eventually("the bit", SOON, async || is_revoked(auth.service.url(), &device.jwt).await).await;
}

async fn is_live(auth: &Auth, device: &Device<'_>) -> bool {
    !is_revoked(auth.service.url(), &device.jwt).await
}

/// Alice on three devices does something that ends the second's session, and not the first's.
async fn ends_the_other(act: impl AsyncFn(&Device<'_>, &Device<'_>), also_first: bool) {
    let auth = Auth::start_with(&[("DELETE_USER_ENABLED", "true")]).await;
    let bob = auth.user("bob").await;
    let first = auth.user("alice").await;
    let second = auth.another_device("alice").await;
    assert!(is_live(&auth, &first).await && is_live(&auth, &second).await);
    act(&first, &second).await;
    revoked_soon(&auth, &second).await;
    if also_first {
        revoked_soon(&auth, &first).await;
    } else {
        assert!(is_live(&auth, &first).await, "the session that goes on keeps its token");
    }
    assert!(is_live(&auth, &bob).await, "nobody else is touched");
    assert_eq!(
        auth.count("status_indexes").await,
        auth.count("sessions").await + if also_first { 2 } else { 1 }
    );
}

async fn post(device: &Device<'_>, path: &str, body: Value) {
    let answer = device.post(path, &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn sign_out_revokes() {
    ends_the_other(async |_, second| post(second, "/sign-out", json!({})).await, false).await;
}

#[tokio::test]
async fn revoke_session_revokes() {
    let act = async |first: &Device<'_>, second: &Device<'_>| {
        let handle = second.session().await["session"]["token"].clone();
        post(first, "/revoke-session", json!({"token": handle})).await;
    };
    ends_the_other(act, false).await;
}

#[tokio::test]
async fn revoke_other_sessions_revokes() {
    ends_the_other(async |first, _| post(first, "/revoke-other-sessions", json!({})).await, false).await;
}

#[tokio::test]
async fn revoke_sessions_revokes() {
    ends_the_other(async |first, _| post(first, "/revoke-sessions", json!({})).await, true).await;
}

#[tokio::test]
async fn a_password_change_that_ends_other_sessions_revokes() {
    let body =
        json!({"newPassword": "a new password", "currentPassword": PASSWORD, "revokeOtherSessions": true});
    let auth = Auth::start().await;
    let (first, second) = (auth.user("alice").await, auth.another_device("alice").await);
    let answer = first.post("/change-password", &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let renewed = Device::of(&auth, &answer);
    revoked_soon(&auth, &second).await;
    revoked_soon(&auth, &first).await;
    assert!(is_live(&auth, &renewed).await, "the session in their place has a token of its own");
}

#[tokio::test]
async fn a_password_change_that_ends_nothing_revokes_nothing() {
    let body = json!({"newPassword": "a new password", "currentPassword": PASSWORD});
    let auth = Auth::start().await;
    let (first, second) = (auth.user("alice").await, auth.another_device("alice").await);
    post(&first, "/change-password", body).await;
    // What comes later is seen; so what came before was not revoked.
    let bob = auth.user("bob").await;
    post(&bob, "/sign-out", json!({})).await;
    revoked_soon(&auth, &bob).await;
    assert!(is_live(&auth, &first).await && is_live(&auth, &second).await);
}

#[tokio::test]
async fn a_reset_password_revokes() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[]).await;
    let alice = auth.user("alice").await;
    let asked = auth.post("/request-password-reset", &json!({"email": email("alice")})).await;
    assert_eq!(asked.status, 200, "{asked:?}");
    let token = mailbox.mail_to(&email("alice"), 1).await.token();
    let done = auth.post("/reset-password", &json!({"newPassword": "a new password", "token": token})).await;
    assert_eq!(done.status, 200, "{done:?}");
    revoked_soon(&auth, &alice).await;
}

#[tokio::test]
async fn a_deleted_user_is_revoked_everywhere() {
    ends_the_other(async |first, _| post(first, "/delete-user", json!({"password": PASSWORD})).await, true)
        .await;
}
