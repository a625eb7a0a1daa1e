//! `email-otp/check-verification-otp` and `email-otp/reset-password`

use actix_web::{HttpRequest, HttpResponse, post};
use secrecy::SecretString;
use service_kit::envelope::Envelope;
use utoipa::ToSchema;

use super::sending::{CodeType, email_text, purpose};
use super::service::{EmailOtp, email};
use crate::codes::{Code, Purpose, Subject};
use crate::error::{ApiError, CodeError};
use crate::passwords::ResetProof;
use crate::protocol::body::{Body, Fields, Schema};
use crate::protocol::service::Enabled;
use crate::protocol::status::{SUCCESS, Success};
use crate::users;

/// A code to check.
#[derive(ToSchema)]
#[schema(example = json!({"email": "alice@example.com", "type": "forget-password", "otp": "123456"}))]
pub struct CodeCheck {
    /// The email to which the code was sent.
    #[schema(format = Email, max_length = 254)]
    email: String,
    /// What the code is for.
    #[schema(rename = "type", value_type = CodeType)]
    purpose: Purpose,
    /// The code.
    #[schema(value_type = String)]
    otp: Code,
}

impl Schema for CodeCheck {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let email = email_text(fields, "email");
        let purpose = purpose(fields);
        let otp = fields.string("otp");
        Some(Self { email: email?.to_owned(), purpose: purpose?, otp: Code::from(otp?) })
    }
}

/// Check a code.
///
/// The code can still be used afterwards. A wrong one counts as a guess.
#[utoipa::path(tag = "credentials", request_body = CodeCheck, responses(
    (status = 200, body = Success, description = "The code is valid"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, INVALID_EMAIL, INVALID_OTP, OTP_EXPIRED, USER_NOT_FOUND"),
    (status = 403, body = Envelope, description = "TOO_MANY_ATTEMPTS"),
    (status = 404, description = "Disabled (no body)"),
    (status = 429, description = "Too many requests from this client or wrong codes for this account; wait for X-Retry-After seconds"),
))]
#[post("/email-otp/check-verification-otp")]
pub async fn check_verification_otp(
    otp: Enabled<EmailOtp>,
    request: HttpRequest,
    Body(form): Body<CodeCheck>,
) -> Result<HttpResponse, ApiError> {
    let email = email(&form.email)?;
    let user = users::find_by_email(&otp.passwords.pool, &email).await?;
    let subject = Subject { purpose: form.purpose, email: &email, requester: None };
    otp.check(&request, &subject, user.as_ref(), &form.otp).await?;
    // The code was sent to the email, so its reader may learn this.
    user.ok_or(CodeError::UserNotFound)?;
    Ok(HttpResponse::Ok().json(SUCCESS))
}

/// A new password and a code.
#[derive(ToSchema)]
#[schema(example = json!({"email": "alice@example.com", "otp": "123456", "password": "battery horse correct"}))]
pub struct ResetByCode {
    /// The account's email.
    #[schema(format = Email, max_length = 254)]
    email: String,
    /// The code.
    #[schema(value_type = String)]
    otp: Code,
    /// The new password: 8 to 128 characters.
    #[schema(value_type = String, min_length = 8, max_length = 128)]
    password: SecretString,
}

impl Schema for ResetByCode {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let email = email_text(fields, "email");
        let otp = fields.string("otp");
        let password = fields.password("password");
        Some(Self { email: email?.to_owned(), otp: Code::from(otp?), password: password? })
    }
}

/// Set a new password by a code.
///
/// Ends all sessions of the account and verifies its email. If the password is refused, the code can be used again.
#[utoipa::path(tag = "credentials", request_body = ResetByCode, responses(
    (status = 200, body = Success, description = "The password was set"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, INVALID_EMAIL, INVALID_OTP, OTP_EXPIRED, USER_NOT_FOUND, PASSWORD_TOO_SHORT, PASSWORD_TOO_LONG, PASSWORD_COMPROMISED"),
    (status = 403, body = Envelope, description = "TOO_MANY_ATTEMPTS"),
    (status = 404, description = "Disabled (no body)"),
    (status = 429, description = "Too many requests from this client or wrong codes for this account; wait for X-Retry-After seconds"),
    (status = 503, body = Envelope, description = "The database is unavailable, or too many passwords wait to be hashed"),
))]
#[post("/email-otp/reset-password")]
pub async fn reset_password_by_code(
    otp: Enabled<EmailOtp>,
    request: HttpRequest,
    Body(form): Body<ResetByCode>,
) -> Result<HttpResponse, ApiError> {
    let email = email(&form.email)?;
    let passwords = &otp.passwords;
    let new = passwords.choose(&form.password)?;
    let user = users::find_by_email(&passwords.pool, &email).await?;
    let subject = Subject { purpose: Purpose::ResetPassword, email: &email, requester: None };
    // An invalid code must not cost a hash.
    otp.check(&request, &subject, user.as_ref(), &form.otp).await?;
    let user = user.ok_or(CodeError::UserNotFound)?;
    let proof = ResetProof::Code(&otp.codes, &form.otp);
    let user = passwords.reset(&request, user, new, proof).await?.ok_or(CodeError::Invalid)?;
    // The account may be locked by wrong passwords of others. Its owner can sign in from this device anyway.
    let mut response = HttpResponse::Ok().json(SUCCESS);
    passwords.attempts.devices.remember(&mut response, &request, &user)?;
    Ok(response)
}
