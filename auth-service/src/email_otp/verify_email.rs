//! `email-otp/verify-email`

use actix_web::{HttpRequest, HttpResponse, post, web};
use secrecy::SecretString;
use serde::Serialize;
use service_kit::envelope::Envelope;
use utoipa::ToSchema;

use super::sending::email_text;
use super::service::{EmailOtp, email};
use crate::account::{Accounts, CodeProof};
use crate::codes::{Code, Purpose, Subject};
use crate::error::ApiError;
use crate::protocol::body::{Body, Fields, Schema};
use crate::protocol::service::Enabled;
use crate::users::{self, User, UserView};

/// A code that verifies an email, and the password if no session or cookie proves the account.
#[derive(ToSchema)]
#[schema(example = json!({"email": "alice@example.com", "otp": "123456"}))]
pub struct EmailVerification {
    /// The email to verify.
    #[schema(format = Email, max_length = 254)]
    email: String,
    /// The code.
    #[schema(value_type = String)]
    otp: Code,
    /// The account's password, which a browser needs that neither signed up nor is signed in.
    #[schema(value_type = String, required = false)]
    password: Option<SecretString>,
}

impl Schema for EmailVerification {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let email = email_text(fields, "email");
        let otp = fields.string("otp");
        let password = fields.optional_password("password");
        Some(Self { email: email?.to_owned(), otp: Code::from(otp?), password })
    }
}

/// The account, and its session if one was started.
#[derive(Serialize, ToSchema)]
struct EmailVerified<'a> {
    /// Always true.
    status: bool,
    /// The token of the session that `AUTO_SIGN_IN_AFTER_VERIFICATION` started.
    token: Option<&'a str>,
    /// The user.
    #[schema(value_type = User)]
    user: UserView<'a>,
}

/// Verify an email by a code.
///
/// Requires a session of the account, the browser that signed up or the password, as the link in `verify-email` does: the code
/// proves only the mailbox, and somebody else may have signed up with its email.
#[utoipa::path(tag = "users", security((), ("cookie" = []), ("bearer" = [])), request_body = EmailVerification, responses(
    (status = 200, body = EmailVerified, description = "The email is verified"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, INVALID_EMAIL, INVALID_OTP, OTP_EXPIRED, USER_NOT_FOUND, INVALID_PASSWORD, CREDENTIAL_ACCOUNT_NOT_FOUND"),
    (status = 403, body = Envelope, description = "TOO_MANY_ATTEMPTS; CONFIRMATION_REQUIRED: the password is missing; BANNED_USER"),
    (status = 404, description = "Disabled (no body)"),
    (status = 429, description = "Too many requests from this client or wrong codes for this account; wait for X-Retry-After seconds"),
))]
#[post("/email-otp/verify-email")]
pub async fn verify_email_by_code(
    otp: Enabled<EmailOtp>,
    accounts: web::Data<Accounts>,
    request: HttpRequest,
    Body(form): Body<EmailVerification>,
) -> Result<HttpResponse, ApiError> {
    let email = email(&form.email)?;
    let user = users::find_by_email(&accounts.pool, &email).await?;
    let subject = Subject { purpose: Purpose::VerifyEmail, email: &email, requester: None };
    otp.check(&request, &subject, user.as_ref(), &form.otp).await?;
    let proof =
        CodeProof { codes: &otp.codes, email: &email, code: &form.otp, password: form.password.as_ref() };
    let verified = accounts.verify_by_code(&request, &proof).await?;
    if let Some(challenged) = verified.challenged() {
        return Ok(challenged.json(|body| body));
    }
    let user = accounts.settings.view(&verified.user);
    let mut response = HttpResponse::Ok().json(EmailVerified { status: true, token: verified.token(), user });
    verified.complete(&accounts, &request, &mut response).await?;
    Ok(response)
}
