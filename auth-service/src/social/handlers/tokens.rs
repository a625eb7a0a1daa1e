//! `account-info`, `get-access-token` and `refresh-token`: what a provider knows of its user, and its tokens, for pages that call
//! its API.

use actix_web::{HttpResponse, get, post, web};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use serde_json::{Map, Value};
use service_kit::envelope::Envelope;
use utoipa::ToSchema;

use super::super::service::Social;
use crate::error::{ApiError, SocialError};
use crate::protocol::body::{Fields, Schema};
use crate::protocol::email_address::Email;
use crate::protocol::query::{Query, QuerySchema};
use crate::protocol::timestamp;
use crate::providers::{Profile, Provider};
use crate::sessions::{SignedIn, WithBody};

/// Which account is meant.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({"accountId": "01980f3c-7d3e-7c11-9f0b-2f9c1e6a5b40"}))]
pub struct AccountChoice {
    /// The `id` of the account in `list-accounts`.
    account_id: String,
}

impl AccountChoice {
    /// Better Auth's other way to choose, a cookie with the account, does not exist here: nothing is found by it.
    fn parse(fields: &mut Fields<'_>) -> Option<Self> {
        let by_cookie = fields.is_true("useAccountCookie");
        let is_known =
            |name: &str| name == "userId" || name == if by_cookie { "useAccountCookie" } else { "accountId" };
        let id = fields.text("accountId");
        let user = fields.contain("userId").then(|| fields.text("userId"));
        if !fields.names().all(is_known) || (!by_cookie && id.is_none()) || user == Some(None) {
            fields.reject_all("Invalid input");
            return None;
        }
        Some(Self { account_id: id.unwrap_or_default().to_owned() })
    }
}

impl Schema for AccountChoice {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Self::parse(fields)
    }
}

impl QuerySchema for AccountChoice {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Self::parse(fields)
    }
}

/// The provider's profile of a user, and the account.
#[derive(Serialize, ToSchema)]
struct AccountInfo<'a> {
    /// The user, in the names of this service.
    user: ProfileView<'a>,
    /// Everything that the provider says.
    #[schema(value_type = Object)]
    data: &'a Map<String, Value>,
    /// The account.
    account: AccountName<'a>,
}

/// A user as a provider knows them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProfileView<'a> {
    /// The name.
    name: &'a str,
    /// The email.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    /// URL of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    /// Whether the provider has verified the email.
    email_verified: bool,
}

/// The names of a linked account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AccountName<'a> {
    /// The `id` of the account in `list-accounts`.
    id: String,
    /// The provider's id.
    provider_id: &'a str,
    /// The user's id at the provider.
    account_id: &'a str,
}

impl<'a> From<&'a Profile> for ProfileView<'a> {
    fn from(profile: &'a Profile) -> Self {
        Self {
            name: &profile.name,
            email: profile.email.as_ref().map(Email::as_str),
            image: profile.image.as_deref(),
            email_verified: profile.email_verified,
        }
    }
}

/// Get the provider's profile.
///
/// What the provider knows of the user now.
#[utoipa::path(tag = "social", security(("cookie" = []), ("bearer" = [])),
    params(("accountId" = String, Query, description = "The `id` of the account in list-accounts")),
    responses(
        (status = 200, body = AccountInfo, description = "The profile"),
        (status = 400, body = Envelope, description = "ACCOUNT_NOT_FOUND, PROVIDER_NOT_CONFIGURED, ACCESS_TOKEN_NOT_FOUND, FAILED_TO_GET_ACCESS_TOKEN, VALIDATION_ERROR"),
        (status = 401, body = Envelope, description = "No live session; FAILED_TO_GET_USER_INFO"),
    ))]
#[get("/account-info")]
pub async fn account_info(
    social: web::Data<Social>,
    Query(choice): Query<AccountChoice>,
    SignedIn { user, .. }: SignedIn,
) -> Result<HttpResponse, ApiError> {
    let account = social.account(&user, &choice.account_id).await?;
    let provider = social.providers.find(&account.provider).ok_or(SocialError::ProviderNotConfigured)?;
    let current = social.valid_tokens(provider, &account).await?;
    let access = current.tokens.access.as_ref().ok_or(SocialError::NoAccessToken)?;
    let now = social.clock.now();
    let profile = provider.current_profile(access, current.tokens.id.as_ref(), now).await;
    let profile = profile.map_err(|error| {
        tracing::warn!(provider = provider.id, %error, "profile could not be read");
        ApiError::from(SocialError::NoProfile)
    })?;
    let account = AccountName {
        id: account.id.to_string(),
        provider_id: &account.provider,
        account_id: &account.subject,
    };
    Ok(HttpResponse::Ok().json(AccountInfo { user: (&profile).into(), data: &profile.data, account }))
}

/// An access token that is valid now.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ValidToken<'a> {
    /// The access token of the provider; empty if it issued none.
    access_token: &'a str,
    /// When it expires, if the provider said so.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "timestamp::serialize_optional")]
    access_token_expires_at: Option<Timestamp>,
    /// The scopes that were granted when the account was linked.
    scopes: &'a [String],
    /// The ID token of the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<&'a str>,
}

/// Get an access token of the provider.
///
/// For its API. Refreshes it if it has expired.
#[utoipa::path(tag = "social", security(("cookie" = []), ("bearer" = [])), request_body = AccountChoice, responses(
    (status = 200, body = ValidToken, description = "The token"),
    (status = 400, body = Envelope, description = "ACCOUNT_NOT_FOUND, PROVIDER_NOT_SUPPORTED, FAILED_TO_GET_ACCESS_TOKEN, VALIDATION_ERROR"),
    (status = 401, body = Envelope, description = "No live session"),
))]
#[post("/get-access-token")]
pub async fn get_access_token(
    social: web::Data<Social>,
    WithBody { current, body }: WithBody<AccountChoice>,
) -> Result<HttpResponse, ApiError> {
    let account = social.account(&current.user, &body.account_id).await?;
    let provider = social.configured(&account.provider)?;
    let valid = social.valid_tokens(provider, &account).await?;
    Ok(HttpResponse::Ok().json(ValidToken {
        access_token: exposed(valid.tokens.access.as_ref()).unwrap_or_default(),
        access_token_expires_at: valid.access_expires_at,
        scopes: &account.scopes,
        id_token: exposed(valid.tokens.id.as_ref()),
    }))
}

/// New tokens of a provider.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RefreshedTokens<'a> {
    /// The access token of the provider.
    access_token: &'a str,
    /// The refresh token of the provider.
    refresh_token: &'a str,
    /// When the access token expires, if the provider said so.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "timestamp::serialize_optional")]
    access_token_expires_at: Option<Timestamp>,
    /// When the refresh token expires; null if the provider never said so.
    #[serde(serialize_with = "timestamp::serialize_optional")]
    refresh_token_expires_at: Option<Timestamp>,
    /// The scopes that were granted when the account was linked, separated by commas.
    scope: String,
    /// The ID token of the provider; null if it issued none.
    id_token: Option<&'a str>,
    /// The provider's id.
    provider_id: &'a str,
    /// The `id` of the account in `list-accounts`.
    account_id: String,
}

/// Refresh the access token of the provider.
///
/// Also if it has not expired.
#[utoipa::path(tag = "social", security(("cookie" = []), ("bearer" = [])), request_body = AccountChoice, responses(
    (status = 200, body = RefreshedTokens, description = "The new tokens"),
    (status = 400, body = Envelope, description = "ACCOUNT_NOT_FOUND, PROVIDER_NOT_SUPPORTED, REFRESH_TOKEN_NOT_FOUND, FAILED_TO_REFRESH_ACCESS_TOKEN, VALIDATION_ERROR"),
    (status = 401, body = Envelope, description = "No live session"),
))]
#[post("/refresh-token")]
pub async fn refresh_token(
    social: web::Data<Social>,
    WithBody { current, body }: WithBody<AccountChoice>,
) -> Result<HttpResponse, ApiError> {
    let account = social.account(&current.user, &body.account_id).await?;
    let provider = social.configured(&account.provider)?;
    let new = social.refresh(provider, &account).await?;
    Ok(HttpResponse::Ok().json(RefreshedTokens {
        access_token: exposed(new.tokens.access.as_ref()).unwrap_or_default(),
        refresh_token: exposed(new.tokens.refresh.as_ref()).unwrap_or_default(),
        access_token_expires_at: new.access_expires_at,
        refresh_token_expires_at: new.refresh_expires_at,
        scope: account.scopes.join(","),
        id_token: exposed(new.tokens.id.as_ref()),
        provider_id: &account.provider,
        account_id: account.id.to_string(),
    }))
}

/// A token in plain text, for its owner.
fn exposed(token: Option<&SecretString>) -> Option<&str> {
    token.map(ExposeSecret::expose_secret)
}

impl Social {
    fn configured(&self, id: &str) -> Result<&Provider, ApiError> {
        self.providers.find(id).ok_or_else(|| SocialError::ProviderNotSupported(id.to_owned()).into())
    }
}
