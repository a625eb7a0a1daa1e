//! `sign-up/email`.

use actix_web::{HttpRequest, HttpResponse, post, web};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::{Map, Value};
use service_kit::database::Transaction;
use service_kit::envelope::Envelope;
use utoipa::ToSchema;

use super::super::model::{Password, StoredHash};
use super::super::policy::Owner;
use super::super::service::Passwords;
use super::super::{sign_ups, store};
use crate::email::{Addressee, Message};
use crate::error::{ApiError, RedirectTarget, UsernameError};
use crate::limits::MailRequester;
use crate::protocol::body::{Body, Fields, Schema};
use crate::protocol::email_address::Email;
use crate::protocol::min_response_time::MinResponseTime;
use crate::protocol::redirect::CheckedTarget;
use crate::security_event::SecurityEvent;
use crate::sessions::{Started, Way};
use crate::users::{self, MAX_IMAGE, MAX_NAME, NewUser, NewUsername, User, UserView};
use crate::verifications::NewLink;

/// The reason in security events for a sign-up whose email has an account.
const EMAIL_TAKEN: &str = "email_taken";

/// A new account.
#[derive(ToSchema)]
#[schema(example = json!({"name": "Alice", "email": "alice@example.com", "password": "correct horse battery"}))]
pub struct SignUp {
    /// The user's name: up to 100 characters.
    #[schema(max_length = 100)]
    name: String,
    /// The user's email. It is stored in lower case.
    #[schema(value_type = String, format = Email, max_length = 254)]
    email: Email,
    /// The password: 8 to 128 characters.
    #[schema(value_type = String, min_length = 8, max_length = 128)]
    password: SecretString,
    /// URL of a picture: absolute, relative, or a `data:` URL of an image. `javascript:`, `vbscript:` and `file:` URLs are
    /// refused.
    #[schema(value_type = String, required = false, max_length = 2048)]
    image: Option<String>,
    /// Where the link in the verification email redirects to.
    #[schema(rename = "callbackURL", value_type = String, required = false)]
    callback_url: Option<CheckedTarget>,
    /// If false, the session ends with the browser, or after a day. The default is true.
    #[schema(rename = "rememberMe", value_type = bool, required = false)]
    remember_me: Option<bool>,
    /// The other members: `USERNAME_ENABLED` and `USER_FIELDS` say which of them mean something.
    #[schema(ignore)]
    others: Map<String, Value>,
}

impl Schema for SignUp {
    const SIGNS_IN: bool = true;
    const BODY_KINDS: &'static [&'static str] = &["object", "record"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let name = fields.string("name");
        fields.at_most("name", name, MAX_NAME);
        let email = fields.email("email");
        let password = fields.password("password");
        if password.as_ref().is_some_and(|password| password.expose_secret().is_empty()) {
            fields.reject("password", "Too small: expected string to have >=1 characters");
        }
        let image = fields.optional_string("image");
        fields.at_most("image", image, MAX_IMAGE);
        fields.safe_image("image", image);
        let callback_url = fields.optional_target(RedirectTarget::Callback).flatten();
        let remember_me = fields.optional_boolean("rememberMe");
        Some(Self {
            name: name?.to_owned(),
            email: email?,
            password: password?,
            image: image.map(str::to_owned),
            callback_url,
            remember_me,
            others: fields.except(&["name", "email", "password", "image", "callbackURL", "rememberMe"]),
        })
    }
}

/// A new account, and its first session if sign-up starts one.
#[derive(Serialize, ToSchema)]
struct SignedUp<'a> {
    /// The session token: a bearer token for `/api/auth`. No later response has it.
    token: Option<&'a str>,
    /// The user.
    #[schema(value_type = User)]
    user: UserView<'a>,
}

/// Sign up.
///
/// Creates an account, starts its first session and sets the session cookie. The `set-auth-jwt` header holds an access
/// token. The body may also have `username` and `displayUsername` if `USERNAME_ENABLED` is on, and the fields of
/// `USER_FIELDS`.
///
/// With `REQUIRE_EMAIL_VERIFICATION` the account is created when the email is verified. Until then any number of people
/// may sign up with it. If sign-up does not start a session, the response does not reveal whether the email is taken.
#[utoipa::path(tag = "credentials", request_body = SignUp, responses(
    (status = 200, body = SignedUp, description = "The new account"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, MISSING_FIELD, FIELD_NOT_ALLOWED, PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_COMPROMISED, USERNAME_TOO_SHORT, USERNAME_TOO_LONG, INVALID_USERNAME, USERNAME_IS_ALREADY_TAKEN"),
    (status = 403, body = Envelope, description = "The request does not come from a trusted origin"),
    (status = 422, body = Envelope, description = "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"),
    (status = 429, description = "Too many requests from this client; wait for X-Retry-After seconds"),
    (status = 503, body = Envelope, description = "The database is unavailable, or too many passwords wait to be hashed"),
))]
#[post("/sign-up/email")]
pub async fn sign_up(
    request: HttpRequest,
    passwords: web::Data<Passwords>,
    Body(form): Body<SignUp>,
) -> Result<HttpResponse, ApiError> {
    let accounts = &passwords.accounts;
    if !accounts.sign_up {
        return Err(ApiError::SignUpDisabled);
    }
    let username = passwords.new_username(&form.others).await?;
    let password = Password::chosen(&form.password, passwords.rules)?;
    let fields = accounts.fields.of_new_user(&form.others)?;
    let owner = Owner { name: &form.name, email: &form.email, username: username.username.as_ref() };
    let hash = passwords.hash_chosen(passwords.newcomer(&request), password, owner).await?;
    let now = passwords.clock.now();
    let SignUp { name, email, image, .. } = form;
    let user = NewUser { name, email, image, username, fields }.to_user(now)?;
    let new = New { request: &request, user: &user, hash: &hash, callback: form.callback_url.as_ref(), now };
    let started = if accounts.auto_sign_in && !accounts.require_verified_email {
        Some(passwords.create_with_session(new, form.remember_me.unwrap_or(true)).await?)
    } else {
        let min_time = MinResponseTime::begin();
        let done = if accounts.require_verified_email {
            passwords.store_sign_up(new).await
        } else {
            passwords.create(new).await
        };
        min_time.reach().await;
        done?;
        None
    };
    let token = started.as_ref().map(|started| started.token.expose());
    let mut response = HttpResponse::Ok().json(SignedUp { token, user: accounts.view(&user) });
    if let Some(started) = &started {
        passwords.sessions.respond_with(&mut response, &request, started, &user).await?;
    }
    passwords.remember_browser(&mut response, &user.id);
    Ok(response)
}

/// A sign-up request, with its new user and password hash.
#[derive(Clone, Copy)]
struct New<'a> {
    request: &'a HttpRequest,
    user: &'a User,
    hash: &'a StoredHash,
    callback: Option<&'a CheckedTarget>,
    now: Timestamp,
}

impl Passwords {
    /// Reads the username of a new user, if users have one.
    async fn new_username(&self, body: &Map<String, Value>) -> Result<NewUsername, ApiError> {
        let Some(rules) = &self.accounts.usernames else { return Ok(NewUsername::default()) };
        let new = rules.of_new_user(body)?;
        // Refused before the password is hashed. The constraint decides if two users choose it at once.
        match &new.username {
            Some(username) if users::is_username_taken(&self.pool, username).await? => {
                Err(UsernameError::Taken.into())
            }
            Some(_) | None => Ok(new),
        }
    }

    /// Creates the account and its first session in one transaction.
    async fn create_with_session(&self, new: New<'_>, remembered: bool) -> Result<Started, ApiError> {
        let New { request, user, now, .. } = new;
        let client = self.log.client(request);
        let admission = self.sessions.admit_new(user, Way::SignUp)?;
        let transaction = self.pool.begin().await?;
        let inserted = users::insert(&transaction, user).await;
        if matches!(inserted, Err(ApiError::UserAlreadyExists)) {
            self.log.refused(SecurityEvent::SignUpRefused.by(client).reason(EMAIL_TAKEN));
        }
        inserted?;
        store::create(&transaction, &user.id, new.hash, now).await?;
        let started = self.sessions.start(&transaction, request, admission, remembered, now).await?;
        if self.accounts.verify_on_sign_up {
            let requester = MailRequester::new(self.log.network(request), Some(&user.id));
            self.mailer.send(&transaction, &requester, NewLink::VerifyEmail(user), new.callback, now).await?;
        }
        let created = SecurityEvent::UserCreated.by(client).user(user.id.as_str());
        self.mailer.commit(transaction, &[created]).await?;
        started.record(client);
        Ok(started)
    }

    /// Creates the account, or notifies the owner of the account with this email.
    async fn create(&self, new: New<'_>) -> Result<(), ApiError> {
        let New { request, user, now, .. } = new;
        let client = self.log.client(request);
        let transaction = self.pool.begin().await?;
        match users::insert(&transaction, user).await {
            Ok(()) => {}
            Err(ApiError::UserAlreadyExists) => {
                drop(transaction);
                let transaction = self.pool.begin().await?;
                self.notify_owner(&transaction, new).await?;
                self.mailer.commit(transaction, &[]).await?;
                self.log.refused(SecurityEvent::SignUpRefused.by(client).reason(EMAIL_TAKEN));
                return Ok(());
            }
            Err(error) => return Err(error),
        }
        store::create(&transaction, &user.id, new.hash, now).await?;
        // If the email were taken, its owner would get a mail. Counting one here hides that the email is new.
        let requester = MailRequester::new(self.log.network(request), None);
        if self.accounts.verify_on_sign_up {
            self.mailer.send(&transaction, &requester, NewLink::VerifyEmail(user), new.callback, now).await?;
        } else {
            let message = Message::AccountExists;
            self.mailer.store_unsent(&transaction, &requester, &user.email, &message, now).await?;
        }
        let created = SecurityEvent::UserCreated.by(client).user(user.id.as_str());
        self.mailer.commit(transaction, &[created]).await
    }

    /// Stores the sign-up and sends its link. Other sign-ups with this email may be pending: only the mailbox can tell
    /// which is the owner's. The owner of a verified account is notified instead. The sign-up is stored anyway,
    /// because signing in with it must not reveal the account either. All cases execute statements of the same number
    /// and kind, so that timing does not reveal the case under any load.
    async fn store_sign_up(&self, new: New<'_>) -> Result<(), ApiError> {
        let New { request, user, now, .. } = new;
        let transaction = self.pool.begin().await?;
        sign_ups::create(&transaction, user, new.hash, now).await?;
        let there = users::find_by_email(&transaction, &user.email).await?;
        let has_owner = there.is_some_and(|there| there.email_verified);
        let requester = MailRequester::new(self.log.network(request), None);
        let link = NewLink::CompleteSignUp(&user.id, &user.email);
        match (has_owner, self.accounts.verify_on_sign_up) {
            (true, sends_link) => {
                if sends_link {
                    self.mailer.create_unsent(&transaction, link, now).await?;
                }
                self.notify_owner(&transaction, new).await?;
            }
            (false, true) => {
                self.mailer.send(&transaction, &requester, link, new.callback, now).await?;
            }
            (false, false) => {
                let message = Message::AccountExists;
                self.mailer.store_unsent(&transaction, &requester, &user.email, &message, now).await?;
            }
        }
        let pending = SecurityEvent::SignUpPending.by(self.log.client(request)).user(user.id.as_str());
        self.mailer.commit(transaction, &[pending]).await
    }

    /// Notifies the owner of the account by mail. The response does not reveal it.
    async fn notify_owner(&self, transaction: &Transaction, new: New<'_>) -> Result<(), ApiError> {
        let requester = MailRequester::new(self.log.network(new.request), None);
        let to = Addressee::unverified(&new.user.email);
        self.mailer.notify(transaction, &requester, to, &Message::AccountExists, new.now).await
    }
}
