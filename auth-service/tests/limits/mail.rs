//! The limits of mail, for all ways to request it.

use std::time::Duration;

use auth_service::email::Message;
use local_stack::testing::IdentityProvider;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{ON, from, sign_in, sign_up};
use crate::mailbox::Mailbox;
use crate::support::{Answer, Auth, PAGE, PASSWORD, email};

const TO_A_MAILBOX: usize = 5;
const FROM_A_SITE: usize = 2;
const OF_AN_ACCOUNT: usize = 10;
const NOTICES: usize = 5;

/// A service that sends mail, and Alice, who is signed in and has not requested any.
struct Scene {
    mailbox: Mailbox,
    provider: IdentityProvider,
    auth: Auth,
    cookie: String,
}

/// An IP address in its own site.
fn site(number: usize) -> String {
    format!("203.{}.{}.1", number / 250, number % 250)
}

impl Scene {
    async fn new(settings: &[(&str, &str)], verified: bool) -> Self {
        let (mailbox, provider) = (Mailbox::new(), IdentityProvider::start().await);
        let providers = provider.setting();
        let providers = [("SOCIAL_PROVIDERS", &*providers)];
        let auth = Auth::start_with_mail(&mailbox, &[ON.as_slice(), &providers, settings].concat()).await;
        let signed_up = sign_up(&auth.service, &site(1000), "alice").await;
        // In the browser that signed up, so that no notice is sent.
        let pairs: Vec<_> =
            signed_up.cookies().iter().map(|set| set.split(';').next().unwrap().to_owned()).collect();
        let signed_in = sign_in(&auth.service, &site(1001), &email("alice"), PASSWORD, &pairs.join("; "));
        let cookie = Answer::of(signed_in).await.cookies()[0].split(';').next().unwrap().to_owned();
        let scene = Self { mailbox, provider, auth, cookie };
        scene.execute(&format!("UPDATE users SET email_verified = {verified}")).await;
        scene.execute("DELETE FROM limits").await;
        scene
    }

    async fn execute(&self, sql: &str) {
        self.auth.superuser().await.execute(sql, &[]).await.unwrap();
    }

    /// Sends a request that continues the session with another token, and restores the token.
    async fn in_place_of_the_session(&self, request: RequestBuilder) -> Answer {
        self.execute("CREATE TABLE kept AS SELECT id, token_hash FROM sessions").await;
        let answer = Answer::of(request).await;
        let restore = "UPDATE sessions SET token_hash =
                (SELECT token_hash FROM kept WHERE id NOT IN (SELECT id FROM sessions))
            WHERE id NOT IN (SELECT id FROM kept)";
        self.execute(restore).await;
        self.execute("DROP TABLE kept").await;
        answer
    }

    /// A request of Alice's browser from `site`.
    fn alice(&self, site: &str, path: &str, body: &Value) -> RequestBuilder {
        self.anybody(site, path, body).header("cookie", &self.cookie).header("origin", PAGE)
    }

    fn anybody(&self, site: &str, path: &str, body: &Value) -> RequestBuilder {
        from(&self.auth.service, site, Method::POST, path).json(body)
    }

    /// The number of mails sent to `name`, when none is waiting.
    async fn mails_to(&self, name: &str) -> usize {
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.auth.count("outbox").await > 0 {
            assert!(Instant::now() < deadline, "mail waits");
        }
        self.mailbox.mails().iter().filter(|mail| mail.to == email(name)).count()
    }

    async fn verified(&self) -> bool {
        let sql = "SELECT email_verified FROM users WHERE email = 'alice@example.com'";
        self.auth.superuser().await.query_one(sql, &[]).await.unwrap().get(0)
    }
}

/// The settings for an occasion of [`give_occasion`], and whether Alice's email is verified.
fn circumstances(occasion: &str) -> (Vec<(&'static str, &'static str)>, bool) {
    let change = ("CHANGE_EMAIL_ENABLED", "true");
    match occasion {
        "delete-account" => {
            (vec![("DELETE_USER_ENABLED", "true"), ("DELETE_USER_VERIFICATION", "true")], false)
        }
        "confirm-email-change" => (vec![change, ("CHANGE_EMAIL_CONFIRMATION", "true")], true),
        "verify-new-email" => (vec![change], false),
        "email-changed" => (vec![change], true),
        "account-exists" => (vec![("AUTO_SIGN_IN", "false")], false),
        "magic-link" => (vec![("MAGIC_LINK_ENABLED", "true")], false),
        "email-code" => (vec![("EMAIL_OTP_ENABLED", "true")], false),
        // Nothing about the new device.
        "backup-code-used" => (vec![("NOTIFICATION_MAILS", "sign-in-methods")], true),
        "password-changed"
        | "new-device"
        | "sign-in-method-added"
        | "sign-in-method-removed"
        | "second-factor-added"
        | "second-factor-removed" => (Vec::new(), true),
        _ => (Vec::new(), false),
    }
}

/// Causes the `number`th mail from `site`. Returns the response.
async fn give_occasion(scene: &Scene, occasion: &str, number: usize, site: &str) -> Answer {
    let alice = json!({"email": email("alice")});
    let fresh = email(&format!("fresh{number}"));
    let request = match occasion {
        "verify-email" => scene.anybody(site, "/send-verification-email", &alice),
        "reset-password" => scene.anybody(site, "/request-password-reset", &alice),
        "magic-link" => scene.anybody(site, "/sign-in/magic-link", &alice),
        "email-code" => {
            let kind = ["sign-in", "email-verification", "forget-password"][number % 3];
            let body = json!({"email": email("alice"), "type": kind});
            scene.anybody(site, "/email-otp/send-verification-otp", &body)
        }
        "account-exists" => {
            let body = json!({"name": "Eve", "email": email("alice"), "password": PASSWORD});
            scene.anybody(site, "/sign-up/email", &body)
        }
        "delete-account" => scene.alice(site, "/delete-user", &json!({})),
        "confirm-email-change" => scene.alice(site, "/change-email", &json!({"newEmail": fresh})),
        "verify-new-email" => scene.alice(site, "/change-email", &json!({"newEmail": email("new")})),
        "password-changed" => {
            let passwords = [PASSWORD, "another good password"];
            let (old, new) = (passwords[number % 2], passwords[(number + 1) % 2]);
            scene.alice(site, "/change-password", &json!({"currentPassword": old, "newPassword": new}))
        }
        "sign-in-method-added" => {
            let person = json!({"email": email("alice"), "sub": format!("alice{number}")});
            let token = json!({"token": scene.provider.id_token(&person).await});
            scene.alice(site, "/link-social", &json!({"provider": "acme", "idToken": token}))
        }
        "sign-in-method-removed" => {
            let id = uuid::Uuid::from_u128(number as u128);
            let account = format!(
                "INSERT INTO linked_accounts (id, user_id, provider, subject, scopes, tokens, created_at, updated_at)
                 SELECT '{id}', id, 'acme', '{number}', '{{}}', '', now(), now() FROM users"
            );
            scene.execute(&account).await;
            scene.alice(site, "/unlink-account", &json!({"accountId": id}))
        }
        "second-factor-code" => scene.alice(site, "/two-factor/send-otp", &json!({})),
        "second-factor-added" => {
            scene.execute("UPDATE users SET two_factor = false").await;
            let body = json!({"password": PASSWORD, "method": "otp"});
            return scene.in_place_of_the_session(scene.alice(site, "/two-factor/enable", &body)).await;
        }
        "second-factor-removed" => {
            scene.execute("UPDATE users SET two_factor = true").await;
            let body = json!({"password": PASSWORD});
            return scene.in_place_of_the_session(scene.alice(site, "/two-factor/disable", &body)).await;
        }
        "backup-code-used" => {
            scene.execute("UPDATE users SET two_factor = true").await;
            let body = json!({"password": PASSWORD});
            let codes = Answer::of(scene.alice(site, "/two-factor/generate-backup-codes", &body)).await;
            let body = json!({"email": email("alice"), "password": PASSWORD});
            let challenged = Answer::of(scene.anybody(site, "/sign-in/email", &body)).await;
            let cookies = challenged.cookies();
            let pending = cookies.iter().find(|cookie| cookie.contains(".two_factor=")).unwrap();
            let code = json!({"code": codes.body["backupCodes"][0]});
            let verify = scene.anybody(site, "/two-factor/verify-backup-code", &code).header("origin", PAGE);
            let mut answer = Answer::of(verify.header("cookie", pending.split(';').next().unwrap())).await;
            answer.text.clear();
            return answer;
        }
        "new-device" => {
            let body = json!({"email": email("alice"), "password": PASSWORD});
            scene.anybody(site, "/sign-in/email", &body).header("user-agent", format!("program{number}"))
        }
        "email-changed" => {
            let asked = scene.alice(site, "/change-email", &json!({"newEmail": fresh}));
            assert_eq!(Answer::of(asked).await.status, 200);
            let link = scene.mailbox.mail_to(&fresh, 1).await.link();
            let (_, path) = link.split_once("/api/auth").unwrap();
            let request = scene.auth.request_without_redirects(Method::GET, path);
            let request = request.header("x-forwarded-for", site).header("cookie", &scene.cookie);
            let mut answer = Answer::of(request).await;
            // Restores the state for the next time.
            scene
                .execute(&format!("UPDATE users SET email = '{}', email_verified = true", email("alice")))
                .await;
            answer.text.clear();
            return answer;
        }
        unknown => unreachable!("{unknown}: a mail without a row here"),
    };
    let mut answer = Answer::of(request).await;
    if matches!(occasion, "account-exists" | "password-changed" | "new-device") {
        // It contains the user, with other times and another id, or a token.
        answer.text.clear();
    }
    answer
}

#[tokio::test]
async fn every_mail_has_its_limit_and_no_answer_tells() {
    for occasion in Message::OCCASIONS {
        let (settings, verified) = circumstances(occasion);
        let scene = Scene::new(&settings, verified).await;
        let recipient = if *occasion == "verify-new-email" { "new" } else { "alice" };
        let is_notice = [
            "email-changed",
            "password-changed",
            "new-device",
            "sign-in-method-added",
            "sign-in-method-removed",
            "second-factor-added",
            "second-factor-removed",
            "backup-code-used",
        ]
        .contains(occasion);

        let mut answers = Vec::new();
        for number in 0..3 {
            answers.push(give_occasion(&scene, occasion, number, &site(0)).await);
        }
        let from_one_site = if is_notice { 3 } else { FROM_A_SITE };
        assert_eq!(scene.mails_to(recipient).await, from_one_site, "{occasion}");
        for number in 3..8 {
            answers.push(give_occasion(&scene, occasion, number, &site(number)).await);
        }
        let most = if is_notice { NOTICES } else { TO_A_MAILBOX };
        assert_eq!(scene.mails_to(recipient).await, most, "{occasion}");

        let shown = |answer: &Answer| (answer.status.as_u16(), answer.text.clone());
        assert!(answers.iter().all(|answer| shown(answer) == shown(&answers[0])), "{occasion}: {answers:?}");
        assert!(answers[0].status.as_u16() < 400, "{occasion}: {answers:?}");
    }
}

#[tokio::test]
async fn of_110_calls_of_delete_user_few_send_a_mail() {
    let (settings, verified) = circumstances("delete-account");
    let scene = Scene::new(&settings, verified).await;
    for number in 0..110 {
        let answer = give_occasion(&scene, "delete-account", number, &site(number / 2)).await;
        assert_eq!(answer.body["message"], "Verification email sent");
    }
    assert_eq!(scene.mails_to("alice").await, TO_A_MAILBOX);
    assert_eq!(scene.auth.count("verifications").await, 5, "and those that were not sent have no link");
}

#[tokio::test]
async fn one_account_sends_few_mails_to_any_emails() {
    let scene = Scene::new(&[("CHANGE_EMAIL_ENABLED", "true")], false).await;
    for number in 0..OF_AN_ACCOUNT + 5 {
        let body = json!({"newEmail": email(&format!("stranger{number}"))});
        let answer = Answer::of(scene.alice(&site(number), "/change-email", &body)).await;
        assert_eq!((answer.status.as_u16(), answer.body), (200, json!({"status": true})));
    }
    scene.mails_to("alice").await;
    assert_eq!(scene.mailbox.mails().len(), OF_AN_ACCOUNT);
}

#[tokio::test]
async fn nobody_can_use_up_the_mail_for_a_reset_or_its_notice() {
    for verified in [true, false] {
        let scene = Scene::new(&[], verified).await;
        let reset = |number| give_occasion(&scene, "reset-password", number, "198.51.100.7");
        for number in 0..3 {
            reset(number).await;
        }
        give_occasion(&scene, "reset-password", 3, &site(3)).await;
        assert_eq!(scene.mails_to("alice").await, FROM_A_SITE + 1, "the owner's is sent");
        for number in 4..10 {
            give_occasion(&scene, "reset-password", number, &site(number)).await;
        }
        assert_eq!(scene.mails_to("alice").await, TO_A_MAILBOX);
        give_occasion(&scene, "password-changed", 0, &site(20)).await;
        assert_eq!(scene.mails_to("alice").await, TO_A_MAILBOX + 1, "verified: {}", scene.verified().await);
    }
}

/// Measured by the remaining mails that are sent.
#[tokio::test]
async fn an_email_without_an_account_counts_like_one_with_an_account() {
    let scene = Scene::new(&[("CHANGE_EMAIL_ENABLED", "true")], false).await;
    let nobody = json!({"email": email("nobody")});
    for number in 0..TO_A_MAILBOX {
        let path = ["/request-password-reset", "/send-verification-email"][number % 2];
        assert_eq!(Answer::of(scene.anybody(&site(number), path, &nobody)).await.status, 200);
    }
    sign_up(&scene.auth.service, &site(20), "nobody").await;
    Answer::of(scene.anybody(&site(21), "/request-password-reset", &nobody)).await;
    // Alice's own mails to emails with an account are counted too.
    for number in 0..OF_AN_ACCOUNT {
        sign_up(&scene.auth.service, &site(30 + number), &format!("taken{number}")).await;
        let body = json!({"newEmail": email(&format!("taken{number}"))});
        Answer::of(scene.alice(&site(50 + number), "/change-email", &body)).await;
    }
    Answer::of(scene.alice(&site(70), "/change-email", &json!({"newEmail": email("free")}))).await;
    assert_eq!(scene.mails_to("nobody").await + scene.mailbox.mails().len(), 0);
}
