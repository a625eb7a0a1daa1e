//! An account in a state, and trying a door.

use std::time::Duration;

use local_stack::testing::IdentityProvider;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::door::Door;
use super::state::State;
use crate::mailbox::{Mail, Mailbox, follow};
use crate::social::enter;
use crate::support::{Answer, Auth, PAGE, PASSWORD, email, sign_up_cookie};
use crate::tokens::claims;
use crate::users::ban;

const NEW: &str = "a brand new password";

/// An account in a state, and the cookie of its current or former session.
pub struct Scene {
    pub auth: Auth,
    mailbox: Mailbox,
    cookie: String,
    /// The token of a verification link from before the account was in its state.
    link: String,
    provider: Option<IdentityProvider>,
}

impl Scene {
    pub async fn new(door: Door, state: State) -> Self {
        let mailbox = Mailbox::new();
        let url = mailbox.url();
        let provider = if door.is_social() { Some(IdentityProvider::start().await) } else { None };
        let providers = provider.as_ref().map(IdentityProvider::setting).unwrap_or_default();
        let mail = [
            ("MAIL_URL", &*url),
            ("MAIL_FROM", "a@example.com"),
            ("DATABASE_POOL_SIZE", "8"),
            ("NOTIFICATION_MAILS", "none"),
            ("USERNAME_ENABLED", "true"),
            ("SOCIAL_PROVIDERS", &*providers),
            ("MAGIC_LINK_ENABLED", "true"),
            ("EMAIL_OTP_ENABLED", "true"),
        ];
        // The account is created where everything is allowed, and then tried with the restrictive settings.
        let open = Auth::start_with(&[&mail[..], &[("DELETE_USER_ENABLED", "true")]].concat()).await;
        let cookie = match state {
            State::Unknown | State::SigningUp => String::new(),
            _ => {
                let user = open.user("alice").await;
                assert_eq!(user.post("/update-user", &json!({"username": "alice"})).await.status, 200);
                user.cookie
            }
        };
        if state == State::NotEnrolled {
            // Until the scene is prepared.
            let client = open.superuser().await;
            client.execute("UPDATE users SET two_factor = true", &[]).await.unwrap();
        }
        let Auth { database, .. } = open;
        let on = [("DELETE_USER_ENABLED", "true"), ("AUTO_SIGN_IN_AFTER_VERIFICATION", "true")];
        let settings = [&mail[..], &on, state.settings()].concat();
        let auth = Auth::on(database, &settings).await;
        let mut scene = Self { auth, mailbox, cookie, link: "unknown".to_owned(), provider };
        if !scene.cookie.is_empty() && scene.provider.is_some() {
            let token = json!({"token": scene.id_token().await});
            scene.with_session("/link-social", &json!({"provider": "acme", "idToken": token})).await;
        }
        if !scene.cookie.is_empty() {
            scene.link = scene.verification_link().await.1;
        }
        scene.reach(state).await;
        if state == State::SigningUp {
            scene.link = scene.mailbox.mail_to(&email("alice"), 1).await.token();
        }
        scene
    }

    /// An ID token of the provider for the user.
    async fn id_token(&self) -> String {
        let person = json!({"email": email("alice"), "name": "Alice"});
        self.provider.as_ref().unwrap().id_token(&person).await
    }

    /// Requests a verification link. Returns the link and its token.
    async fn verification_link(&self) -> (String, String) {
        let earlier = self.mailbox.mails().len();
        self.with_session("/send-verification-email", &json!({"email": email("alice")})).await;
        let mail = self.mailbox.mail_to(&email("alice"), earlier + 1).await;
        (mail.link(), mail.token())
    }

    async fn reach(&self, state: State) {
        match state {
            State::Live | State::Unknown | State::Unverified | State::SignUpClosed | State::NoAutoSignIn => {}
            State::NotEnrolled => {
                let client = self.auth.superuser().await;
                client.execute("UPDATE users SET two_factor = false", &[]).await.unwrap();
            }
            State::SecondFactor | State::SecondFactorExempt => {
                let client = self.auth.superuser().await;
                client.execute("UPDATE users SET two_factor = true", &[]).await.unwrap();
            }
            State::Deleted => self.with_session("/delete-user", &json!({"password": PASSWORD})).await,
            State::Reset => {
                self.auth.post("/request-password-reset", &json!({"email": email("alice")})).await;
                let token = self.mailbox.mail_to(&email("alice"), 2).await.token();
                let form = json!({"newPassword": NEW, "token": token});
                assert_eq!(self.auth.post("/reset-password", &form).await.status, 200);
            }
            State::Changed => {
                let form = json!({"currentPassword": PASSWORD, "newPassword": NEW});
                self.with_session("/change-password", &form).await;
            }
            State::Verified => {
                let (link, _) = self.verification_link().await;
                assert_eq!(follow(&self.auth, &link, Some(&self.cookie)).await.status, 302);
            }
            State::SigningUp => {
                let email = email("alice");
                let form =
                    json!({"name": "Alice", "email": email, "password": PASSWORD, "username": "alice"});
                sign_up_cookie(&self.auth.post("/sign-up/email", &form).await);
            }
            State::WithoutPassword => {
                self.auth.superuser().await.execute("DELETE FROM passwords", &[]).await.unwrap();
            }
            State::Banned => {
                ban(&self.auth.database, &email("alice")).await;
            }
            State::SessionEnded => self.with_session("/sign-out", &json!({})).await,
        }
    }

    async fn with_session(&self, path: &str, body: &Value) {
        let answer = self.ask(path, body).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
    }

    async fn ask(&self, path: &str, body: &Value) -> Answer {
        let request = self.auth.request(Method::POST, path).header("cookie", &self.cookie);
        Answer::of(request.header("origin", PAGE).json(body)).await
    }

    /// Waits for the mail with this subject.
    async fn mail(&self, subject: &str) -> Mail {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let mails = self.mailbox.mails();
            if let Some(mail) = mails.iter().find(|mail| mail.subject == subject) {
                return mail.clone();
            }
            assert!(Instant::now() < deadline, "no mail {subject}: {mails:?}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub async fn come_to(&self, door: Door, state: State) -> Answer {
        let email = email("alice");
        let body = match door {
            Door::SignIn => json!({"email": email, "password": PASSWORD}),
            Door::SignInUsername => json!({"username": "alice", "password": PASSWORD}),
            Door::SignUp => json!({"name": "Alice", "email": email, "password": PASSWORD}),
            Door::VerifyEmail => json!({"token": self.link, "password": PASSWORD}),
            Door::ChangePassword => {
                let body =
                    json!({"currentPassword": PASSWORD, "newPassword": NEW, "revokeOtherSessions": true});
                return self.ask(door.path(), &body).await;
            }
            Door::SocialToken => json!({"provider": "acme", "idToken": {"token": self.id_token().await}}),
            Door::SocialCallback => {
                let provider = self.provider.as_ref().unwrap();
                return enter(&self.auth, provider, &json!({"email": email, "name": "Alice"})).await;
            }
            Door::MagicLink => {
                self.auth.post("/sign-in/magic-link", &json!({"email": email})).await;
                let link = self.mail("Sign in").await;
                json!({"token": link.token()})
            }
            Door::EmailOtp => {
                let body = json!({"email": email, "type": "sign-in"});
                self.auth.post("/email-otp/send-verification-otp", &body).await;
                json!({"email": email, "otp": self.mail("Your sign-in code").await.code()})
            }
            Door::VerifyEmailByCode => {
                let body = json!({"email": email, "type": "email-verification"});
                self.auth.post("/email-otp/send-verification-otp", &body).await;
                let otp = match state {
                    // Nobody gets a code.
                    State::Unknown | State::Deleted => Some("012345".to_owned()),
                    _ => self.mail("Your code to verify your email address").await.code(),
                };
                json!({"email": email, "otp": otp, "password": PASSWORD})
            }
        };
        self.auth.post(door.path(), &body).await
    }

    /// Whether a response contains a live session.
    pub async fn begins(&self, door: Door, state: State, answer: &Answer) -> bool {
        let cookies = answer.cookies();
        let pairs = cookies.iter().filter_map(|cookie| cookie.split(';').next());
        let mut session = pairs.filter_map(|pair| pair.strip_prefix("better-auth.session_token="));
        let Some(value) = session.rfind(|value| !value.is_empty()) else {
            assert!(answer.header("set-auth-jwt").is_none() && answer.header("set-auth-token").is_none());
            return false;
        };
        match answer.header("set-auth-jwt") {
            Some(jwt) => {
                assert_eq!(claims(&jwt)["amr"], door.methods(), "every door says how the user authenticated");
                assert_eq!(claims(&jwt)["acr"], "urn:latchkey:1fa");
            }
            None => assert_eq!(state, State::NotEnrolled, "{answer:?}"),
        }
        let request = self.auth.request(Method::GET, "/get-session");
        let cookie = format!("better-auth.session_token={value}");
        Answer::of(request.header("cookie", cookie)).await.body != Value::Null
    }
}
