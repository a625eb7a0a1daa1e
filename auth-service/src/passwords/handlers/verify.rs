//! `verify-password`.

use actix_web::{HttpRequest, HttpResponse, post, web};
use secrecy::SecretString;
use service_kit::envelope::Envelope;
use utoipa::ToSchema;

use super::super::service::Passwords;
use crate::error::ApiError;
use crate::protocol::body::{Fields, Schema};
use crate::protocol::status::{DONE, Status};
use crate::sessions::WithBody;

/// A password to check.
#[derive(ToSchema)]
#[schema(example = json!({"password": "correct horse battery"}))]
pub struct PasswordClaim {
    /// The user's password.
    #[schema(value_type = String)]
    password: SecretString,
}

impl Schema for PasswordClaim {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { password: fields.password("password")? })
    }
}

/// Check the password.
///
/// Wrong passwords count towards the limit on failed sign-ins.
#[utoipa::path(tag = "credentials", security(("cookie" = []), ("bearer" = [])), request_body = PasswordClaim, responses(
    (status = 200, body = Status, description = "The password is correct"),
    (status = 400, body = Envelope, description = "INVALID_PASSWORD, also for a user without a password; PASSWORD_TOO_LONG, VALIDATION_ERROR"),
    (status = 401, body = Envelope, description = "No live session"),
))]
#[post("/verify-password")]
pub async fn verify_password(
    request: HttpRequest,
    passwords: web::Data<Passwords>,
    WithBody { current, body }: WithBody<PasswordClaim>,
) -> Result<HttpResponse, ApiError> {
    match passwords.confirm(&request, &current.user, &body.password).await {
        Ok(_) => Ok(HttpResponse::Ok().json(DONE)),
        Err(ApiError::CredentialAccountNotFound) => Err(ApiError::InvalidPassword),
        Err(error) => Err(error),
    }
}
