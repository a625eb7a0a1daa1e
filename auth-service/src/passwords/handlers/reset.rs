//! `request-password-reset` and `reset-password`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use secrecy::SecretString;
use serde::Serialize;
use service_kit::envelope::Envelope;
use service_kit::store::StoreError;
use utoipa::ToSchema;

use super::super::model::Password;
use super::super::resetting::ResetProof;
use super::super::service::Passwords;
use super::super::store;
use crate::error::{ApiError, LinkRefusal, RedirectTarget};
use crate::limits::MailRequester;
use crate::protocol::body::{Body, Fields, Schema};
use crate::protocol::email_address::Email;
use crate::protocol::min_response_time::MinResponseTime;
use crate::protocol::origin::TrustedOrigins;
use crate::protocol::query::{Query, QuerySchema};
use crate::protocol::redirect::{self, CheckedTarget};
use crate::protocol::status::{DONE, Status};
use crate::security_event::{SecurityEvent, SecurityLog};
use crate::users::{self, User};
use crate::verifications::{self, LinkToken, NewLink, Purpose, Subject};

/// The message of every response, whether the account exists or not.
const SENT: &str = "If this email exists in our system, check your email for the reset link";
const INVALID_TOKEN: ApiError = ApiError::Link(StatusCode::BAD_REQUEST, LinkRefusal::InvalidToken);

/// The account whose password is to be reset.
#[derive(ToSchema)]
#[schema(example = json!({"email": "alice@example.com", "redirectTo": "/reset-password"}))]
pub struct ResetRequest {
    /// The account's email.
    #[schema(value_type = String, format = Email, max_length = 254)]
    email: Email,
    /// The page where the user chooses a new password.
    #[schema(rename = "redirectTo", value_type = String, required = false)]
    redirect_to: Option<CheckedTarget>,
}

impl Schema for ResetRequest {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let email = fields.email("email");
        let redirect_to = fields.optional_target(RedirectTarget::Redirect).flatten();
        Some(Self { email: email?, redirect_to })
    }
}

/// The same response for every email.
#[derive(Serialize, ToSchema)]
struct Requested {
    /// Always true.
    status: bool,
    /// A message for the user.
    message: &'static str,
}

/// Request a password reset.
///
/// Sends a link to choose a new password. Neither the response nor its timing reveals whether the account exists.
#[utoipa::path(tag = "credentials", request_body = ResetRequest, responses(
    (status = 200, body = Requested, description = "The link was sent, if the account exists"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, RESET_PASSWORD_DISABLED"),
    (status = 403, body = Envelope, description = "INVALID_REDIRECT_URL"),
))]
#[post("/request-password-reset")]
pub async fn request_password_reset(
    request: HttpRequest,
    passwords: web::Data<Passwords>,
    Body(form): Body<ResetRequest>,
) -> Result<HttpResponse, ApiError> {
    if !passwords.mailer.is_enabled() {
        return Err(ApiError::ResetPasswordDisabled);
    }
    let min_time = MinResponseTime::begin();
    let sent = send_link(&passwords, &request, &form).await;
    min_time.reach().await;
    sent?;
    Ok(HttpResponse::Ok().json(Requested { status: true, message: SENT }))
}

async fn send_link(
    passwords: &Passwords,
    request: &HttpRequest,
    form: &ResetRequest,
) -> Result<(), ApiError> {
    let (mailer, callback, now) = (&passwords.mailer, form.redirect_to.as_ref(), passwords.clock.now());
    let requester = MailRequester::new(passwords.log.network(request), None);
    let requested = SecurityEvent::PasswordResetRequested.by(passwords.log.client(request));
    let found = store::find_by_email(&passwords.pool, &form.email).await?;
    let transaction = passwords.pool.begin().await?;
    let Some((user, _)) = found else {
        let subject = (&form.email, Purpose::ResetPassword);
        mailer.store_decoy_mail(&transaction, &requester, subject, callback, now).await?;
        return mailer.commit(transaction, &[requested.reason("unknown_email")]).await;
    };
    // Gone: the account was deleted in the meantime.
    let sending = mailer.send(&transaction, &requester, NewLink::ResetPassword(&user), callback, now).await?;
    mailer.finish(transaction, sending, (&passwords.log, Some(requested.user(user.id.as_str())))).await
}

/// The query of a reset link.
pub struct ResetPage {
    callback_url: Option<CheckedTarget>,
}

impl QuerySchema for ResetPage {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { callback_url: fields.target(RedirectTarget::Callback)? })
    }
}

/// Open a password reset link.
///
/// Redirects to the page where the user chooses a new password. The token stays valid, because mail scanners follow links
/// too.
#[utoipa::path(tag = "credentials",
    params(("token" = String, Path, description = "The token of the link"), ("callbackURL" = String, Query, description = "The page where the user chooses a new password")),
    responses(
        (status = 302, description = "Redirects to the page, with `token`, or with `error=INVALID_TOKEN`"),
        (status = 400, body = Envelope, description = "VALIDATION_ERROR"),
        (status = 403, body = Envelope, description = "INVALID_CALLBACK_URL"),
    ))]
#[get("/reset-password/{token}")]
pub async fn reset_password_page(
    passwords: web::Data<Passwords>,
    origins: web::Data<TrustedOrigins>,
    path: web::Path<String>,
    Query(page): Query<ResetPage>,
) -> Result<HttpResponse, ApiError> {
    let text = path.into_inner();
    let live = find_live(&passwords, &LinkToken::from(text.as_str())).await?.is_some();
    let (page, live) = match page.callback_url {
        None => (CheckedTarget::endpoint("/error", &origins), false),
        Some(page) => (page, live),
    };
    let (name, value) =
        if live { ("token", text.as_str()) } else { ("error", LinkRefusal::InvalidToken.code()) };
    Ok(redirect::found(&page.absolute_with_parameter(name, value)))
}

/// A new password and the token of a reset link.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({"newPassword": "battery horse correct", "token": "mFVJ3qSGvVCsGrSGNbLwMSsmM2uXcvNnX9LMuTXgvQE"}))]
pub struct PasswordReset {
    /// The new password: 8 to 128 characters.
    #[schema(value_type = String, min_length = 8, max_length = 128)]
    new_password: SecretString,
    /// The token of the link, if it is not in the query.
    #[schema(value_type = String, required = false)]
    token: Option<String>,
}

impl Schema for PasswordReset {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let new_password = fields.password("newPassword");
        let token = fields.optional_string("token");
        Some(Self { new_password: new_password?, token: token.map(str::to_owned) })
    }
}

/// The query, if the token is not in the body.
pub struct ResetToken {
    token: Option<String>,
}

impl QuerySchema for ResetToken {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { token: fields.optional_string("token").map(str::to_owned) })
    }
}

/// Set a new password by a reset link.
///
/// Ends all sessions of the account. A link can be used once.
#[utoipa::path(tag = "credentials", request_body = PasswordReset,
    params(("token" = Option<String>, Query, description = "The token, if it is not in the body")),
    responses(
        (status = 200, body = Status, description = "The password was set"),
        (status = 400, body = Envelope, description = "INVALID_TOKEN, PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_COMPROMISED"),
        (status = 503, body = Envelope, description = "The database is unavailable, or too many passwords wait to be hashed"),
    ))]
#[post("/reset-password")]
pub async fn reset_password(
    request: HttpRequest,
    passwords: web::Data<Passwords>,
    Body(form): Body<PasswordReset>,
    Query(query): Query<ResetToken>,
) -> Result<HttpResponse, ApiError> {
    let token = form.token.filter(|token| !token.is_empty()).or(query.token).ok_or(INVALID_TOKEN)?;
    let token = LinkToken::from(token.as_str());
    let new = Password::chosen(&form.new_password, passwords.rules)?;
    // An invalid token must not cost a hash.
    let Some(user) = find_live(&passwords, &token).await? else {
        return Err(refused(&passwords.log, &request));
    };
    let Some(user) = passwords.reset(&request, user, new, ResetProof::Link(&token)).await? else {
        return Err(refused(&passwords.log, &request));
    };
    // The account may be locked by wrong passwords of others. Its owner can sign in from this device anyway.
    let mut response = HttpResponse::Ok().json(DONE);
    passwords.attempts.devices.remember(&mut response, &request, &user)?;
    Ok(response)
}

/// Records a link that cannot reset a password.
fn refused(log: &SecurityLog, request: &HttpRequest) -> ApiError {
    let event = SecurityEvent::LinkRefused.by(log.client(request)).reason(LinkRefusal::InvalidToken.reason());
    log.throttled(event.link(Purpose::ResetPassword.as_str()), &log.network(request));
    INVALID_TOKEN
}

/// The current user of a link that can still reset a password.
async fn find_live(passwords: &Passwords, token: &LinkToken) -> Result<Option<User>, StoreError> {
    let Some(link) = verifications::find(&passwords.pool, token).await? else { return Ok(None) };
    let Subject::User(id, _) = &link.subject else { return Ok(None) };
    if link.purpose != Purpose::ResetPassword || !link.is_live(passwords.clock.now()) {
        return Ok(None);
    }
    Ok(users::find(&passwords.pool, id).await?.filter(|user| link.belongs_to(user)))
}
