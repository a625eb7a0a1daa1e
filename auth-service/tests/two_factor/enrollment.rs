//! Setting up a second factor: who may, who must, and what they cannot do before.

use serde_json::json;

use super::{App, Browser, assert_challenged, enroll};
use crate::mailbox::Mailbox;
use crate::support::{Auth, PASSWORD, email};

#[tokio::test]
async fn an_app_protects_the_account_only_after_its_first_code() {
    let auth = Auth::start().await;
    let mut owner = Browser::of_user(&auth, "alice").await;
    let enabled = owner.post("/two-factor/enable", &json!({"password": PASSWORD})).await;
    let former = App::scan(enabled.body["totpURI"].as_str().unwrap());
    assert!(Browser::new(&auth).sign_in("alice").await.body["token"].is_string());
    // Beginning again replaces the key.
    let (app, _) = enroll(&mut owner).await;
    let mut browser = Browser::new(&auth);
    assert_challenged(&browser.sign_in("alice").await);
    let answer = browser.post("/two-factor/verify-totp", &json!({"code": former.code(0)})).await;
    assert_eq!(answer.code(), "INVALID_CODE");
    let answer = browser.post("/two-factor/verify-totp", &json!({"code": app.code(0)})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let again = owner.post("/two-factor/enable", &json!({"password": PASSWORD})).await;
    assert_eq!(again.code(), "TOTP_ALREADY_ENABLED");
}

#[tokio::test]
async fn setting_up_and_removing_need_a_fresh_session_and_the_password() {
    let auth = Auth::start().await;
    let mut owner = Browser::of_user(&auth, "alice").await;
    enroll(&mut owner).await;
    let paths = ["enable", "disable", "get-totp-uri", "generate-backup-codes"];
    for path in paths {
        let path = format!("/two-factor/{path}");
        for body in [json!({}), json!({"password": ""}), json!({"password": "wrong password"})] {
            let answer = owner.post(&path, &body).await;
            assert_eq!(answer.code(), "INVALID_PASSWORD", "{path} {body}: {answer:?}");
        }
    }
    let old = "UPDATE sessions SET created_at = created_at - interval '2 days'";
    auth.superuser().await.execute(old, &[]).await.unwrap();
    for path in paths {
        let answer = owner.post(&format!("/two-factor/{path}"), &json!({"password": PASSWORD})).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (403, "SESSION_NOT_FRESH"), "{path}");
    }
}

#[tokio::test]
async fn a_code_sets_up_a_factor_in_a_fresh_session_alone() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[("RATE_LIMIT_ENABLED", "false")]).await;
    let mut by_mail = Browser::of_user(&auth, "alice").await;
    assert_eq!(by_mail.post("/two-factor/send-otp", &json!({})).await.status, 200);
    let sent = json!({"code": mailbox.code_to(&email("alice"), 1).await});
    let mut by_app = Browser::of_user(&auth, "bob").await;
    let enabled = by_app.post("/two-factor/enable", &json!({"password": PASSWORD})).await;
    let pending = App::scan(enabled.body["totpURI"].as_str().unwrap());
    let mut has_one = Browser::of_user(&auth, "carol").await;
    let (app, _) = enroll(&mut has_one).await;

    let client = auth.superuser().await;
    let old = "UPDATE sessions SET created_at = created_at - interval '2 days'";
    client.execute(old, &[]).await.unwrap();
    let refused = [
        by_mail.post("/two-factor/send-otp", &json!({})).await,
        by_mail.post("/two-factor/verify-otp", &sent).await,
        by_app.post("/two-factor/verify-totp", &json!({"code": pending.code(0)})).await,
    ];
    for answer in refused {
        assert_eq!((answer.status.as_u16(), answer.code()), (403, "SESSION_NOT_FRESH"), "{answer:?}");
    }
    let factors = "SELECT count(*) FROM users WHERE two_factor";
    assert_eq!(client.query_one(factors, &[]).await.unwrap().get::<_, i64>(0), 1, "carol's");

    // One that is set up proves that the user is there.
    let again = has_one.post("/two-factor/verify-totp", &json!({"code": app.code(1)})).await;
    assert_eq!(again.status, 200, "{again:?}");
    // Nothing was used up.
    let young = "UPDATE sessions SET created_at = created_at + interval '2 days'";
    client.execute(young, &[]).await.unwrap();
    assert_eq!(by_mail.post("/two-factor/verify-otp", &sent).await.status, 200);
    let confirmed = by_app.post("/two-factor/verify-totp", &json!({"code": pending.code(0)})).await;
    assert_eq!(confirmed.status, 200, "{confirmed:?}");
}

#[tokio::test]
async fn a_user_who_must_have_a_factor_can_only_set_it_up_or_sign_out() {
    let auth = Auth::start_with(&[("TWO_FACTOR_REQUIRED_FOR", "everybody")]).await;
    let mut owner = Browser::new(&auth);
    let body = json!({"name": "Alice", "email": email("alice"), "password": PASSWORD});
    let signed_up = owner.post("/sign-up/email", &body).await;
    assert_eq!(signed_up.header("set-auth-jwt"), None, "no token before");
    let session = owner.get("/get-session").await;
    assert_eq!(
        (session.header("set-auth-jwt"), &session.body["user"]["email"]),
        (None, &json!(email("alice")))
    );
    for path in
        ["/token", "/list-sessions", "/list-accounts", "/security-events", "/two-factor/trusted-devices"]
    {
        let answer = owner.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (403, "TWO_FACTOR_ENROLLMENT_REQUIRED"),
            "{path}"
        );
    }
    for (path, body) in [
        ("/update-user", json!({"name": "Eve"})),
        ("/change-password", json!({"currentPassword": PASSWORD, "newPassword": "a brand new password"})),
        ("/two-factor/disable", json!({"password": PASSWORD})),
        ("/two-factor/generate-backup-codes", json!({"password": PASSWORD})),
        ("/revoke-other-sessions", json!({})),
    ] {
        let answer = owner.post(path, &body).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code()),
            (403, "TWO_FACTOR_ENROLLMENT_REQUIRED"),
            "{path}"
        );
    }
    assert_eq!(owner.get("/forward-auth").await.status, 401);
    enroll(&mut owner).await;
    assert_eq!(owner.get("/token").await.status, 200);
    assert_eq!(owner.post("/update-user", &json!({"name": "Alice A"})).await.status, 200);

    let mut other = Browser::of_user(&auth, "bob").await;
    assert_eq!(other.post("/sign-out", &json!({})).await.status, 200);
    assert_eq!(other.user().await, None);
}

#[tokio::test]
async fn a_role_that_must_have_a_factor_is_held_to_it() {
    let fields = json!({"role": {"type": "string", "defaultValue": "user", "input": false}}).to_string();
    let settings = [("USER_FIELDS", fields.as_str()), ("TWO_FACTOR_REQUIRED_FOR", "admin,owner")];
    let auth = Auth::start_with(&settings).await;
    let mut owner = Browser::of_user(&auth, "alice").await;
    assert_eq!(owner.get("/token").await.status, 200);
    let client = auth.superuser().await;
    for (roles, status) in [("editor,admin", 403), ("administrator", 200), ("owner", 403)] {
        let change = "UPDATE users SET fields = jsonb_build_object('role', $1::text)";
        client.execute(change, &[&roles]).await.unwrap();
        assert_eq!(owner.get("/token").await.status, status, "{roles}");
    }
    enroll(&mut owner).await;
    assert_eq!(owner.get("/token").await.status, 200);
    let disabled = owner.post("/two-factor/disable", &json!({"password": PASSWORD})).await;
    assert_eq!((disabled.status.as_u16(), disabled.header("set-auth-jwt")), (200, None));
    assert_eq!(owner.get("/token").await.status, 403);
}
