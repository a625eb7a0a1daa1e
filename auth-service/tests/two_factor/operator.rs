//! What the operator does about second factors.

use serde_json::json;

use super::{Browser, assert_challenged, enroll};
use crate::support::{Auth, email};

#[tokio::test]
async fn the_operator_removes_a_lost_factor_which_the_audit_log_records() {
    let auth = Auth::start().await;
    let mut owner = Browser::of_user(&auth, "alice").await;
    enroll(&mut owner).await;
    let alice = email("alice");
    let shown = crate::users::json(&auth.database, &["show", &alice]).await;
    assert_eq!(shown["two_factor"], true);
    let removed = crate::users::json(&auth.database, &["remove-second-factor", &alice, "--yes"]).await;
    assert_eq!(
        (&removed["action"], &removed["sessions_ended"]),
        (&json!("second_factor_removed"), &json!(1))
    );
    assert_eq!(owner.user().await, None, "the sessions ended");
    let mut browser = Browser::new(&auth);
    assert!(browser.sign_in("alice").await.body["token"].is_string());
    let row = "SELECT reason FROM audit_events WHERE event = 'second_factor.removed'";
    let reason: Option<String> = auth.superuser().await.query_one(row, &[]).await.unwrap().get(0);
    assert_eq!(reason.as_deref(), Some("operator"));
    let again = crate::users::json(&auth.database, &["remove-second-factor", &alice, "--yes"]).await;
    assert_eq!(again["changed"], false);
}

#[tokio::test]
async fn the_secrets_survive_another_key() {
    let auth = Auth::start().await;
    let (app, codes) = enroll(&mut Browser::of_user(&auth, "alice").await).await;
    let new = "q83vEjRWeJASNFZ4kKvN76vN7xI0VniQEjRWeJCrze8=";
    let both = format!("{new},{}", auth.database.secrets().key_encryption_keys);
    let said = crate::keys::done(&auth.database, &["re-encrypt"], &[("KEY_ENCRYPTION_KEYS", &both)]).await;
    assert!(said.contains("Second factors of 1 users encrypted again."), "{said}");
    let Auth { database, .. } = auth;
    let auth = Auth::on(database, &[("KEY_ENCRYPTION_KEYS", new)]).await;
    for (path, code) in [("verify-totp", app.code(0)), ("verify-backup-code", codes[0].clone())] {
        let mut browser = Browser::new(&auth);
        assert_challenged(&browser.sign_in("alice").await);
        let answer = browser.post(&format!("/two-factor/{path}"), &json!({"code": code})).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
    }
}
