//! `list-accounts` and `verify-password`.

use actix_web::{HttpRequest, HttpResponse, get, post, web};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::Serialize;
use service_kit::envelope::Envelope;
use shared_claims::UserId;
use utoipa::ToSchema;

use super::super::service::Passwords;
use super::super::store;
use crate::error::ApiError;
use crate::protocol::body::{Fields, Schema};
use crate::protocol::status::{DONE, Status};
use crate::protocol::timestamp;
use crate::sessions::{SignedIn, WithBody};

/// The protocol's provider id of passwords.
const CREDENTIAL: &str = "credential";

/// A way for a user to sign in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AccountView<'a> {
    /// The user's id: a user has at most one password.
    #[schema(value_type = String)]
    id: &'a UserId,
    /// The provider: `credential` for a password.
    provider_id: &'static str,
    /// The user's id at the provider.
    #[schema(value_type = String)]
    account_id: &'a UserId,
    /// The user's id.
    #[schema(value_type = String)]
    user_id: &'a UserId,
    /// When the user was created.
    #[serde(serialize_with = "timestamp::serialize")]
    created_at: Timestamp,
    /// When the password was last set.
    #[serde(serialize_with = "timestamp::serialize")]
    updated_at: Timestamp,
    /// Empty: a password grants no scopes.
    #[schema(value_type = Vec<String>)]
    scopes: [&'static str; 0],
}

/// List the ways to sign in.
///
/// An account of the provider `credential` is a password.
#[utoipa::path(tag = "credentials", security(("cookie" = []), ("bearer" = [])), responses(
    (status = 200, body = Vec<AccountView>, description = "The accounts; empty for a user without a password"),
    (status = 401, body = Envelope, description = "No live session"),
))]
#[get("/list-accounts")]
pub async fn list_accounts(
    passwords: web::Data<Passwords>,
    SignedIn { user, .. }: SignedIn,
) -> Result<HttpResponse, ApiError> {
    let set_at = store::set_at(&passwords.pool, &user.id).await?;
    let account = set_at.map(|updated_at| AccountView {
        id: &user.id,
        provider_id: CREDENTIAL,
        account_id: &user.id,
        user_id: &user.id,
        created_at: user.created_at,
        updated_at,
        scopes: [],
    });
    Ok(HttpResponse::Ok().json(Vec::from_iter(account)))
}

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
