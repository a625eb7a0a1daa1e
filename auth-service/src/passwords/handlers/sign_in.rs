//! `sign-in/email`.

use actix_web::{HttpRequest, HttpResponse, post, web};
use secrecy::SecretString;
use service_kit::envelope::Envelope;
use utoipa::ToSchema;

use super::super::service::Passwords;
use super::candidates::AccountName;
use super::finish_sign_in::{SignInOptions, SignInResponse};
use crate::error::{ApiError, RedirectTarget};
use crate::protocol::body::{Body, Fields, Schema};
use crate::protocol::email_address::{Email, MAX_EMAIL};
use crate::protocol::redirect::CheckedTarget;

/// The credentials of an account.
#[derive(ToSchema)]
#[schema(example = json!({"email": "alice@example.com", "password": "correct horse battery"}))]
pub struct SignIn {
    /// The account's email, in upper or lower case.
    #[schema(format = Email, max_length = 254)]
    email: String,
    /// The account's password.
    #[schema(value_type = String, max_length = 128)]
    password: SecretString,
    /// Where the page goes after the sign-in. The response has it as `url`, with `redirect: true`.
    #[schema(rename = "callbackURL", value_type = String, required = false)]
    callback_url: Option<Option<CheckedTarget>>,
    /// If false, the session ends with the browser, or after a day. The default is true.
    #[schema(rename = "rememberMe", value_type = bool, required = false)]
    remember_me: Option<bool>,
}

impl Schema for SignIn {
    const SIGNS_IN: bool = true;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let email = fields.string("email");
        fields.at_most("email", email, MAX_EMAIL);
        let password = fields.password("password");
        let callback_url = fields.optional_target(RedirectTarget::Callback);
        let remember_me = fields.optional_boolean("rememberMe");
        Some(Self { email: email?.to_owned(), password: password?, callback_url, remember_me })
    }
}

/// Sign in.
///
/// Starts a session and sets its cookie. The `set-auth-jwt` header holds an access token.
#[utoipa::path(tag = "credentials", request_body = SignIn, responses(
    (status = 200, body = SignInResponse, description = "The new session, or `twoFactorRedirect`: prove a second factor with two-factor/verify-*"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, INVALID_EMAIL, PASSWORD_TOO_LONG"),
    (status = 401, body = Envelope, description = "INVALID_EMAIL_OR_PASSWORD, for an unknown email too"),
    (status = 403, body = Envelope, description = "EMAIL_NOT_VERIFIED, BANNED_USER, or the origin is not trusted"),
    (status = 429, description = "Too many from this address or for this account; X-Retry-After says for how many \
                                  seconds"),
    (status = 503, body = Envelope, description = "The database is unavailable, or too many passwords wait to be hashed"),
))]
#[post("/sign-in/email")]
pub async fn sign_in(
    request: HttpRequest,
    passwords: web::Data<Passwords>,
    Body(form): Body<SignIn>,
) -> Result<HttpResponse, ApiError> {
    let email = Email::parse(&form.email).ok_or(ApiError::InvalidEmail)?;
    let options = SignInOptions { callback: form.callback_url.as_ref(), remember_me: form.remember_me };
    passwords.sign_in(&request, AccountName::Email(&email), &form.password, options).await
}
