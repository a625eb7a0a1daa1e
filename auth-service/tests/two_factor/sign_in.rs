//! Signing in with a second factor.

use futures_util::future::join_all;
use serde_json::json;

use super::{App, Browser, assert_challenged, enroll};
use crate::support::{Auth, PASSWORD, email};
use crate::tokens::claims;

#[tokio::test]
async fn the_password_alone_starts_no_session_and_the_code_does() {
    let auth = Auth::start().await;
    let mut first = Browser::of_user(&auth, "alice").await;
    let id = first.user().await.unwrap();
    let (app, _) = enroll(&mut first).await;

    let mut browser = Browser::new(&auth);
    let challenged = browser.sign_in("alice").await;
    assert_challenged(&challenged);
    assert_eq!(challenged.body["twoFactorMethods"], json!(["totp"]));
    assert_eq!(browser.user().await, None);
    assert_eq!(auth.count("sessions").await, 1);

    let verified = browser.post("/two-factor/verify-totp", &json!({"code": app.code(0)})).await;
    assert_eq!(verified.status, 200, "{verified:?}");
    assert_eq!(verified.body["user"]["id"], id.as_str());
    assert_eq!(browser.user().await, Some(id));
    assert!(!browser.has("two_factor"), "it was used");
    let token = claims(&verified.header("set-auth-jwt").unwrap());
    assert_eq!((&token["acr"], &token["amr"]), (&json!("urn:latchkey:2fa"), &json!(["pwd", "otp", "mfa"])));
    // The session that set the factor up has proven it too.
    let token = first.get("/get-session").await.header("set-auth-jwt").unwrap();
    assert_eq!(claims(&token)["acr"], "urn:latchkey:2fa");
}

#[tokio::test]
async fn a_code_works_once_and_no_earlier_one_after_it() {
    let auth = Auth::start().await;
    let (app, _) = enroll(&mut Browser::of_user(&auth, "alice").await).await;
    for (step, status) in [(0, 200), (0, 401), (-1, 401), (1, 200)] {
        let mut browser = Browser::new(&auth);
        assert_challenged(&browser.sign_in("alice").await);
        let verified = browser.post("/two-factor/verify-totp", &json!({"code": app.code(step)})).await;
        assert_eq!(verified.status, status, "{step}: {verified:?}");
    }
}

#[tokio::test]
async fn of_many_requests_with_one_code_one_signs_in() {
    let auth = Auth::start().await;
    let (app, codes) = enroll(&mut Browser::of_user(&auth, "alice").await).await;
    for (path, code) in
        [("/two-factor/verify-totp", app.code(0)), ("/two-factor/verify-backup-code", codes[0].clone())]
    {
        let mut browsers = Vec::new();
        for _ in 0..6 {
            let mut browser = Browser::new(&auth);
            assert_challenged(&browser.sign_in("alice").await);
            browsers.push(browser);
        }
        let body = json!({"code": code});
        let answers = join_all(browsers.iter_mut().map(|browser| browser.post(path, &body))).await;
        let statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| [200, 401].contains(status)), "{statuses:?}");
    }
}

#[tokio::test]
async fn each_backup_code_signs_in_once_and_new_ones_replace_them() {
    let auth = Auth::start().await;
    let mut first = Browser::of_user(&auth, "alice").await;
    let (_, codes) = enroll(&mut first).await;
    let try_code = async |code: &str| {
        let mut browser = Browser::new(&auth);
        assert_challenged(&browser.sign_in("alice").await);
        browser.post("/two-factor/verify-backup-code", &json!({"code": code})).await.status.as_u16()
    };
    assert_eq!(try_code(&codes[3]).await, 200);
    assert_eq!(try_code(&codes[3]).await, 401);
    assert_eq!(try_code(&codes[4].to_lowercase().replace(|c: char| c.is_ascii_digit(), "x")).await, 401);
    let replaced = first.post("/two-factor/generate-backup-codes", &json!({"password": PASSWORD})).await;
    let new = replaced.body["backupCodes"][0].as_str().unwrap().to_owned();
    local_stack::record_secret(&new);
    assert_eq!(try_code(&codes[5]).await, 401, "a former code");
    assert_eq!(try_code(&new).await, 200);
}

#[tokio::test]
async fn a_challenge_ends_with_its_time_its_guesses_its_epoch_and_its_user() {
    let auth = Auth::start().await;
    let (app, codes) = enroll(&mut Browser::of_user(&auth, "alice").await).await;
    let challenge = async || {
        let mut browser = Browser::new(&auth);
        assert_challenged(&browser.sign_in("alice").await);
        browser
    };
    let right = json!({"code": codes[0]});
    let is_over = async |browser: &mut Browser<'_>| {
        let answer = browser.post("/two-factor/verify-backup-code", &right).await;
        assert_eq!(answer.code(), "INVALID_TWO_FACTOR_COOKIE", "{answer:?}");
    };

    let mut expired = challenge().await;
    let client = auth.superuser().await;
    client.execute("UPDATE two_factor_challenges SET expires_at = now()", &[]).await.unwrap();
    is_over(&mut expired).await;

    let mut guessed = challenge().await;
    for _ in 0..5 {
        let wrong = guessed.post("/two-factor/verify-totp", &json!({"code": "000000"})).await;
        assert_eq!(wrong.code(), "INVALID_CODE", "{wrong:?}");
    }
    let sixth = guessed.post("/two-factor/verify-totp", &json!({"code": app.code(0)})).await;
    assert_eq!(sixth.code(), "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE", "{sixth:?}");
    is_over(&mut guessed).await;

    let mut of_former_password = challenge().await;
    client.execute("UPDATE users SET credential_epoch = credential_epoch + 1", &[]).await.unwrap();
    is_over(&mut of_former_password).await;

    let mut of_deleted_user = challenge().await;
    client.execute("DELETE FROM users", &[]).await.unwrap();
    is_over(&mut of_deleted_user).await;
}

#[tokio::test]
async fn a_ban_during_the_challenge_starts_no_session() {
    let auth = Auth::start().await;
    let (app, _) = enroll(&mut Browser::of_user(&auth, "alice").await).await;
    let mut browser = Browser::new(&auth);
    assert_challenged(&browser.sign_in("alice").await);
    auth.superuser().await.execute("UPDATE users SET banned_at = now()", &[]).await.unwrap();
    let answer = browser.post("/two-factor/verify-totp", &json!({"code": app.code(0)})).await;
    assert_eq!(answer.code(), "BANNED_USER", "{answer:?}");
    assert_eq!(browser.user().await, None);
    // Nothing is half done: the code and the challenge are still good.
    auth.superuser().await.execute("UPDATE users SET banned_at = NULL", &[]).await.unwrap();
    let answer = browser.post("/two-factor/verify-totp", &json!({"code": app.code(0)})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn the_session_that_a_browser_had_does_not_answer_the_challenge_of_another_user() {
    let auth = Auth::start().await;
    let (app, _) = enroll(&mut Browser::of_user(&auth, "alice").await).await;
    let mut browser = Browser::of_user(&auth, "bob").await;
    let bob = browser.cookies.clone();
    let challenged = browser.sign_in("alice").await;
    assert_challenged(&challenged);
    assert!(!browser.has("session_token"), "signing in replaces the session");
    let mut former = browser.with(&bob);
    assert_eq!(former.user().await, None, "it has ended");
    let verified = browser.post("/two-factor/verify-totp", &json!({"code": app.code(0)})).await;
    assert_eq!(verified.body["user"]["email"], email("alice"));
}

#[tokio::test]
async fn a_session_that_is_not_remembered_stays_so() {
    let auth = Auth::start().await;
    let (app, _) = enroll(&mut Browser::of_user(&auth, "alice").await).await;
    let mut browser = Browser::new(&auth);
    let body = json!({"email": email("alice"), "password": PASSWORD, "rememberMe": false});
    assert_challenged(&browser.post("/sign-in/email", &body).await);
    let verified = browser.post("/two-factor/verify-totp", &json!({"code": app.code(0)})).await;
    let cookie = verified.cookies().into_iter().find(|cookie| cookie.contains(".session_token=")).unwrap();
    assert!(!cookie.contains("Max-Age"), "{cookie}");
}

#[tokio::test]
async fn a_signed_in_user_proves_the_factor_again_and_gets_another_token() {
    let auth = Auth::start().await;
    let mut browser = Browser::of_user(&auth, "alice").await;
    let (app, _) = enroll(&mut browser).await;
    let before = browser.cookies["better-auth.session_token"].clone();
    let verified = browser.post("/two-factor/verify-totp", &json!({"code": app.code(0)})).await;
    assert_eq!(verified.status, 200, "{verified:?}");
    assert_ne!(browser.cookies["better-auth.session_token"], before);
    assert_eq!(auth.count("sessions").await, 1, "the new session continues the other");
    assert_eq!(claims(&verified.header("set-auth-jwt").unwrap())["acr"], "urn:latchkey:2fa");
    // Changing the password continues the session, with what it has proven.
    let body = json!({"currentPassword": PASSWORD, "newPassword": "a brand new password", "revokeOtherSessions": true});
    let changed = browser.post("/change-password", &body).await;
    assert_eq!(claims(&changed.header("set-auth-jwt").unwrap())["acr"], "urn:latchkey:2fa");
}

#[tokio::test]
async fn a_reset_of_the_password_removes_no_factor() {
    let mailbox = crate::mailbox::Mailbox::new();
    let auth = Auth::start_with_mail(&mailbox, &[]).await;
    let (app, _) = enroll(&mut Browser::of_user(&auth, "alice").await).await;
    auth.post("/request-password-reset", &json!({"email": email("alice")})).await;
    let mail = loop {
        let found = mailbox.mails().into_iter().find(|mail| mail.subject.contains("Reset"));
        if let Some(mail) = found {
            break mail;
        }
        tokio::task::yield_now().await;
    };
    let reset = json!({"newPassword": "a brand new password", "token": mail.token()});
    assert_eq!(auth.post("/reset-password", &reset).await.status, 200);
    let mut browser = Browser::new(&auth);
    let body = json!({"email": email("alice"), "password": "a brand new password"});
    let challenged = browser.post("/sign-in/email", &body).await;
    assert_challenged(&challenged);
    assert_eq!(challenged.body["twoFactorMethods"], json!(["totp"]), "a mail is no other factor now");
    let verified = browser.post("/two-factor/verify-totp", &json!({"code": app.code(0)})).await;
    assert_eq!(verified.status, 200, "{verified:?}");
}

#[tokio::test]
async fn without_the_feature_nobody_is_asked() {
    let auth = Auth::start().await;
    let (_, _): (App, _) = enroll(&mut Browser::of_user(&auth, "alice").await).await;
    let Auth { database, .. } = auth;
    let auth = Auth::on(database, &[("TWO_FACTOR_ENABLED", "false")]).await;
    let mut browser = Browser::new(&auth);
    let signed_in = browser.sign_in("alice").await;
    assert!(signed_in.body["token"].is_string(), "{signed_in:?}");
    assert_eq!(signed_in.body["user"].get("twoFactorEnabled"), None);
    assert_eq!(browser.post("/two-factor/enable", &json!({"password": PASSWORD})).await.status, 404);
    assert_eq!(browser.get("/two-factor/trusted-devices").await.status, 404);
}
