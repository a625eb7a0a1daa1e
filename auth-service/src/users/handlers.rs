//! `update-user` and `delete-user`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::Serialize;
use service_kit::envelope::Envelope;
use service_kit::security_log::Client;
use utoipa::ToSchema;

use super::model::{CredentialEpoch, MAX_IMAGE, MAX_NAME};
use super::store;
use crate::email::{Addressee, Message};
use crate::error::{ApiError, LinkRefusal, RedirectTarget};
use crate::limits::Asker;
use crate::passwords;
use crate::protocol::body::{Fields, Schema};
use crate::protocol::query::{Query, QuerySchema};
use crate::protocol::redirect::{self, CheckedTarget};
use crate::protocol::status::{DONE, Status};
use crate::security_event::{self, SecurityEvent};
use crate::sessions::{self, MaybeSignedIn, SignedIn, WithBody};
use crate::state::State;
use crate::verifications::{self, LinkToken, NewLink, Purpose};

/// The fields to change: `name`, `image` or both. Absent fields keep their values.
#[derive(ToSchema)]
#[schema(example = json!({"name": "Alice Liddell", "image": null}))]
pub struct UserChange {
    /// The user's name: up to 100 characters.
    #[schema(value_type = String, required = false, max_length = 100)]
    name: Option<String>,
    /// URL of a picture: absolute, relative, or a `data:` URL of an image. `null` removes it. `javascript:`, `vbscript:` and
    /// `file:` URLs are refused.
    #[schema(value_type = Option<String>, max_length = 2048)]
    image: Option<Option<String>>,
    #[schema(ignore)]
    names_email: bool,
}

impl Schema for UserChange {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["record"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let name = fields.optional_string("name");
        fields.at_most("name", name, MAX_NAME);
        let image = fields.nullable_string("image");
        fields.at_most("image", image.flatten(), MAX_IMAGE);
        fields.safe_image("image", image.flatten());
        Some(Self {
            name: name.map(str::to_owned),
            image: image.map(|image| image.map(str::to_owned)),
            names_email: fields.is_truthy("email"),
        })
    }
}

/// Update the user.
///
/// Changes the name, the picture or both.
#[utoipa::path(tag = "users", security(("cookie" = []), ("bearer" = [])), request_body = UserChange, responses(
    (status = 200, body = Status, description = "The user was updated"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, EMAIL_CAN_NOT_BE_UPDATED, or nothing to change"),
    (status = 401, body = Envelope, description = "No live session"),
))]
#[post("/update-user")]
pub async fn update_user(
    request: HttpRequest,
    state: web::Data<State>,
    WithBody { current, body }: WithBody<UserChange>,
) -> Result<HttpResponse, ApiError> {
    if body.names_email {
        return Err(ApiError::EmailCanNotBeUpdated);
    }
    if body.name.is_none() && body.image.is_none() {
        return Err(ApiError::NoFieldsToUpdate);
    }
    let image = body.image.as_ref().map(Option::as_deref);
    store::update(&state.pool, &current.user.id, body.name.as_deref(), image, state.clock.now()).await?;
    let client = security_event::client(&state.settings.trusted_proxies, &request);
    record(SecurityEvent::UserUpdated, client, &current);
    let mut response = HttpResponse::Ok().json(DONE);
    sessions::set_cookies(&mut response, &state, &request, &current);
    Ok(response)
}

/// How the user confirms the deletion.
#[derive(ToSchema)]
#[schema(example = json!({"password": "correct horse battery"}))]
pub struct Deletion {
    /// The password. Required if the session is not fresh.
    #[schema(value_type = String, required = false)]
    password: Option<String>,
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
        let given = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        Some(Self { password: given(password), token: given(token), callback_url })
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
    state: web::Data<State>,
    WithBody { current, body }: WithBody<Deletion>,
) -> Result<HttpResponse, ApiError> {
    let accounts = &state.settings.accounts;
    if !accounts.delete_user {
        return Err(ApiError::NoSuchEndpoint);
    }
    let epoch = match &body.password {
        Some(password) => passwords::confirm(&state, &request, &current.user, password).await?,
        None => current.user.credential_epoch,
    };
    let client = security_event::client(&state.settings.trusted_proxies, &request);
    if let Some(token) = &body.token {
        delete_by_link(&state, client, &current, token).await?;
        return Ok(deleted(&state));
    }
    if accounts.delete_user_by_mail {
        let asker = Asker::of(&state.settings.trusted_proxies, &request, Some(&current.user.id));
        send_link(&state, &asker, &current, body.callback_url.as_ref()).await?;
        record(SecurityEvent::UserDeletionRequested, client, &current);
        return Ok(HttpResponse::Ok().json(MAIL_SENT));
    }
    if body.password.is_none() && !current.session.is_fresh(&state.settings.sessions, state.clock.now()) {
        return Err(ApiError::SessionExpired);
    }
    delete_at_once(&state, &current, epoch).await?;
    record(SecurityEvent::UserDeleted, client, &current);
    Ok(deleted(&state))
}

/// Only while what was checked still holds: the credential of `epoch`, and the session.
async fn delete_at_once(state: &State, current: &SignedIn, epoch: CredentialEpoch) -> Result<(), ApiError> {
    let transaction = state.pool.begin().await?;
    if !store::lock(&transaction, &current.user.id, epoch).await?
        || !sessions::hold(&transaction, current.session.id, state.clock.now()).await?
    {
        return Err(ApiError::Unauthorized);
    }
    store::delete(&transaction, &current.user.id).await?;
    Ok(transaction.commit().await?)
}

/// The query of the link in the mail.
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
    state: web::Data<State>,
    Query(link): Query<DeletionLink>,
    current: MaybeSignedIn,
) -> Result<HttpResponse, ApiError> {
    if !state.settings.accounts.delete_user {
        return Err(ApiError::NoSuchEndpoint);
    }
    let current = current.signed_in().ok_or(ApiError::FailedToGetUserInfo)?;
    let client = security_event::client(&state.settings.trusted_proxies, &request);
    delete_by_link(&state, client, current, &link.token).await?;
    let mut response = match &link.callback_url {
        Some(target) => redirect::found(target),
        None => return Ok(deleted(&state)),
    };
    sessions::clear_cookies_of(&mut response, &state);
    Ok(response)
}

/// The token alone decides: used up and the user deleted together, or neither.
async fn delete_by_link(
    state: &State,
    client: Client,
    current: &SignedIn,
    token: &str,
) -> Result<(), ApiError> {
    let user = &current.user;
    let token = LinkToken::from(token);
    let link = verifications::find(&state.pool, &token).await?;
    let transaction = state.pool.begin().await?;
    let theirs = link.is_some_and(|link| link.belongs_to(user));
    if !theirs || !verifications::use_up(&transaction, &token, Purpose::DeleteUser, state.clock.now()).await?
    {
        let event = SecurityEvent::LinkRefused.by(client).user(user.id.as_str());
        let event = event.link(Purpose::DeleteUser.as_str()).reason(LinkRefusal::InvalidToken.reason());
        state.throttle.emit(event, &user.id, state.clock.now());
        return Err(ApiError::Link(StatusCode::NOT_FOUND, LinkRefusal::InvalidToken));
    }
    store::delete(&transaction, &user.id).await?;
    transaction.commit().await?;
    let used = SecurityEvent::LinkUsed.by(client).user(user.id.as_str());
    used.session(*current.session.id.as_uuid()).link(Purpose::DeleteUser.as_str()).emit();
    record(SecurityEvent::UserDeleted, client, current);
    Ok(())
}

/// Records what a session did to its own user.
fn record(event: SecurityEvent, client: Client, current: &SignedIn) {
    event.by(client).user(current.user.id.as_str()).session(*current.session.id.as_uuid()).emit();
}

async fn send_link(
    state: &State,
    asker: &Asker<'_>,
    current: &SignedIn,
    callback: Option<&CheckedTarget>,
) -> Result<(), ApiError> {
    let user = &current.user;
    let Some(outbox) = &state.outbox else { return Err(ApiError::NoSuchEndpoint) };
    let (token, now) = (LinkToken::generate()?, state.clock.now());
    let transaction = state.pool.begin().await?;
    let link = NewLink::DeleteUser(user, current.session.id);
    let lifetimes = &state.settings.link_lifetimes;
    let created = verifications::create(&transaction, link, lifetimes, &token, now).await?;
    let expires_at = created.ok_or(ApiError::Unauthorized)?;
    let link = state.settings.links.delete_user(&token, callback);
    let (to, message) = (Addressee::account(user), Message::DeleteAccount { link: &link });
    if outbox.put(&transaction, asker, to, &message, expires_at, now).await? {
        transaction.commit().await?;
        outbox.wake();
    }
    Ok(())
}

fn deleted(state: &State) -> HttpResponse {
    let mut response = HttpResponse::Ok().json(DELETED);
    sessions::clear_cookies_of(&mut response, state);
    response
}
