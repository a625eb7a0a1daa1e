//! `email-otp/send-verification-otp`, `email-otp/request-password-reset` and `forget-password/email-otp`

use actix_web::{HttpRequest, HttpResponse, post};
use service_kit::envelope::Envelope;
use utoipa::ToSchema;

use super::service::{EmailOtp, email};
use crate::codes::{Binding, Purpose, Subject};
use crate::email::Message;
use crate::error::{ApiError, CodeError};
use crate::limits::MailRequester;
use crate::passwords;
use crate::protocol::body::{Body, Fields, Schema};
use crate::protocol::email_address::{Email, MAX_EMAIL};
use crate::protocol::min_response_time::MinResponseTime;
use crate::protocol::service::Enabled;
use crate::protocol::status::{SUCCESS, Success};
use crate::security_event::SecurityEvent;
use crate::users;

/// The names of the types of codes, in Better Auth's order.
pub(super) const TYPES: [(&str, Purpose); 4] = [
    ("email-verification", Purpose::VerifyEmail),
    ("sign-in", Purpose::SignIn),
    ("forget-password", Purpose::ResetPassword),
    ("change-email", Purpose::ChangeEmail),
];

/// Reads `type`.
pub(super) fn purpose(fields: &mut Fields<'_>) -> Option<Purpose> {
    let found = fields.text("type").and_then(|text| TYPES.iter().find(|(name, _)| *name == text));
    if found.is_none() {
        let names: Vec<String> = TYPES.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        fields.reject("type", &format!("Invalid option: expected one of {}", names.join("|")));
    }
    found.map(|(_, purpose)| *purpose)
}

/// Reads an email that the handler checks.
pub(super) fn email_text<'a>(fields: &mut Fields<'a>, name: &str) -> Option<&'a str> {
    let email = fields.string(name);
    fields.at_most(name, email, MAX_EMAIL);
    email
}

/// The type of a code, as requests name it.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
#[expect(dead_code, reason = "describes the values in the OpenAPI document")]
pub enum CodeType {
    EmailVerification,
    SignIn,
    ForgetPassword,
    /// Only `email-otp/request-email-change` sends it.
    ChangeEmail,
}

/// A code to send.
#[derive(ToSchema)]
#[schema(example = json!({"email": "alice@example.com", "type": "sign-in"}))]
pub struct CodeRequest {
    /// The email to which the code is sent.
    #[schema(format = Email, max_length = 254)]
    email: String,
    /// What the code is for.
    #[schema(rename = "type", value_type = CodeType)]
    purpose: Purpose,
}

impl Schema for CodeRequest {
    const SIGNS_IN: bool = true;
    const ACCEPTS_FORMS: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let email = email_text(fields, "email");
        let purpose = purpose(fields);
        Some(Self { email: email?.to_owned(), purpose: purpose? })
    }
}

/// The account whose password is to be reset.
#[derive(ToSchema)]
#[schema(example = json!({"email": "alice@example.com"}))]
pub struct ResetCodeRequest {
    /// The account's email.
    #[schema(format = Email, max_length = 254)]
    email: String,
}

impl Schema for ResetCodeRequest {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { email: email_text(fields, "email")?.to_owned() })
    }
}

/// Send a code.
///
/// The code for `sign-in` also signs up. The newest code is valid, once, and for a few guesses. Neither the response nor its
/// timing reveals whether the account exists.
#[utoipa::path(tag = "credentials", request_body = CodeRequest, responses(
    (status = 200, body = Success, description = "The code was sent, unless the email has no account that it could be for"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, INVALID_EMAIL, or the type is `change-email`"),
    (status = 404, description = "Disabled (no body)"),
))]
#[post("/email-otp/send-verification-otp")]
pub async fn send_verification_otp(
    otp: Enabled<EmailOtp>,
    request: HttpRequest,
    Body(form): Body<CodeRequest>,
) -> Result<HttpResponse, ApiError> {
    let email = email(&form.email)?;
    if form.purpose == Purpose::ChangeEmail {
        return Err(CodeError::InvalidType.into());
    }
    otp.send_in_time(&request, &email, form.purpose).await
}

/// Request a code that resets a password.
///
/// Neither the response nor its timing reveals whether the account exists.
#[utoipa::path(tag = "credentials", request_body = ResetCodeRequest, responses(
    (status = 200, body = Success, description = "The code was sent, if the account exists"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, INVALID_EMAIL"),
    (status = 404, description = "Disabled (no body)"),
))]
#[post("/email-otp/request-password-reset")]
pub async fn request_reset_code(
    otp: Enabled<EmailOtp>,
    request: HttpRequest,
    Body(form): Body<ResetCodeRequest>,
) -> Result<HttpResponse, ApiError> {
    otp.send_in_time(&request, &email(&form.email)?, Purpose::ResetPassword).await
}

/// Request a code that resets a password, at the former path.
///
/// The same as `email-otp/request-password-reset`.
#[utoipa::path(tag = "credentials", request_body = ResetCodeRequest, responses(
    (status = 200, body = Success, description = "The code was sent, if the account exists"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, INVALID_EMAIL"),
    (status = 404, description = "Disabled (no body)"),
))]
#[post("/forget-password/email-otp")]
pub async fn forget_password(
    otp: Enabled<EmailOtp>,
    request: HttpRequest,
    Body(form): Body<ResetCodeRequest>,
) -> Result<HttpResponse, ApiError> {
    otp.send_in_time(&request, &email(&form.email)?, Purpose::ResetPassword).await
}

impl EmailOtp {
    async fn send_in_time(
        &self,
        request: &HttpRequest,
        email: &Email,
        purpose: Purpose,
    ) -> Result<HttpResponse, ApiError> {
        let min_time = MinResponseTime::begin();
        let sent = self.send(request, email, purpose).await;
        min_time.reach().await;
        sent?;
        Ok(HttpResponse::Ok().json(SUCCESS))
    }

    /// Sends a code. If nobody can use one, the same is stored, and not sent: neither the limits nor the guesses nor the timing
    /// reveal that.
    async fn send(&self, request: &HttpRequest, email: &Email, purpose: Purpose) -> Result<(), ApiError> {
        let (passwords, now) = (&self.passwords, self.passwords.clock.now());
        let user = users::find_by_email(&passwords.pool, email).await?;
        let sign_ups = passwords::find_sign_ups(&passwords.pool, email, now).await?;
        let is_for_nobody = user.is_none()
            && match purpose {
                Purpose::SignIn => !passwords.accounts.sign_up,
                Purpose::VerifyEmail => sign_ups.is_empty(),
                Purpose::ResetPassword | Purpose::ChangeEmail => true,
            };
        let event = match purpose {
            Purpose::SignIn => SecurityEvent::SignInRequested,
            Purpose::VerifyEmail => SecurityEvent::EmailVerificationRequested,
            Purpose::ResetPassword => SecurityEvent::PasswordResetRequested,
            Purpose::ChangeEmail => SecurityEvent::EmailChangeRequested,
        };
        let event = event.by(passwords.log.client(request));
        let event = match &user {
            Some(user) => event.user(user.id.as_str()),
            None => event.reason("unknown_email"),
        };
        let transaction = passwords.pool.begin().await?;
        let subject = Subject { purpose, email, requester: None };
        let binding = Binding::to(user.as_ref());
        // The user was deleted in the meantime.
        let Some(code) = self.codes.create(&transaction, &subject, &binding, now).await? else {
            return Ok(());
        };
        let requester = MailRequester::new(passwords.log.network(request), None);
        let message = Message::EmailCode { code: code.expose(), purpose };
        let (mailer, mail) = (&passwords.mailer, (email, &message, is_for_nobody));
        let expires_at = self.codes.expiry(now);
        let sending = mailer.send_message(&transaction, &requester, mail, expires_at, now).await?;
        mailer.finish(transaction, sending, (&passwords.log, Some(event))).await
    }
}
