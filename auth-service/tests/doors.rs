//! Doors: the routes that can start a session, tested with an account in every state. All other routes are listed too,
//! so that a new route fails here until it is classified.

use std::collections::BTreeSet;
use std::time::Duration;

use local_stack::testing::IdentityProvider;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::mailbox::{Mail, Mailbox, follow};
use crate::social::enter;
use crate::support::{Answer, Auth, PAGE, PASSWORD, email, sign_up_cookie};
use crate::tokens::claims;
use crate::users::ban;

const NEW: &str = "a brand new password";

/// The routes that start sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    SignIn,
    SignInUsername,
    SignUp,
    ChangePassword,
    /// With the password, if `AUTO_SIGN_IN_AFTER_VERIFICATION` is on.
    VerifyEmail,
    /// With an ID token of a provider.
    SocialToken,
    /// Coming back from a provider.
    SocialCallback,
    /// With a link in a mail, by the button of its page.
    MagicLink,
    /// With a code in a mail.
    EmailOtp,
    /// With a code that verifies the email, and the password, if `AUTO_SIGN_IN_AFTER_VERIFICATION` is on.
    VerifyEmailByCode,
}

impl Door {
    const ALL: [Self; 10] = [
        Self::SignIn,
        Self::SignInUsername,
        Self::SignUp,
        Self::ChangePassword,
        Self::VerifyEmail,
        Self::SocialToken,
        Self::SocialCallback,
        Self::MagicLink,
        Self::EmailOtp,
        Self::VerifyEmailByCode,
    ];

    fn route(self) -> &'static str {
        match self {
            Self::SignIn => "post /sign-in/email",
            Self::SignInUsername => "post /sign-in/username",
            Self::SignUp => "post /sign-up/email",
            Self::ChangePassword => "post /change-password",
            Self::VerifyEmail => "post /verify-email",
            Self::SocialToken => "post /sign-in/social",
            Self::SocialCallback => "get /callback/{id}",
            Self::MagicLink => "post /magic-link/verify",
            Self::EmailOtp => "post /sign-in/email-otp",
            Self::VerifyEmailByCode => "post /email-otp/verify-email",
        }
    }

    fn path(self) -> &'static str {
        self.route().split_once(' ').unwrap().1
    }

    fn verifies_email(self) -> bool {
        matches!(self, Self::VerifyEmail | Self::VerifyEmailByCode | Self::MagicLink | Self::EmailOtp)
    }

    fn is_social(self) -> bool {
        matches!(self, Self::SocialToken | Self::SocialCallback)
    }

    /// The claim `amr` of the tokens of its sessions.
    fn methods(self) -> Value {
        match self {
            Self::SocialToken | Self::SocialCallback => json!(["fed"]),
            Self::MagicLink | Self::EmailOtp => json!(["otp"]),
            Self::SignIn
            | Self::SignInUsername
            | Self::SignUp
            | Self::ChangePassword
            | Self::VerifyEmail
            | Self::VerifyEmailByCode => json!(["pwd"]),
        }
    }
}

/// Doors that `settings` and `magic_link` test: the link starts a session in the browser that signed up, if
/// `AUTO_SIGN_IN_AFTER_VERIFICATION` is on, and in the browser that requested it.
const BY_LINK: [&str; 2] = ["get /verify-email", "get /magic-link/verify"];

/// The doors behind the others: they start the session of a sign-in that waits for a second factor, or continue one. `two_factor`
/// tests them.
const FACTOR_DOORS: [&str; 5] = [
    "post /two-factor/disable",
    "post /two-factor/enable",
    "post /two-factor/verify-backup-code",
    "post /two-factor/verify-otp",
    "post /two-factor/verify-totp",
];

/// What a door says that asks for a second factor.
const CHALLENGE: &str = "twoFactorRedirect";

/// The routes that never start a session.
const NO_DOORS: [&str; 45] = [
    "get /account-info",
    "get /capabilities",
    "get /delete-user/callback",
    "get /error",
    "get /forward-auth",
    "get /get-session",
    "get /jwks",
    "get /list-accounts",
    "get /list-sessions",
    "get /ok",
    "get /reset-password/{token}",
    "get /security-events",
    "get /token",
    "get /two-factor/trusted-devices",
    "post /callback/{id}",
    "post /change-email",
    "post /delete-user",
    "post /email-otp/change-email",
    "post /email-otp/check-verification-otp",
    "post /email-otp/request-email-change",
    "post /email-otp/request-password-reset",
    "post /email-otp/reset-password",
    "post /email-otp/send-verification-otp",
    "post /forget-password/email-otp",
    "post /get-access-token",
    "post /get-session",
    "post /is-username-available",
    "post /link-social",
    "post /refresh-token",
    "post /request-password-reset",
    "post /reset-password",
    "post /revoke-other-sessions",
    "post /revoke-session",
    "post /revoke-sessions",
    "post /send-verification-email",
    "post /sign-in/magic-link",
    "post /sign-out",
    "post /two-factor/generate-backup-codes",
    "post /two-factor/get-totp-uri",
    "post /two-factor/revoke-trusted-device",
    "post /two-factor/send-otp",
    "post /unlink-account",
    "post /update-session",
    "post /update-user",
    "post /verify-password",
];

/// The state of an account when somebody tries a door with the right email and the original password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Unchanged.
    Live,
    /// The email has no account.
    Unknown,
    /// The account was deleted.
    Deleted,
    /// The password was reset.
    Reset,
    /// The password was changed.
    Changed,
    /// The email is not verified, and that is required.
    Unverified,
    /// The email is verified, and that is required.
    Verified,
    /// There is only a sign-up.
    SigningUp,
    /// The account has no password.
    WithoutPassword,
    /// The session was ended.
    SessionEnded,
    /// The operator banned the user.
    Banned,
    /// Sign-up is disabled.
    SignUpClosed,
    /// Sign-up does not start a session.
    NoAutoSignIn,
    /// The user has a second factor.
    SecondFactor,
    /// The user has a second factor, and only passwords ask for it.
    SecondFactorExempt,
    /// Everybody must have a second factor, and the user has none.
    NotEnrolled,
}

impl State {
    const ALL: [Self; 16] = [
        Self::Live,
        Self::Unknown,
        Self::Deleted,
        Self::Reset,
        Self::Changed,
        Self::Unverified,
        Self::Verified,
        Self::SigningUp,
        Self::WithoutPassword,
        Self::SessionEnded,
        Self::Banned,
        Self::SignUpClosed,
        Self::NoAutoSignIn,
        Self::SecondFactor,
        Self::SecondFactorExempt,
        Self::NotEnrolled,
    ];

    fn settings(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Unverified | Self::Verified | Self::SigningUp => &[("REQUIRE_EMAIL_VERIFICATION", "true")],
            Self::SignUpClosed => &[("SIGN_UP_ENABLED", "false")],
            Self::NoAutoSignIn => &[("AUTO_SIGN_IN", "false")],
            Self::SecondFactorExempt => {
                &[("TWO_FACTOR_EXEMPT_WAYS", "social,magic-link,email-otp,verified-email")]
            }
            Self::NotEnrolled => &[("TWO_FACTOR_REQUIRED_FOR", "everybody")],
            Self::Live
            | Self::Unknown
            | Self::Deleted
            | Self::Reset
            | Self::Changed
            | Self::WithoutPassword
            | Self::SessionEnded
            | Self::Banned
            | Self::SecondFactor => &[],
        }
    }
}

/// The matrix: `None` if a session starts, or else the error code, which is empty for a success without a session.
/// There is no `_`, so a new door or state does not compile without its row.
fn refusal(door: Door, state: State) -> Option<&'static str> {
    use State as S;
    match (door, state) {
        (
            Door::SignIn
            | Door::SignInUsername
            | Door::VerifyEmail
            | Door::SocialToken
            | Door::SocialCallback
            | Door::MagicLink
            | Door::EmailOtp
            | Door::VerifyEmailByCode,
            S::SecondFactor,
        )
        | (Door::SignIn | Door::SignInUsername, S::SecondFactorExempt) => Some(CHALLENGE),
        (
            Door::VerifyEmail
            | Door::SocialToken
            | Door::SocialCallback
            | Door::MagicLink
            | Door::EmailOtp
            | Door::VerifyEmailByCode,
            S::SecondFactorExempt,
        ) => None,
        // The session has proven it.
        (Door::ChangePassword, S::SecondFactor | S::SecondFactorExempt) => None,
        (Door::ChangePassword, S::NotEnrolled) => Some("TWO_FACTOR_ENROLLMENT_REQUIRED"),
        // A session that can only enroll.
        (
            Door::SignIn
            | Door::SignInUsername
            | Door::VerifyEmail
            | Door::SocialToken
            | Door::SocialCallback
            | Door::MagicLink
            | Door::EmailOtp
            | Door::VerifyEmailByCode,
            S::NotEnrolled,
        ) => None,
        (Door::SignUp, S::SecondFactor | S::SecondFactorExempt | S::NotEnrolled) => {
            Some("USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL")
        }
        (
            Door::SignIn | Door::SignInUsername,
            S::Live | S::Verified | S::SessionEnded | S::SignUpClosed | S::NoAutoSignIn,
        ) => None,
        (Door::SignIn | Door::SignInUsername, S::Unverified | S::SigningUp) => Some("EMAIL_NOT_VERIFIED"),
        (Door::SignIn, S::Unknown | S::Deleted | S::Reset | S::Changed | S::WithoutPassword) => {
            Some("INVALID_EMAIL_OR_PASSWORD")
        }
        (Door::SignInUsername, S::Unknown | S::Deleted | S::Reset | S::Changed | S::WithoutPassword) => {
            Some("INVALID_USERNAME_OR_PASSWORD")
        }
        (Door::SignIn | Door::SignInUsername, S::Banned) => Some("BANNED_USER"),
        (Door::SignUp, S::Unknown | S::Deleted) => None,
        (
            Door::SignUp,
            S::Live | S::Reset | S::Changed | S::WithoutPassword | S::SessionEnded | S::Banned,
        ) => Some("USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"),
        (Door::SignUp, S::Unverified | S::Verified | S::SigningUp | S::NoAutoSignIn) => Some(""),
        (Door::SignUp, S::SignUpClosed) => Some("EMAIL_PASSWORD_SIGN_UP_DISABLED"),
        (Door::ChangePassword, S::Live | S::Verified | S::Unverified | S::SignUpClosed | S::NoAutoSignIn) => {
            None
        }
        (
            Door::ChangePassword,
            S::Unknown | S::Deleted | S::Reset | S::SigningUp | S::SessionEnded | S::Banned,
        ) => Some("UNAUTHORIZED"),
        (Door::ChangePassword, S::Changed) => Some("INVALID_PASSWORD"),
        (
            Door::VerifyEmail,
            S::Live | S::Unverified | S::SigningUp | S::SessionEnded | S::SignUpClosed | S::NoAutoSignIn,
        ) => None,
        (Door::VerifyEmail, S::Verified) => Some(""),
        (Door::VerifyEmail, S::Unknown | S::Deleted | S::Reset | S::Changed | S::Banned) => {
            Some("INVALID_TOKEN")
        }
        (Door::ChangePassword | Door::VerifyEmail, S::WithoutPassword) => {
            Some("CREDENTIAL_ACCOUNT_NOT_FOUND")
        }
        (
            Door::SocialToken | Door::SocialCallback,
            // The account was linked while the user was signed in. Where there is none, the user is created.
            S::Live
            | S::Unknown
            | S::Deleted
            | S::Changed
            | S::Unverified
            | S::Verified
            | S::SigningUp
            | S::WithoutPassword
            | S::SessionEnded
            | S::SignUpClosed
            | S::NoAutoSignIn,
        ) => None,
        // The reset proved the mailbox, which nobody had before: it removed the account.
        (Door::SocialToken, S::Reset) => Some("OAUTH_LINK_ERROR"),
        (Door::SocialCallback, S::Reset) => Some("account_not_linked"),
        (Door::SocialToken, S::Banned) => Some("BANNED_USER"),
        (Door::SocialCallback, S::Banned) => Some("banned"),
        (Door::MagicLink | Door::EmailOtp | Door::VerifyEmailByCode, S::Banned) => Some("BANNED_USER"),
        (
            Door::MagicLink | Door::EmailOtp,
            // The mailbox is enough. Where there is no account, it is created.
            S::Live
            | S::Unknown
            | S::Deleted
            | S::Reset
            | S::Changed
            | S::Unverified
            | S::Verified
            | S::SigningUp
            | S::WithoutPassword
            | S::SessionEnded
            | S::SignUpClosed
            | S::NoAutoSignIn,
        ) => None,
        (
            Door::VerifyEmailByCode,
            S::Live | S::Unverified | S::SigningUp | S::SessionEnded | S::SignUpClosed | S::NoAutoSignIn,
        ) => None,
        (Door::VerifyEmailByCode, S::Verified) => Some(""),
        (Door::VerifyEmailByCode, S::Unknown | S::Deleted) => Some("INVALID_OTP"),
        (Door::VerifyEmailByCode, S::Reset | S::Changed) => Some("INVALID_PASSWORD"),
        (Door::VerifyEmailByCode, S::WithoutPassword) => Some("CREDENTIAL_ACCOUNT_NOT_FOUND"),
    }
}

/// An account in a state, and the cookie of its current or former session.
struct Scene {
    auth: Auth,
    mailbox: Mailbox,
    cookie: String,
    /// The token of a verification link from before the account was in its state.
    link: String,
    provider: Option<IdentityProvider>,
}

impl Scene {
    async fn new(door: Door, state: State) -> Self {
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

    async fn come_to(&self, door: Door, state: State) -> Answer {
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
    async fn begins(&self, door: Door, state: State, answer: &Answer) -> bool {
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

/// The code of a refusal, which a redirect has in its query.
fn refusal_of(answer: &Answer) -> String {
    if answer.body[CHALLENGE] == true {
        return CHALLENGE.to_owned();
    }
    let Some(location) = answer.header("location") else { return answer.code().to_owned() };
    if location.starts_with("/two-factor?methods=") {
        return CHALLENGE.to_owned();
    }
    let query = location.split_once('?').map_or("", |(_, query)| query);
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(name, _)| name == "error").map(|(_, code)| code.into_owned()).unwrap_or_default()
}

async fn row(door: Door) {
    for state in State::ALL {
        let scene = Scene::new(door, state).await;
        let before = scene.auth.count("sessions").await;
        let answer = scene.come_to(door, state).await;
        match refusal(door, state) {
            None => assert!(scene.begins(door, state, &answer).await, "{door:?} {state:?}: {answer:?}"),
            Some(code) => {
                assert_eq!(refusal_of(&answer), code, "{door:?} {state:?}: {answer:?}");
                assert!(!scene.begins(door, state, &answer).await, "{door:?} {state:?}: {answer:?}");
                let after = scene.auth.count("sessions").await;
                // Verifying an email ends the sessions that somebody else may have.
                let verified = code == CHALLENGE && door.verifies_email();
                assert!(after == before || (verified && after == 0), "{door:?} {state:?}");
            }
        }
    }
}

#[tokio::test]
async fn signing_in() {
    row(Door::SignIn).await;
}

#[tokio::test]
async fn signing_in_with_a_username() {
    row(Door::SignInUsername).await;
}

#[tokio::test]
async fn signing_up() {
    row(Door::SignUp).await;
}

#[tokio::test]
async fn changing_the_password_and_ending_other_sessions() {
    row(Door::ChangePassword).await;
}

#[tokio::test]
async fn verifying_an_email_with_the_password() {
    row(Door::VerifyEmail).await;
}

#[tokio::test]
async fn signing_in_with_a_token_of_a_provider() {
    row(Door::SocialToken).await;
}

#[tokio::test]
async fn coming_back_from_a_provider() {
    row(Door::SocialCallback).await;
}

#[tokio::test]
async fn signing_in_with_a_link() {
    row(Door::MagicLink).await;
}

#[tokio::test]
async fn signing_in_with_a_code() {
    row(Door::EmailOtp).await;
}

#[tokio::test]
async fn verifying_an_email_with_a_code_and_the_password() {
    row(Door::VerifyEmailByCode).await;
}

#[tokio::test]
async fn every_route_is_a_door_or_none() {
    let auth = Auth::start().await;
    let document = Answer::of(reqwest::Client::new().get(auth.url("/openapi.json"))).await.body;
    let mut found = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let Some(path) = path.strip_prefix("/api/auth") else { continue };
        for method in operations.as_object().unwrap().keys() {
            found.insert(format!("{method} {path}"));
        }
    }
    let doors = Door::ALL.map(|door| door.route().to_owned());
    let known: BTreeSet<String> =
        NO_DOORS.into_iter().chain(FACTOR_DOORS).chain(BY_LINK).map(str::to_owned).chain(doors).collect();
    assert_eq!(found, known, "a new route begins sessions, or it does not: say so");
}
