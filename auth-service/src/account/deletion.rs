//! `delete-user`

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use secrecy::SecretString;
use serde::Serialize;
use service_kit::envelope::Envelope;
use service_kit::security_log::{Client, Record};
use utoipa::ToSchema;

use super::service::Accounts;
use crate::audit;
use crate::error::{ApiError, LinkRefusal, RedirectTarget};
use crate::limits::MailRequester;
use crate::protocol::body::{Fields, Schema};
use crate::protocol::query::{Query, QuerySchema};
use crate::protocol::redirect::{self, CheckedTarget};
use crate::security_event::SecurityEvent;
use crate::sessions::{self, MaybeSignedIn, SignedIn, WithBody};
use crate::users::{self, CredentialEpoch};
use crate::verifications::{self, LinkToken, NewLink, Purpose, Sending};

/// How the user confirms the deletion.
#[derive(ToSchema)]
#[schema(example = json!({"password": "correct horse battery"}))]
pub struct Deletion {
    /// The password. Required if the session is not fresh.
    #[schema(value_type = String, required = false)]
    password: Option<SecretString>,
    /// The token of a deletion link.
    #[schema(value_type = String, required = false)]
    token: Option<String>,
    /// Where the link in the email redirects to.
    #[schema(rename = "callbackURL", value_type = String, required = false)]
    callback_url: Option<CheckedTarget>,
}

impl Schema for Deletion {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let callback_url = fields.optional_target(RedirectTarget::Callback).flatten();
        let password = fields.optional_password("password");
        let token = fields.optional_string("token");
        let token = token.filter(|token| !token.is_empty()).map(str::to_owned);
        Some(Self { password, token, callback_url })
    }
}

/// The outcome of a deletion.
#[derive(Serialize, ToSchema)]
struct Deleted {
    /// Always true.
    success: bool,
    /// Whether the account was deleted or a link was sent.
    message: &'static str,
}

const DELETED: Deleted = Deleted { success: true, message: "User deleted" };
const MAIL_SENT: Deleted = Deleted { success: true, message: "Verification email sent" };

/// Delete the account.
///
/// Requires the password, the token of a link, or a fresh session. With `DELETE_USER_VERIFICATION`, the password or the
/// fresh session sends that link, and its token deletes the account.
#[utoipa::path(tag = "users", security(("cookie" = []), ("bearer" = [])), request_body = Deletion, responses(
    (status = 200, body = Deleted, description = "The account was deleted, or the link was sent"),
    (status = 400, body = Envelope, description = "INVALID_PASSWORD, CREDENTIAL_ACCOUNT_NOT_FOUND, SESSION_EXPIRED"),
    (status = 401, body = Envelope, description = "No live session"),
    (status = 404, body = Envelope, description = "Disabled (no body), or INVALID_TOKEN"),
))]
#[post("/delete-user")]
pub async fn delete_user(
    request: HttpRequest,
    accounts: web::Data<Accounts>,
    WithBody { current, body }: WithBody<Deletion>,
) -> Result<HttpResponse, ApiError> {
    if !accounts.settings.delete_user {
        return Err(ApiError::NoSuchEndpoint);
    }
    let epoch = match &body.password {
        Some(password) => accounts.passwords.confirm(&request, &current.user, password).await?,
        None => current.user.credential_epoch,
    };
    let client = accounts.log.client(&request);
    if let Some(token) = &body.token {
        accounts.delete_by_link(client, &current, token).await?;
        return Ok(deleted(&accounts));
    }
    if accounts.settings.delete_user_by_mail {
        let requester = MailRequester::new(accounts.log.network(&request), Some(&current.user.id));
        let event = current.event(SecurityEvent::UserDeletionRequested, client);
        accounts.send_deletion_link(&requester, &current, body.callback_url.as_ref(), event).await?;
        return Ok(HttpResponse::Ok().json(MAIL_SENT));
    }
    if body.password.is_none() && !accounts.sessions.is_fresh(&current) {
        return Err(ApiError::SessionExpired);
    }
    accounts.delete_at_once(&current, epoch, client).await?;
    Ok(deleted(&accounts))
}

/// The query of a deletion link.
pub struct DeletionLink {
    token: String,
    callback_url: Option<CheckedTarget>,
}

impl QuerySchema for DeletionLink {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let token = fields.string("token");
        let callback_url = fields.optional_target(RedirectTarget::Callback).flatten();
        Some(Self { token: token?.to_owned(), callback_url })
    }
}

/// Delete the account by a link.
///
/// Requires a session of the account that the link was sent to.
#[utoipa::path(tag = "users", security(("cookie" = []), ("bearer" = [])),
    params(("token" = String, Query, description = "The token of the link"), ("callbackURL" = Option<String>, Query, description = "Where the browser is redirected to")),
    responses(
        (status = 200, body = Deleted, description = "The account was deleted"),
        (status = 302, description = "The account was deleted: redirects to `callbackURL`"),
        (status = 404, body = Envelope, description = "Disabled (no body), no session, or INVALID_TOKEN"),
    ))]
#[get("/delete-user/callback")]
pub async fn delete_user_callback(
    request: HttpRequest,
    accounts: web::Data<Accounts>,
    Query(link): Query<DeletionLink>,
    current: MaybeSignedIn,
) -> Result<HttpResponse, ApiError> {
    if !accounts.settings.delete_user {
        return Err(ApiError::NoSuchEndpoint);
    }
    let current = current.signed_in().ok_or(ApiError::FailedToGetUserInfo)?;
    accounts.delete_by_link(accounts.log.client(&request), current, &link.token).await?;
    let mut response = match &link.callback_url {
        Some(target) => redirect::found(target),
        None => return Ok(deleted(&accounts)),
    };
    accounts.sessions.clear_cookies(&mut response);
    Ok(response)
}

fn deleted(accounts: &Accounts) -> HttpResponse {
    let mut response = HttpResponse::Ok().json(DELETED);
    accounts.sessions.clear_cookies(&mut response);
    response
}

impl Accounts {
    /// Deletes the account if what was checked still holds: the credential of `epoch` and the session.
    async fn delete_at_once(
        &self,
        current: &SignedIn,
        epoch: CredentialEpoch,
        client: Client,
    ) -> Result<(), ApiError> {
        let transaction = self.pool.begin().await?;
        if !users::lock(&transaction, &current.user.id, epoch).await?
            || !sessions::hold(&transaction, current.session.id, self.clock.now()).await?
        {
            return Err(ApiError::Unauthorized);
        }
        users::delete(&transaction, &current.user.id).await?;
        Ok(audit::commit(transaction, &[current.event(SecurityEvent::UserDeleted, client)]).await?)
    }

    /// Deletes the account if the token is valid. The token is used up and the user deleted in one transaction.
    async fn delete_by_link(&self, client: Client, current: &SignedIn, token: &str) -> Result<(), ApiError> {
        let user = &current.user;
        let token = LinkToken::from(token);
        let link = verifications::find(&self.pool, &token).await?;
        let transaction = self.pool.begin().await?;
        let theirs = link.is_some_and(|link| link.belongs_to(user));
        let now = self.clock.now();
        if !theirs || !verifications::use_up(&transaction, &token, Purpose::DeleteUser, now).await? {
            let event = SecurityEvent::LinkRefused.by(client).user(user.id.as_str());
            let event = event.link(Purpose::DeleteUser.as_str()).reason(LinkRefusal::InvalidToken.reason());
            self.log.throttled(event, &user.id);
            return Err(ApiError::Link(StatusCode::NOT_FOUND, LinkRefusal::InvalidToken));
        }
        users::delete(&transaction, &user.id).await?;
        let used = current.event(SecurityEvent::LinkUsed, client).link(Purpose::DeleteUser.as_str());
        let deleted = current.event(SecurityEvent::UserDeleted, client);
        Ok(audit::commit(transaction, &[used, deleted]).await?)
    }

    async fn send_deletion_link(
        &self,
        requester: &MailRequester<'_>,
        current: &SignedIn,
        callback: Option<&CheckedTarget>,
        event: Record<'_>,
    ) -> Result<(), ApiError> {
        if !self.mailer.is_enabled() {
            return Err(ApiError::NoSuchEndpoint);
        }
        let transaction = self.pool.begin().await?;
        let link = NewLink::DeleteUser(&current.user, current.session.id);
        let sending = self.mailer.send(&transaction, requester, link, callback, self.clock.now()).await?;
        if sending == Sending::Gone {
            return Err(ApiError::Unauthorized);
        }
        self.mailer.finish(transaction, sending, (&self.log, Some(event))).await
    }
}
