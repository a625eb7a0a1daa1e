//! `unlink-account`.

use actix_web::{HttpRequest, HttpResponse, post, web};
use service_kit::envelope::Envelope;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::service::Social;
use crate::email::{Addressee, Message};
use crate::error::{ApiError, SocialError};
use crate::limits::MailRequester;
use crate::linked_accounts;
use crate::protocol::body::{Fields, Schema};
use crate::protocol::status::{DONE, Status};
use crate::security_event::SecurityEvent;
use crate::sessions::{self, WithBody};
use crate::users::{self, User};
use crate::{passwords, verifications};

/// How mail calls the password.
const PASSWORD: &str = "your password";

/// An account to remove.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({"accountId": "01980f3c-7d3e-7c11-9f0b-2f9c1e6a5b40"}))]
pub struct AccountRemoval {
    /// The `id` of the account in `list-accounts`.
    account_id: String,
}

impl Schema for AccountRemoval {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { account_id: fields.string("accountId")?.to_owned() })
    }
}

/// Unlink an account.
///
/// Neither the account nor, if it is the one of the provider `credential`, the password can sign in any more. Requires a recent
/// sign-in. The last way to sign in cannot be removed.
#[utoipa::path(tag = "social", security(("cookie" = []), ("bearer" = [])), request_body = AccountRemoval, responses(
    (status = 200, body = Status, description = "The account was removed"),
    (status = 400, body = Envelope, description = "FAILED_TO_UNLINK_LAST_ACCOUNT, ACCOUNT_NOT_FOUND, VALIDATION_ERROR"),
    (status = 401, body = Envelope, description = "No live session"),
    (status = 403, body = Envelope, description = "SESSION_NOT_FRESH"),
))]
#[post("/unlink-account")]
pub async fn unlink_account(
    request: HttpRequest,
    social: web::Data<Social>,
    WithBody { current, body }: WithBody<AccountRemoval>,
) -> Result<HttpResponse, ApiError> {
    social.sessions.require_fresh(&current)?;
    let (user, now) = (&current.user, social.clock.now());
    let transaction = social.pool.begin().await?;
    // Of two requests for the last two accounts, one waits here for the other.
    if !users::lock_any_epoch(&transaction, &user.id).await?
        || !sessions::hold(&transaction, current.session.id, now).await?
    {
        return Err(ApiError::Unauthorized);
    }
    let has_password = passwords::set_at(&transaction, &user.id).await?.is_some();
    let linked = linked_accounts::of_user(&transaction, &user.id).await?;
    if usize::from(has_password) + linked.len() == 1 {
        return Err(SocialError::LastAccount.into());
    }
    let id = Uuid::parse_str(&body.account_id).ok();
    let account = linked.iter().find(|account| Some(account.id) == id);
    let removes_password = account.is_none() && has_password && body.account_id == user.id.as_str();
    if account.is_none() && !removes_password {
        return Err(SocialError::AccountNotFound.into());
    }
    // An account at a provider that is not configured any more signs nobody in.
    let others = linked.iter().filter(|other| account.is_none_or(|account| account.id != other.id));
    let is_left = others.into_iter().any(|other| social.providers.find(&other.provider).is_some());
    if !is_left && (removes_password || !has_password) {
        return Err(SocialError::LastAccount.into());
    }
    match account {
        Some(account) => linked_accounts::delete(&transaction, &user.id, account.id).await?,
        None => passwords::remove(&transaction, &user.id).await?,
    }
    // What was checked with it before does not count any more.
    let epoch = users::raise_epoch(&transaction, &user.id).await?;
    verifications::void(&transaction, &user.id).await?;
    let provider = account.and_then(|account| social.providers.find(&account.provider));
    let method = match (account, provider) {
        (Some(account), None) => &account.provider,
        (Some(_), Some(provider)) => &provider.name,
        (None, _) => PASSWORD,
    };
    let requester = MailRequester::described(&social.log, &request, &user.id);
    let message = Message::SignInMethodRemoved { method };
    social.mailer.notify(&transaction, &requester, Addressee::account(user), &message, now).await?;
    let event = current.event(SecurityEvent::AccountUnlinked, social.log.client(&request));
    social.mailer.commit(transaction, &[event]).await?;
    let mut response = HttpResponse::Ok().json(DONE);
    let user = User { credential_epoch: epoch, ..user.clone() };
    social.sessions.devices.remember(&mut response, &request, &user)?;
    Ok(response)
}
