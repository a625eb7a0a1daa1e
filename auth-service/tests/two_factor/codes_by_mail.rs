//! Codes by mail as a second factor, and when they are none.

use serde_json::json;

use super::{Browser, assert_challenged, enroll};
use crate::mailbox::Mailbox;
use crate::support::{Auth, PASSWORD, email};

/// The code in the `count`th such mail.
async fn code(mailbox: &Mailbox, count: usize) -> String {
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        let mails = mailbox.mails();
        if let Some(mail) = mails.iter().filter(|mail| mail.subject == "Your code to sign in").nth(count - 1)
        {
            let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
            return mail.text.lines().map(str::trim).find(is_code).unwrap().to_owned();
        }
        assert!(tokio::time::Instant::now() < deadline, "no mail {count}: {mails:?}");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

async fn enable(browser: &mut Browser<'_>) {
    let body = json!({"password": PASSWORD, "method": "otp"});
    let enabled = browser.post("/two-factor/enable", &body).await;
    assert_eq!(enabled.body, json!({"method": "otp"}), "{enabled:?}");
    assert!(browser.user().await.is_some(), "the session goes on");
}

#[tokio::test]
async fn a_code_by_mail_signs_in_once_and_the_newest_only() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[("RATE_LIMIT_ENABLED", "false")]).await;
    enable(&mut Browser::of_user(&auth, "alice").await).await;
    let mut browser = Browser::new(&auth);
    let challenged = browser.sign_in("alice").await;
    assert_challenged(&challenged);
    assert_eq!(challenged.body["twoFactorMethods"], json!(["otp"]));
    let none = browser.post("/two-factor/verify-otp", &json!({"code": "123456"})).await;
    assert_eq!(none.code(), "OTP_HAS_EXPIRED", "none was sent");
    for count in 1..=2 {
        assert_eq!(browser.post("/two-factor/send-otp", &json!({})).await.body, json!({"status": true}));
        code(&mailbox, count).await;
    }
    let (former, newest) = (code(&mailbox, 1).await, code(&mailbox, 2).await);
    if former != newest {
        let wrong = browser.post("/two-factor/verify-otp", &json!({"code": former})).await;
        assert_eq!(wrong.code(), "INVALID_CODE");
    }
    let mut other = Browser::new(&auth);
    assert_challenged(&other.sign_in("alice").await);
    let elsewhere = other.post("/two-factor/verify-otp", &json!({"code": newest})).await;
    assert_eq!(elsewhere.code(), "OTP_HAS_EXPIRED", "it belongs to another challenge");
    let cookies = browser.cookies.clone();
    let verified = browser.post("/two-factor/verify-otp", &json!({"code": newest})).await;
    assert_eq!(verified.status, 200, "{verified:?}");
    let mut again = browser.with(&cookies);
    let replayed = again.post("/two-factor/verify-otp", &json!({"code": newest})).await;
    assert_eq!(replayed.code(), "INVALID_TWO_FACTOR_COOKIE");
}

#[tokio::test]
async fn a_code_ends_with_its_time_and_its_guesses() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[("RATE_LIMIT_ENABLED", "false")]).await;
    enable(&mut Browser::of_user(&auth, "alice").await).await;
    let mut browser = Browser::new(&auth);
    assert_challenged(&browser.sign_in("alice").await);
    browser.post("/two-factor/send-otp", &json!({})).await;
    let first = code(&mailbox, 1).await;
    let client = auth.superuser().await;
    client.execute("UPDATE second_factor_mail_codes SET expires_at = now()", &[]).await.unwrap();
    let expired = browser.post("/two-factor/verify-otp", &json!({"code": first})).await;
    assert_eq!(expired.code(), "OTP_HAS_EXPIRED");
    assert_challenged(&browser.sign_in("alice").await);
    browser.post("/two-factor/send-otp", &json!({})).await;
    let second = code(&mailbox, 2).await;
    let wrong = if second == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        let answer = browser.post("/two-factor/verify-otp", &json!({"code": wrong})).await;
        assert_eq!(answer.code(), "INVALID_CODE");
    }
    let spent = browser.post("/two-factor/verify-otp", &json!({"code": second})).await;
    assert_eq!(spent.code(), "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE", "{spent:?}");
}

#[tokio::test]
async fn whoever_reset_the_password_by_mail_needs_another_factor_than_the_mailbox() {
    let mailbox = Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[("RATE_LIMIT_ENABLED", "false")]).await;
    let mut owner = Browser::of_user(&auth, "alice").await;
    enable(&mut owner).await;
    let codes = owner.post("/two-factor/generate-backup-codes", &json!({"password": PASSWORD})).await;
    let backup = codes.body["backupCodes"][0].as_str().unwrap().to_owned();
    local_stack::record_secret(&backup);
    auth.post("/request-password-reset", &json!({"email": email("alice")})).await;
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(10);
    let token = loop {
        if let Some(mail) = mailbox.mails().iter().find(|mail| mail.subject == "Reset your password") {
            break mail.token();
        }
        assert!(tokio::time::Instant::now() < deadline);
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    };
    let reset = auth.post("/reset-password", &json!({"newPassword": PASSWORD, "token": token})).await;
    assert_eq!(reset.status, 200, "{reset:?}");

    let mut browser = Browser::new(&auth);
    let challenged = browser.sign_in("alice").await;
    assert_challenged(&challenged);
    assert_eq!(challenged.body["twoFactorMethods"], json!([]));
    let refused = browser.post("/two-factor/send-otp", &json!({})).await;
    assert_eq!(refused.code(), "OTP_NOT_CONFIGURED", "{refused:?}");
    // The backup code proves more than the mailbox, and mail counts again from then on.
    let verified = browser.post("/two-factor/verify-backup-code", &json!({"code": backup})).await;
    assert_eq!(verified.status, 200, "{verified:?}");
    assert_eq!(Browser::new(&auth).sign_in("alice").await.body["twoFactorMethods"], json!(["otp"]));
}

#[tokio::test]
async fn without_mail_there_are_no_codes_by_mail() {
    let auth = Auth::start().await;
    let mut owner = Browser::of_user(&auth, "alice").await;
    let body = json!({"password": PASSWORD, "method": "otp"});
    assert_eq!(owner.post("/two-factor/enable", &body).await.code(), "OTP_NOT_CONFIGURED");
    enroll(&mut owner).await;
    let mut browser = Browser::new(&auth);
    assert_challenged(&browser.sign_in("alice").await);
    assert_eq!(browser.post("/two-factor/send-otp", &json!({})).await.code(), "OTP_NOT_CONFIGURED");
}
