//! Devices that are trusted to go without the second factor.

use serde_json::json;

use super::{App, Browser, assert_challenged, enroll};
use crate::support::{Auth, PASSWORD, email};
use crate::tokens::claims;

/// Signs in with the code of the current step on a device that is trusted from then on.
async fn trust<'a>(auth: &'a Auth, app: &App) -> Browser<'a> {
    let mut browser = Browser::new(auth);
    assert_challenged(&browser.sign_in("alice").await);
    let body = json!({"code": app.code(0), "trustDevice": true});
    let verified = browser.post("/two-factor/verify-totp", &body).await;
    assert_eq!(verified.status, 200, "{verified:?}");
    assert!(browser.has("trust_device"));
    browser.post("/sign-out", &json!({})).await;
    browser
}

#[tokio::test]
async fn a_trusted_device_signs_in_with_the_password_and_says_that_it_was_one_factor() {
    let auth = Auth::start().await;
    let (app, _) = enroll(&mut Browser::of_user(&auth, "alice").await).await;
    let mut device = trust(&auth, &app).await;
    let client = auth.superuser().await;
    client.execute("UPDATE trusted_devices SET expires_at = now() + interval '1 hour'", &[]).await.unwrap();
    let signed_in = device.sign_in("alice").await;
    assert!(signed_in.body["token"].is_string(), "{signed_in:?}");
    assert_eq!(claims(&signed_in.header("set-auth-jwt").unwrap())["acr"], "urn:latchkey:1fa");
    let cookie = signed_in.cookies().into_iter().find(|cookie| cookie.contains(".trust_device=")).unwrap();
    assert!(cookie.contains("Max-Age=2592000;"), "the trust is extended: {cookie}");
    let days: f64 = client
        .query_one("SELECT extract(epoch FROM expires_at - now())::float8 / 86400 FROM trusted_devices", &[])
        .await
        .unwrap()
        .get(0);
    assert!((29.9..=30.0).contains(&days), "{days}");
    // Another browser is asked.
    assert_challenged(&Browser::new(&auth).sign_in("alice").await);
}

#[tokio::test]
async fn the_trust_ends_with_the_password_the_time_the_factor_and_the_owners_wish() {
    let auth = Auth::start().await;
    let mut owner = Browser::of_user(&auth, "alice").await;
    let (app, _) = enroll(&mut owner).await;
    let mut device = trust(&auth, &app).await;
    let client = auth.superuser().await;
    let set = async |change: &str| {
        client.execute(&format!("UPDATE trusted_devices SET {change}"), &[]).await.unwrap()
    };
    set("expires_at = now()").await;
    assert_challenged(&device.sign_in("alice").await);
    set("expires_at = now() + interval '1 day', credential_epoch = credential_epoch - 1").await;
    assert_challenged(&device.sign_in("alice").await);
    set("credential_epoch = credential_epoch + 1").await;
    assert!(device.sign_in("alice").await.body["token"].is_string());

    let listed = owner.get("/two-factor/trusted-devices").await;
    assert_eq!(listed.body.as_array().unwrap().len(), 1, "{listed:?}");
    assert_eq!(listed.body[0]["current"], false);
    assert_eq!(device.get("/two-factor/trusted-devices").await.body[0]["current"], true);
    let id = listed.body[0]["id"].clone();
    // Nobody else can end the trust, and nobody learns of it.
    let mut eve = Browser::of_user(&auth, "eve").await;
    assert_eq!(eve.get("/two-factor/trusted-devices").await.body, json!([]));
    assert_eq!(eve.post("/two-factor/revoke-trusted-device", &json!({"id": id})).await.status, 200);
    assert_eq!(auth.count("trusted_devices").await, 1);
    let revoked = owner.post("/two-factor/revoke-trusted-device", &json!({"id": id})).await;
    assert_eq!(revoked.body, json!({"status": true}));
    assert_challenged(&device.sign_in("alice").await);
}

#[tokio::test]
async fn a_change_of_the_password_ends_the_trust_in_every_device() {
    let auth = Auth::start().await;
    let mut owner = Browser::of_user(&auth, "alice").await;
    let (app, _) = enroll(&mut owner).await;
    let mut device = trust(&auth, &app).await;
    let new = "a brand new password";
    let body = json!({"currentPassword": PASSWORD, "newPassword": new});
    assert_eq!(owner.post("/change-password", &body).await.status, 200);
    let body = json!({"email": email("alice"), "password": new});
    assert_challenged(&device.post("/sign-in/email", &body).await);
    assert_eq!(owner.get("/two-factor/trusted-devices").await.body, json!([]));
}

#[tokio::test]
async fn the_cookie_of_another_user_or_of_another_kind_is_no_trust() {
    // With limits, a device has a cookie of its own.
    let auth = Auth::start_with(&[("RATE_LIMIT_ENABLED", "true"), ("RATE_LIMIT_RULES", "/**=off")]).await;
    let (app, _) = enroll(&mut Browser::of_user(&auth, "alice").await).await;
    let trusted = trust(&auth, &app).await;
    enroll(&mut Browser::of_user(&auth, "bob").await).await;
    let mut bob = trusted.with(&trusted.cookies);
    assert_challenged(&bob.sign_in("bob").await);
    let mut planted = Browser::new(&auth);
    let value = trusted.cookies["better-auth.device"].clone();
    planted.cookies.insert("better-auth.trust_device".to_owned(), value);
    assert_challenged(&planted.sign_in("alice").await);
}

#[tokio::test]
async fn removing_the_factor_removes_all_of_it() {
    let auth = Auth::start().await;
    let mut owner = Browser::of_user(&auth, "alice").await;
    let (app, _) = enroll(&mut owner).await;
    trust(&auth, &app).await;
    let mut waiting = Browser::new(&auth);
    assert_challenged(&waiting.sign_in("alice").await);
    let disabled = owner.post("/two-factor/disable", &json!({"password": PASSWORD})).await;
    assert_eq!(disabled.body, json!({"status": true}), "{disabled:?}");
    assert_eq!(claims(&disabled.header("set-auth-jwt").unwrap())["acr"], "urn:latchkey:1fa");
    for table in ["second_factors", "backup_codes", "trusted_devices", "two_factor_challenges"] {
        assert_eq!(auth.count(table).await, 0, "{table}");
    }
    let answer = waiting.post("/two-factor/verify-totp", &json!({"code": app.code(1)})).await;
    assert_eq!(answer.code(), "INVALID_TWO_FACTOR_COOKIE", "{answer:?}");
    assert!(Browser::new(&auth).sign_in("alice").await.body["token"].is_string());
}
