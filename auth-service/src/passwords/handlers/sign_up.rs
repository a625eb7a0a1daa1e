//! `sign-up/email`.

use actix_web::{HttpRequest, HttpResponse, post, web};
use jiff::Timestamp;
use serde::Serialize;
use service_kit::database::Transaction;
use service_kit::envelope::Envelope;
use utoipa::ToSchema;

use super::super::model::{Password, StoredHash};
use super::super::policy::Owner;
use super::super::{sign_ups, store};
use crate::addresses::{self, Verified};
use crate::email::{Addressee, Message};
use crate::error::{ApiError, RedirectTarget};
use crate::limits::{Asker, Requester};
use crate::protocol::body::{Body, Fields, Schema};
use crate::protocol::email_address::Email;
use crate::protocol::min_response_time::MinResponseTime;
use crate::protocol::redirect::CheckedTarget;
use crate::security_event::{self, SecurityEvent};
use crate::sessions::{self, Started};
use crate::state::State;
use crate::users::{self, MAX_IMAGE, MAX_NAME, NewUser, User};

/// The reason the log has for a sign-up whose email has an account.
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
    #[schema(min_length = 8, max_length = 128)]
    password: String,
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
}

impl Schema for SignUp {
    const SIGNS_IN: bool = true;
    const BODY_KINDS: &'static [&'static str] = &["object", "record"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let name = fields.string("name");
        fields.at_most("name", name, MAX_NAME);
        let email = fields.email("email");
        let password = fields.password("password");
        if password.is_some_and(str::is_empty) {
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
            password: password?.to_owned(),
            image: image.map(str::to_owned),
            callback_url,
            remember_me,
        })
    }
}

/// A new account, and its first session if sign-up starts one.
#[derive(Serialize, ToSchema)]
struct SignedUp<'a> {
    /// The session token: a bearer token for `/api/auth`. No later response has it.
    token: Option<&'a str>,
    /// The user.
    user: &'a User,
}

/// Sign up.
///
/// Creates an account, starts its first session and sets the session cookie. The `set-auth-jwt` header holds an access
/// token.
///
/// With `REQUIRE_EMAIL_VERIFICATION` the account is created when the email is verified. Until then any number of people
/// may sign up with it. If sign-up does not start a session, the response does not reveal whether the email is taken.
#[utoipa::path(tag = "credentials", request_body = SignUp, responses(
    (status = 200, body = SignedUp, description = "The new account"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_COMPROMISED"),
    (status = 403, body = Envelope, description = "The request does not come from a trusted origin"),
    (status = 422, body = Envelope, description = "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"),
    (status = 429, description = "Too many requests from this client; wait for X-Retry-After seconds"),
    (status = 503, body = Envelope, description = "The database is unavailable, or too many passwords wait to be hashed"),
))]
#[post("/sign-up/email")]
pub async fn sign_up(
    request: HttpRequest,
    state: web::Data<State>,
    Body(form): Body<SignUp>,
) -> Result<HttpResponse, ApiError> {
    let accounts = &state.settings.accounts;
    if !accounts.sign_up {
        return Err(ApiError::SignUpDisabled);
    }
    let password = Password::chosen(&form.password, state.settings.passwords)?;
    let password =
        state.password_policy.admit(password, Owner { name: &form.name, email: &form.email }).await?;
    let hash = state.passwords.hash(Requester::newcomer(&state, &request), password).await?;
    let now = state.clock.now();
    let user = NewUser { name: form.name, email: form.email, image: form.image }.made_up(now)?;
    let started = if accounts.auto_sign_in && !accounts.require_verified_email {
        let remembered = form.remember_me.unwrap_or(true);
        Some(begin(&state, &request, (&user, &hash), remembered, form.callback_url.as_ref(), now).await?)
    } else {
        let floor = MinResponseTime::begin();
        let done = if accounts.require_verified_email {
            wait(&state, &request, &user, &hash, form.callback_url.as_ref(), now).await
        } else {
            create(&state, &request, (&user, &hash), form.callback_url.as_ref(), now).await
        };
        floor.reach().await;
        done?;
        None
    };
    let mut response = HttpResponse::Ok();
    if let Some(started) = &started {
        sessions::hand_over(&mut response, &state, &request, started, &user).await?;
    }
    sign_ups::remember_browser(&mut response, &state, &user.id);
    let token = started.as_ref().map(|started| started.token.expose());
    Ok(response.json(SignedUp { token, user: &user }))
}

/// Makes the account and its first session, or nothing.
async fn begin(
    state: &State,
    request: &HttpRequest,
    (user, hash): (&User, &StoredHash),
    remembered: bool,
    callback: Option<&CheckedTarget>,
    now: Timestamp,
) -> Result<Started, ApiError> {
    let client = security_event::client(&state.settings.trusted_proxies, request);
    let transaction = state.pool.begin().await?;
    let inserted = users::insert(&transaction, user).await;
    if matches!(inserted, Err(ApiError::UserAlreadyExists)) {
        SecurityEvent::SignUpRefused.by(client).reason(EMAIL_TAKEN).emit();
    }
    inserted?;
    store::create(&transaction, &user.id, hash, now).await?;
    let started = sessions::start(&transaction, state, request, user, remembered, now).await?;
    if state.settings.accounts.verify_on_sign_up {
        let asker = Asker::of(&state.settings.trusted_proxies, request, Some(&user.id));
        let whose = Verified::User(user);
        addresses::send_verification(&transaction, state, &asker, whose, callback, now).await?;
    }
    commit(state, transaction).await?;
    SecurityEvent::UserCreated.by(client).user(user.id.as_str()).emit();
    started.record(client, "sign_up");
    Ok(started)
}

/// Makes the account, or tells the one that has this email.
async fn create(
    state: &State,
    request: &HttpRequest,
    (user, hash): (&User, &StoredHash),
    callback: Option<&CheckedTarget>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let client = security_event::client(&state.settings.trusted_proxies, request);
    let transaction = state.pool.begin().await?;
    match users::insert(&transaction, user).await {
        Ok(()) => {}
        Err(ApiError::UserAlreadyExists) => {
            drop(transaction);
            let transaction = state.pool.begin().await?;
            tell_owner(&transaction, state, request, &user.email, now).await?;
            commit(state, transaction).await?;
            SecurityEvent::SignUpRefused.by(client).reason(EMAIL_TAKEN).emit();
            return Ok(());
        }
        Err(error) => return Err(error),
    }
    store::create(&transaction, &user.id, hash, now).await?;
    if let Some(outbox) = &state.outbox {
        // A taken address would get a mail; nobody learns by their limits that this one is new.
        let asker = Asker::of(&state.settings.trusted_proxies, request, None);
        if state.settings.accounts.verify_on_sign_up {
            let whose = Verified::User(user);
            addresses::send_verification(&transaction, state, &asker, whose, callback, now).await?;
        } else {
            outbox.put_unsent(&transaction, &asker, &user.email, &Message::AccountExists, now).await?;
        }
    }
    commit(state, transaction).await?;
    SecurityEvent::UserCreated.by(client).user(user.id.as_str()).emit();
    Ok(())
}

/// Stores the sign-up and sends its link, beside whatever else waits with this email: only one of them can be its owner's,
/// and only the mailbox can tell. A verified account is told instead; the sign-up waits all the same, since signing in
/// with it must not tell either. In every case the statements are the same in number and kind, so that no load on the
/// database makes the time tell.
async fn wait(
    state: &State,
    request: &HttpRequest,
    user: &User,
    hash: &StoredHash,
    callback: Option<&CheckedTarget>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let transaction = state.pool.begin().await?;
    sign_ups::create(&transaction, user, hash, now).await?;
    let there = users::find_by_email(&transaction, &user.email).await?;
    let has_owner = there.is_some_and(|there| there.email_verified);
    let sends_link = state.settings.accounts.verify_on_sign_up;
    let asker = Asker::of(&state.settings.trusted_proxies, request, None);
    if has_owner {
        if sends_link {
            addresses::withhold_link(&transaction, state, (&user.id, &user.email), now).await?;
        }
        tell_owner(&transaction, state, request, &user.email, now).await?;
    } else if sends_link {
        let whose = Verified::SignUp(&user.id, &user.email);
        addresses::send_verification(&transaction, state, &asker, whose, callback, now).await?;
    } else if let Some(outbox) = &state.outbox {
        outbox.put_unsent(&transaction, &asker, &user.email, &Message::AccountExists, now).await?;
    }
    commit(state, transaction).await?;
    let client = security_event::client(&state.settings.trusted_proxies, request);
    SecurityEvent::SignUpPending.by(client).user(user.id.as_str()).emit();
    Ok(())
}

/// Notifies the owner of the account by mail. The response does not show it.
async fn tell_owner(
    transaction: &Transaction,
    state: &State,
    request: &HttpRequest,
    email: &Email,
    now: Timestamp,
) -> Result<(), ApiError> {
    if let Some(outbox) = &state.outbox {
        let asker = Asker::of(&state.settings.trusted_proxies, request, None);
        outbox
            .notify(transaction, &asker, Addressee::unverified(email), &Message::AccountExists, now)
            .await?;
    }
    Ok(())
}

async fn commit(state: &State, transaction: Transaction) -> Result<(), ApiError> {
    transaction.commit().await?;
    if let Some(outbox) = &state.outbox {
        outbox.wake();
    }
    Ok(())
}
