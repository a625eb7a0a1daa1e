//! `list-accounts`.

use actix_web::{HttpResponse, get, web};
use jiff::Timestamp;
use serde::Serialize;
use service_kit::envelope::Envelope;
use shared_claims::UserId;
use utoipa::ToSchema;

use super::super::service::Social;
use crate::error::ApiError;
use crate::linked_accounts::{self, LinkedAccount};
use crate::passwords;
use crate::protocol::timestamp;
use crate::sessions::SignedIn;
use crate::users::User;

/// The protocol's provider id of passwords.
const CREDENTIAL: &str = "credential";

/// A way for a user to sign in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AccountView<'a> {
    /// The id of the account: for a password the user's, who has at most one.
    id: String,
    /// The provider: `credential` for a password.
    provider_id: &'a str,
    /// The user's id at the provider.
    account_id: &'a str,
    /// The user's id.
    #[schema(value_type = String)]
    user_id: &'a UserId,
    /// When the account was linked; for a password, when the user was created.
    #[serde(serialize_with = "timestamp::serialize")]
    created_at: Timestamp,
    /// When the provider last issued tokens; for a password, when it was last set.
    #[serde(serialize_with = "timestamp::serialize")]
    updated_at: Timestamp,
    /// The scopes that the provider granted; empty for a password.
    scopes: &'a [String],
}

impl<'a> AccountView<'a> {
    fn of_password(user: &'a User, set_at: Timestamp) -> Self {
        Self {
            id: user.id.as_str().to_owned(),
            provider_id: CREDENTIAL,
            account_id: user.id.as_str(),
            user_id: &user.id,
            created_at: user.created_at,
            updated_at: set_at,
            scopes: &[],
        }
    }
}

impl<'a> From<&'a LinkedAccount> for AccountView<'a> {
    fn from(account: &'a LinkedAccount) -> Self {
        Self {
            id: account.id.to_string(),
            provider_id: &account.provider,
            account_id: &account.subject,
            user_id: &account.user_id,
            created_at: account.created_at,
            updated_at: account.updated_at,
            scopes: &account.scopes,
        }
    }
}

/// List the ways to sign in.
///
/// An account of the provider `credential` is a password. The others are accounts at providers.
#[utoipa::path(tag = "social", security(("cookie" = []), ("bearer" = [])), responses(
    (status = 200, body = Vec<AccountView>, description = "The accounts"),
    (status = 401, body = Envelope, description = "No live session"),
))]
#[get("/list-accounts")]
pub async fn list_accounts(
    social: web::Data<Social>,
    SignedIn { user, .. }: SignedIn,
) -> Result<HttpResponse, ApiError> {
    let set_at = passwords::set_at(&social.pool, &user.id).await?;
    let linked = linked_accounts::of_user(&social.pool, &user.id).await?;
    let password = set_at.map(|set_at| AccountView::of_password(&user, set_at));
    let mut accounts: Vec<_> = password.into_iter().chain(linked.iter().map(AccountView::from)).collect();
    accounts.sort_by_key(|account| account.created_at);
    Ok(HttpResponse::Ok().json(accounts))
}
