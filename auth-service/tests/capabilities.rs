//! `capabilities`: what a page can find out about the settings.

use serde_json::{Value, json};

use crate::mailbox::Mailbox;
use crate::support::Auth;

const PROVIDERS: &str = r#"{
    "google": {"clientId": "a", "clientSecret": "b"},
    "acme": {"name": "Acme Inc.", "clientId": "a", "discoveryUrl": "https://acme.example/.well-known/openid-configuration"}
}"#;

async fn capabilities(auth: &Auth) -> Value {
    let answer = auth.get("/capabilities").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.header("cache-control").as_deref(), Some("public, max-age=60"));
    assert!(answer.cookies().is_empty());
    answer.body
}

#[tokio::test]
async fn by_default_anybody_signs_up_and_no_mail_is_sent() {
    let said = capabilities(&Auth::start().await).await;
    assert_eq!(
        said,
        json!({
            "signInMethods": ["email-password"],
            "socialProviders": [],
            "signUp": {"enabled": true, "startsSession": true},
            "password": {"minLength": 8, "maxLength": 128},
            "username": null,
            "mail": false,
            "passwordReset": false,
            "emailVerification": {"enabled": false, "required": false},
            "changeEmail": false,
            "deleteUser": {"enabled": false, "confirmedByMail": false},
            "twoFactor": {"enabled": true, "required": false, "otpByMail": false, "trustedDeviceTtl": 2_592_000},
        })
    );
}

#[tokio::test]
async fn they_follow_the_settings() {
    let mailbox = Mailbox::new();
    let settings = [
        ("SIGN_UP_ENABLED", "false"),
        ("PASSWORD_MIN_LENGTH", "12"),
        ("PASSWORD_MAX_LENGTH", "20"),
        ("REQUIRE_EMAIL_VERIFICATION", "true"),
        ("CHANGE_EMAIL_ENABLED", "true"),
        ("DELETE_USER_ENABLED", "true"),
        ("DELETE_USER_VERIFICATION", "true"),
        ("SOCIAL_PROVIDERS", PROVIDERS),
        ("TWO_FACTOR_REQUIRED_FOR", "everybody"),
        ("TRUSTED_DEVICE_TTL", "24h"),
        ("USERNAME_ENABLED", "true"),
        ("USERNAME_MIN_LENGTH", "2"),
        ("MAGIC_LINK_ENABLED", "true"),
        ("EMAIL_OTP_ENABLED", "true"),
    ];
    let said = capabilities(&Auth::start_with_mail(&mailbox, &settings).await).await;
    assert_eq!(
        said,
        json!({
            "signInMethods": ["email-password", "username", "social", "magic-link", "email-otp"],
            "socialProviders": [{"id": "google", "name": "Google"}, {"id": "acme", "name": "Acme Inc."}],
            "signUp": {"enabled": false, "startsSession": false},
            "password": {"minLength": 12, "maxLength": 20},
            "username": {"minLength": 2, "maxLength": 30},
            "mail": true,
            "passwordReset": true,
            "emailVerification": {"enabled": true, "required": true},
            "changeEmail": true,
            "deleteUser": {"enabled": true, "confirmedByMail": true},
            "twoFactor": {"enabled": true, "required": true, "otpByMail": true, "trustedDeviceTtl": 86_400},
        })
    );
}

#[tokio::test]
async fn a_disabled_endpoint_is_not_a_capability() {
    let mailbox = Mailbox::new();
    let settings = [
        (
            "DISABLED_PATHS",
            "/sign-in/email,/sign-up/email,/request-password-reset,/change-email,/delete-user,/magic-link/verify,\
             /email-otp/send-verification-otp",
        ),
        ("CHANGE_EMAIL_ENABLED", "true"),
        ("DELETE_USER_ENABLED", "true"),
        ("MAGIC_LINK_ENABLED", "true"),
        ("EMAIL_OTP_ENABLED", "true"),
    ];
    let said = capabilities(&Auth::start_with_mail(&mailbox, &settings).await).await;
    assert_eq!(said["signInMethods"], json!([]));
    for off in ["/signUp/enabled", "/passwordReset", "/changeEmail", "/deleteUser/enabled"] {
        assert_eq!(said.pointer(off), Some(&json!(false)), "{off}");
    }
    assert_eq!((&said["mail"], &said["emailVerification"]["enabled"]), (&json!(true), &json!(true)));
}
