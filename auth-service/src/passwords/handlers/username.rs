//! `sign-in/username` and `is-username-available`.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, post, web};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use service_kit::envelope::Envelope;
use utoipa::ToSchema;

use super::super::service::Passwords;
use super::candidates::AccountName;
use super::finish_sign_in::{SignInOptions, SignInResponse};
use crate::error::{ApiError, RedirectTarget, UnfitUsername, UsernameError};
use crate::protocol::body::{Body, Fields, Schema};
use crate::protocol::redirect::CheckedTarget;
use crate::users::{self, UsernameRules};

/// The rules for usernames. If users have none, the endpoints respond as if they did not exist, before their body is read.
pub struct Usernames(UsernameRules);

impl FromRequest for Usernames {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let passwords = request.app_data::<web::Data<Passwords>>();
        let rules = passwords.and_then(|passwords| passwords.accounts.usernames);
        ready(rules.map(Self).ok_or(ApiError::NoSuchEndpoint))
    }
}

/// A username and a password.
#[derive(ToSchema)]
#[schema(example = json!({"username": "alice", "password": "correct horse battery"}))]
pub struct UsernameSignIn {
    /// The account's username, in upper or lower case.
    username: String,
    /// The account's password.
    #[schema(value_type = String, max_length = 128)]
    password: SecretString,
    /// If false, the session ends with the browser, or after a day. The default is true.
    #[schema(rename = "rememberMe", value_type = bool, required = false)]
    remember_me: Option<bool>,
    /// Where the page goes after the sign-in. The response has it as `url`, with `redirect: true`.
    #[schema(rename = "callbackURL", value_type = String, required = false)]
    callback_url: Option<Option<CheckedTarget>>,
}

impl Schema for UsernameSignIn {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let username = fields.string("username");
        let password = fields.password("password");
        let remember_me = fields.optional_boolean("rememberMe");
        let callback_url = fields.optional_target(RedirectTarget::Callback);
        Some(Self { username: username?.to_owned(), password: password?, remember_me, callback_url })
    }
}

/// A username to look up.
#[derive(ToSchema)]
#[schema(example = json!({"username": "alice"}))]
pub struct UsernameQuestion {
    /// The username, in upper or lower case.
    username: String,
}

impl Schema for UsernameQuestion {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { username: fields.string("username")?.to_owned() })
    }
}

/// Whether a username can be chosen.
#[derive(Serialize, ToSchema)]
struct Availability {
    /// False if a user has it.
    available: bool,
}

/// Sign in with a username.
///
/// Starts a session and sets its cookie. The `set-auth-jwt` header holds an access token. Wrong passwords count together
/// with those for the account's email. Only with `USERNAME_ENABLED`.
#[utoipa::path(tag = "credentials", request_body = UsernameSignIn, responses(
    (status = 200, body = SignInResponse, description = "The new session, or `twoFactorRedirect`: prove a second factor with two-factor/verify-*"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, PASSWORD_TOO_LONG"),
    (status = 401, body = Envelope, description = "INVALID_USERNAME_OR_PASSWORD, for an unknown username too"),
    (status = 403, body = Envelope, description = "EMAIL_NOT_VERIFIED, BANNED_USER, or the origin is not trusted"),
    (status = 404, description = "Users have no usernames"),
    (status = 422, body = Envelope, description = "USERNAME_TOO_SHORT, USERNAME_TOO_LONG, INVALID_USERNAME"),
    (status = 429, description = "Too many from this address or for this account; X-Retry-After says for how many \
                                  seconds"),
    (status = 503, body = Envelope, description = "The database is unavailable, or too many passwords wait to be hashed"),
))]
#[post("/sign-in/username")]
pub async fn sign_in_username(
    request: HttpRequest,
    Usernames(rules): Usernames,
    passwords: web::Data<Passwords>,
    Body(form): Body<UsernameSignIn>,
) -> Result<HttpResponse, ApiError> {
    if form.username.is_empty() || form.password.expose_secret().is_empty() {
        return Err(UsernameError::InvalidUsernameOrPassword.into());
    }
    let username = rules.check(&form.username).map_err(unprocessable)?;
    let options = SignInOptions { callback: form.callback_url.as_ref(), remember_me: form.remember_me };
    let name = AccountName::Username(&username);
    match passwords.sign_in(&request, name, &form.password, options).await {
        Err(ApiError::InvalidEmailOrPassword) => Err(UsernameError::InvalidUsernameOrPassword.into()),
        outcome => outcome,
    }
}

/// Check whether a username is available.
///
/// A pending sign-up does not reserve its username. Only with `USERNAME_ENABLED`.
#[utoipa::path(tag = "credentials", request_body = UsernameQuestion, responses(
    (status = 200, body = Availability, description = "Whether no user has it"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR"),
    (status = 404, description = "Users have no usernames"),
    (status = 422, body = Envelope, description = "USERNAME_TOO_SHORT, USERNAME_TOO_LONG, INVALID_USERNAME"),
    (status = 429, description = "Too many requests from this client; wait for X-Retry-After seconds"),
))]
#[post("/is-username-available")]
pub async fn is_username_available(
    Usernames(rules): Usernames,
    passwords: web::Data<Passwords>,
    Body(question): Body<UsernameQuestion>,
) -> Result<HttpResponse, ApiError> {
    if question.username.is_empty() {
        return Err(unprocessable(UnfitUsername::Invalid).into());
    }
    let username = rules.check(&question.username).map_err(unprocessable)?;
    let available = !users::is_username_taken(&passwords.pool, &username).await?;
    Ok(HttpResponse::Ok().json(Availability { available }))
}

fn unprocessable(unfit: UnfitUsername) -> UsernameError {
    UsernameError::Unfit(StatusCode::UNPROCESSABLE_ENTITY, unfit)
}
