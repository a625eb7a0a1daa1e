//! When links become invalid: each purpose with each event between the mail and the click. A link that is still valid
//! after one of them allows account takeover.

use auth_service::verifications::Purpose;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::mailbox::{Mail, Mailbox};
use crate::support::{Answer, PAGE, PASSWORD};
use crate::time::Clocked;
use crate::users::ban;

const NEW: &str = "a brand new password";
const ALICE: &str = "alice@example.com";
const ADA: &str = "ada@example.com";

/// An event between the mail and the click.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Nothing,
    Reset,
    ChangedPassword,
    RevokedSession,
    SignedOut,
    ExpiredSession,
    DeletedUser,
    ChangedEmail,
    Banned,
    UsedTwice,
    Expired,
}

impl Event {
    const ALL: [Self; 11] = [
        Self::Nothing,
        Self::Reset,
        Self::ChangedPassword,
        Self::RevokedSession,
        Self::SignedOut,
        Self::ExpiredSession,
        Self::DeletedUser,
        Self::ChangedEmail,
        Self::Banned,
        Self::UsedTwice,
        Self::Expired,
    ];
}

/// The expected result of following the link.
#[derive(Debug, PartialEq, Eq)]
enum Fate {
    Works,
    Dead,
    /// Following it again changes nothing and is not an error.
    Done,
    /// The event cannot happen to the subject of the link.
    Never,
}

/// The matrix. `_` is only used for events that affect all links alike, so a new purpose or event does not compile
/// without the rest of its row.
fn fate(purpose: Purpose, event: Event) -> Fate {
    use Event as E;
    match (purpose, event) {
        // The user of a sign-up does not exist yet.
        (_, E::DeletedUser) if purpose == Purpose::CompleteSignUp => Fate::Never,
        (_, E::DeletedUser | E::Expired) => Fate::Dead,
        (_, E::Nothing) => Fate::Works,
        // A sign-up has no account and so no credential and no session.
        (
            Purpose::CompleteSignUp,
            E::Reset
            | E::ChangedPassword
            | E::RevokedSession
            | E::SignedOut
            | E::ExpiredSession
            | E::ChangedEmail
            | E::Banned,
        ) => Fate::Never,
        (Purpose::CompleteSignUp | Purpose::VerifyEmail, E::UsedTwice) => Fate::Done,
        (_, E::Reset | E::ChangedPassword | E::ChangedEmail | E::Banned | E::UsedTwice) => Fate::Dead,
        // These are not bound to a session.
        (
            Purpose::ResetPassword | Purpose::VerifyEmail,
            E::RevokedSession | E::SignedOut | E::ExpiredSession,
        ) => Fate::Works,
        (
            Purpose::ConfirmEmailChange | Purpose::ChangeEmail | Purpose::DeleteUser,
            E::RevokedSession | E::SignedOut | E::ExpiredSession,
        ) => Fate::Dead,
    }
}

/// A server with a user, two of her devices, and a clock.
struct Scene {
    server: Clocked,
    mailbox: Mailbox,
    /// The device that requests links and loses its session.
    laptop: String,
    /// The device that changes the account and follows links.
    phone: String,
}

impl Scene {
    async fn new(purpose: Purpose) -> Self {
        let mailbox = Mailbox::new();
        let url = mailbox.url();
        let mut settings = vec![
            ("MAIL_URL", url.as_str()),
            ("MAIL_FROM", "a@example.com"),
            ("CHANGE_EMAIL_ENABLED", "true"),
            ("DELETE_USER_ENABLED", "true"),
            ("DELETE_USER_VERIFICATION", "true"),
            // Longer than the lifetime of the link, so that only one of them ends at a time.
            ("SESSION_TTL", "30m"),
        ];
        match purpose {
            Purpose::ConfirmEmailChange => settings.push(("CHANGE_EMAIL_CONFIRMATION", "true")),
            Purpose::CompleteSignUp => settings.push(("REQUIRE_EMAIL_VERIFICATION", "true")),
            Purpose::ResetPassword | Purpose::VerifyEmail | Purpose::ChangeEmail | Purpose::DeleteUser => {}
        }
        let server = Clocked::start_with(&settings).await;
        let mut scene = Self { server, mailbox, laptop: String::new(), phone: String::new() };
        let form = json!({"name": "Alice", "email": ALICE, "password": PASSWORD});
        let signed_up = scene.server.post("/sign-up/email", "", &form).await;
        assert_eq!(signed_up.status, 200, "{signed_up:?}");
        if purpose != Purpose::CompleteSignUp {
            scene.laptop = signed_up.body["token"].as_str().unwrap().to_owned();
            scene.phone = scene.sign_in(PASSWORD).await;
            if purpose != Purpose::VerifyEmail {
                scene.sql("UPDATE users SET email_verified = true").await;
            }
        }
        scene
    }

    async fn sign_in(&self, password: &str) -> String {
        let answer =
            self.server.post("/sign-in/email", "", &json!({"email": ALICE, "password": password})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body["token"].as_str().unwrap().to_owned()
    }

    async fn sql(&self, statement: &str) {
        let client = crate::support::connect(&self.server.database.superuser_url()).await;
        client.execute(statement, &[]).await.unwrap();
    }

    /// Requests a link for this purpose. Returns its mail.
    async fn link(&self, purpose: Purpose) -> Mail {
        let (path, token, body, to) = match purpose {
            Purpose::ResetPassword => ("/request-password-reset", "", json!({"email": ALICE}), ALICE),
            Purpose::VerifyEmail => ("/send-verification-email", "", json!({"email": ALICE}), ALICE),
            Purpose::ConfirmEmailChange => ("/change-email", &*self.laptop, json!({"newEmail": ADA}), ALICE),
            Purpose::ChangeEmail => ("/change-email", &*self.laptop, json!({"newEmail": ADA}), ADA),
            Purpose::DeleteUser => ("/delete-user", &*self.laptop, json!({}), ALICE),
            Purpose::CompleteSignUp => return self.mailbox.mail_to(ALICE, 1).await,
        };
        let before = self.mailbox.mails().iter().filter(|mail| mail.to == to).count();
        let answer = self.server.post(path, token, &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        self.mailbox.mail_to(to, before + 1).await
    }

    async fn happen(&mut self, event: Event, purpose: Purpose, token: &str) {
        match event {
            Event::Nothing => {}
            Event::Reset => {
                let link = self.link(Purpose::ResetPassword).await.token();
                self.ok("/reset-password", "", &json!({"newPassword": NEW, "token": link})).await;
                self.phone = self.sign_in(NEW).await;
            }
            Event::ChangedPassword => {
                let body = json!({"currentPassword": PASSWORD, "newPassword": NEW});
                self.ok("/change-password", &self.phone, &body).await;
            }
            Event::RevokedSession => {
                let session = self.server.get("/get-session", &self.laptop).await;
                let body = json!({"token": session.body["session"]["id"]});
                self.ok("/revoke-session", &self.phone, &body).await;
            }
            Event::SignedOut => self.ok("/sign-out", &self.laptop, &json!({})).await,
            // The row may still exist. The session of the phone is newer.
            Event::ExpiredSession => {
                self.server.clock.advance(SignedDuration::from_mins(31));
                self.phone = self.sign_in(PASSWORD).await;
            }
            Event::DeletedUser => self.sql("DELETE FROM users").await,
            Event::ChangedEmail => self.sql("UPDATE users SET email = 'grace@example.com'").await,
            Event::Banned => {
                ban(&self.server.database, ALICE).await;
            }
            Event::UsedTwice => {
                let first = self.follow(purpose, token).await;
                assert!(first.status.is_success(), "{first:?}");
            }
            Event::Expired => {
                self.server.clock.advance(SignedDuration::from_mins(60));
                if !self.phone.is_empty() {
                    self.phone = self.sign_in(PASSWORD).await;
                }
            }
        }
    }

    async fn ok(&self, path: &str, token: &str, body: &Value) {
        let answer = self.server.post(path, token, body).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
    }

    /// Follows a link with everything that its owner has: a session of the account and the password.
    async fn follow(&self, purpose: Purpose, token: &str) -> Answer {
        let (server, phone) = (&self.server, &*self.phone);
        match purpose {
            Purpose::ResetPassword => {
                server
                    .post("/reset-password", "", &json!({"newPassword": "followed it", "token": token}))
                    .await
            }
            Purpose::DeleteUser => server.post("/delete-user", phone, &json!({"token": token})).await,
            Purpose::VerifyEmail | Purpose::ConfirmEmailChange | Purpose::ChangeEmail => {
                server.post("/verify-email", phone, &json!({"token": token})).await
            }
            Purpose::CompleteSignUp => {
                server.post("/verify-email", "", &json!({"token": token, "password": PASSWORD})).await
            }
        }
    }

    /// Everything that a link could change, as text.
    async fn account(&self) -> String {
        let client = crate::support::connect(&self.server.database.superuser_url()).await;
        let sql = "SELECT coalesce(string_agg(concat_ws(' ', email, email_verified, hash), ','), '')
                   FROM users LEFT JOIN passwords ON user_id = id";
        client.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// Waits for the notices of the event, so that only new mail is counted.
    async fn all_mail_is_sent(&self) {
        let client = crate::support::connect(&self.server.database.superuser_url()).await;
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
        while client.query_one("SELECT count(*) FROM outbox", &[]).await.unwrap().get::<_, i64>(0) > 0 {
            assert!(tokio::time::Instant::now() < deadline, "mail is stuck");
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
}

async fn row(purpose: Purpose) {
    for event in Event::ALL {
        let expected = fate(purpose, event);
        if expected == Fate::Never {
            continue;
        }
        let mut scene = Scene::new(purpose).await;
        let token = scene.link(purpose).await.token();
        scene.happen(event, purpose, &token).await;
        let before = scene.account().await;
        scene.all_mail_is_sent().await;
        let mails = scene.mailbox.mails().len();
        let answer = scene.follow(purpose, &token).await;
        let after = scene.account().await;
        match expected {
            Fate::Works => {
                assert_eq!(answer.status, 200, "{purpose:?} {event:?}: {answer:?}");
                if purpose == Purpose::ConfirmEmailChange {
                    scene.mailbox.mail_to(ADA, 1).await;
                } else {
                    assert_ne!(before, after, "{purpose:?} {event:?}");
                }
            }
            Fate::Done => {
                assert_eq!(answer.status, 200, "{purpose:?} {event:?}: {answer:?}");
                assert_eq!(before, after, "{purpose:?} {event:?}");
            }
            Fate::Dead => {
                // Actions that require a session fail when the user is deleted.
                let codes = ["INVALID_TOKEN", "TOKEN_EXPIRED", "UNAUTHORIZED"];
                assert!(codes.contains(&answer.code()), "{purpose:?} {event:?}: {answer:?}");
                assert_eq!(before, after, "{purpose:?} {event:?}");
                scene.all_mail_is_sent().await;
                assert_eq!(scene.mailbox.mails().len(), mails, "{purpose:?} {event:?}: no further link");
            }
            Fate::Never => {}
        }
    }
}

#[actix_web::test]
async fn a_link_to_reset_the_password() {
    row(Purpose::ResetPassword).await;
}

#[actix_web::test]
async fn a_link_to_verify_the_email() {
    row(Purpose::VerifyEmail).await;
}

#[actix_web::test]
async fn a_link_to_agree_to_another_email() {
    row(Purpose::ConfirmEmailChange).await;
}

#[actix_web::test]
async fn a_link_to_another_email() {
    row(Purpose::ChangeEmail).await;
}

#[actix_web::test]
async fn a_link_to_delete_the_user() {
    row(Purpose::DeleteUser).await;
}

#[actix_web::test]
async fn a_link_to_complete_a_sign_up() {
    row(Purpose::CompleteSignUp).await;
}

/// The tests above are the rows. This fails for a purpose without a row.
#[test]
fn every_purpose_has_its_row() {
    let source = include_str!("links.rs");
    for purpose in Purpose::ALL {
        assert!(source.contains(&format!("    row(Purpose::{purpose:?}).await;")), "{purpose:?}");
    }
}

/// Like a mail scanner, which has only the mail: with the headers of a browser and without.
#[actix_web::test]
async fn opening_a_link_changes_nothing() {
    for purpose in Purpose::ALL {
        let scene = Scene::new(purpose).await;
        let link = scene.link(purpose).await.link();
        let (_, path) = link.split_once("/api/auth").unwrap();
        let before = (scene.account().await, scene.mailbox.mails().len());
        for browser in [false, true] {
            let url = format!("{}/api/auth{path}", scene.server.url);
            let http =
                reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
            for method in [reqwest::Method::HEAD, reqwest::Method::GET] {
                let mut request = http.request(method, &url);
                if browser {
                    request = request.header("sec-fetch-mode", "navigate").header("accept", "text/html");
                }
                let answer = Answer::of(request).await;
                assert!(!answer.status.is_server_error(), "{purpose:?}: {answer:?}");
            }
        }
        assert_eq!((scene.account().await, scene.mailbox.mails().len()), before, "{purpose:?}");
        let answer = scene.follow(purpose, &scene.mailbox.mails().last().unwrap().token()).await;
        assert_eq!(answer.status, 200, "{purpose:?}: it still works: {answer:?}");
    }
}

/// A form on another site must fail.
#[actix_web::test]
async fn a_foreign_page_confirms_nothing() {
    let scene = Scene::new(Purpose::ConfirmEmailChange).await;
    let token = scene.link(Purpose::ConfirmEmailChange).await.token();
    let send = |origin: &str, dest: &str| {
        let request = scene.server.http.post(format!("{}/api/auth/verify-email", scene.server.url));
        let request = request.header("origin", origin).header("sec-fetch-mode", "navigate");
        let form = "application/x-www-form-urlencoded";
        let request = request.header("sec-fetch-dest", dest).header("content-type", form);
        Answer::of(request.body(format!("token={token}")))
    };
    for origin in ["https://evil.example", "null"] {
        let answer = send(origin, "document").await;
        assert_eq!(answer.status, 403, "{origin}: {answer:?}");
    }
    assert_eq!(send(PAGE, "document").await.status, 200);
}
