//! `send-verification-email` and `change-email`.

use actix_web::{FromRequest, HttpRequest, HttpResponse, post, web};
use service_kit::envelope::Envelope;
use service_kit::store::StoreError;
use utoipa::ToSchema;

use super::sending::{Asked, send_change, send_verification};
use crate::error::ApiError;
use crate::limits;
use crate::protocol::body::{Body, Fields, Schema};
use crate::protocol::floor::Floor;
use crate::protocol::status::{DONE, Status};
use crate::sessions::{MaybeSignedIn, WithBody};
use crate::state::State;
use crate::users::{self, Email, User};

/// Which address to verify.
#[derive(ToSchema)]
pub struct VerificationRequest {
    /// The account's address; one's own, if one is signed in.
    #[schema(value_type = String, format = Email)]
    email: Email,
    /// Where the link leads on to.
    #[schema(rename = "callbackURL")]
    callback_url: Option<String>,
}

impl Schema for VerificationRequest {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let email = fields.email("email");
        let callback_url = fields.optional_string("callbackURL");
        Some(Self { email: email?, callback_url: callback_url.map(str::to_owned) })
    }
}

/// Sends a link to verify an address. Without a session it answers the same, in the same time, whether there is such
/// an account, and whether it is verified.
#[utoipa::path(tag = "users", security((), ("cookie" = []), ("bearer" = [])), request_body = VerificationRequest,
    responses(
        (status = 200, body = Status, description = "Sent, or not told"),
        (status = 400, body = Envelope, description = "VALIDATION_ERROR, EMAIL_MISMATCH, EMAIL_ALREADY_VERIFIED, VERIFICATION_EMAIL_NOT_ENABLED"),
    ))]
#[post("/send-verification-email")]
pub async fn send_verification_email(
    request: HttpRequest,
    state: web::Data<State>,
    Body(form): Body<VerificationRequest>,
) -> Result<HttpResponse, ApiError> {
    if state.outbox.is_none() {
        return Err(ApiError::VerificationEmailNotEnabled);
    }
    let current = MaybeSignedIn::extract(&request).await?;
    let callback = form.callback_url.as_deref();
    match current.signed_in() {
        Some(current) if current.user.email != form.email => return Err(ApiError::EmailMismatch),
        Some(current) if current.user.email_verified => return Err(ApiError::EmailAlreadyVerified),
        Some(current) => send_to(&state, &current.user, callback).await?,
        None => {
            let floor = Floor::begin();
            let sent = send_to_stranger(&state, &form.email, callback).await;
            floor.reach().await;
            sent?;
        }
    }
    Ok(HttpResponse::Ok().json(DONE))
}

async fn send_to_stranger(state: &State, email: &Email, callback: Option<&str>) -> Result<(), ApiError> {
    let client = state.pool.get().await.map_err(StoreError::from)?;
    let user = users::find_by_email(&client, email).await?;
    drop(client);
    match user {
        Some(user) if !user.email_verified => send_to(state, &user, callback).await,
        Some(_) | None => Ok(()),
    }
}

async fn send_to(state: &State, user: &User, callback: Option<&str>) -> Result<(), ApiError> {
    let Some(outbox) = &state.outbox else { return Ok(()) };
    if !limits::may_write_to(state, &user.email).await? {
        return Ok(());
    }
    let mut client = state.pool.get().await.map_err(StoreError::from)?;
    let transaction = client.transaction().await.map_err(StoreError::from)?;
    send_verification(&transaction, state, user, callback, state.clock.now()).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    outbox.wake();
    Ok(())
}

/// The address to have.
#[derive(ToSchema)]
pub struct EmailChange {
    /// The new address.
    #[schema(rename = "newEmail", value_type = String, format = Email)]
    new_email: Email,
    /// Where the link leads on to.
    #[schema(rename = "callbackURL")]
    callback_url: Option<String>,
}

impl Schema for EmailChange {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let new_email = fields.email("newEmail");
        let callback_url = fields.optional_string("callbackURL");
        Some(Self { new_email: new_email?, callback_url: callback_url.map(str::to_owned) })
    }
}

/// Sends a link to the new address, which is the account's once the link was followed; or first one to the present
/// address, where that has to agree. Answers the same, in the same time, for an address that is taken.
#[utoipa::path(tag = "users", security(("cookie" = []), ("bearer" = [])), request_body = EmailChange, responses(
    (status = 200, body = Status, description = "Sent, or the address is taken"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, CHANGE_EMAIL_DISABLED, or the same address"),
    (status = 401, body = Envelope, description = "No live session"),
))]
#[post("/change-email")]
pub async fn change_email(
    state: web::Data<State>,
    WithBody { current, body }: WithBody<EmailChange>,
) -> Result<HttpResponse, ApiError> {
    if !state.settings.accounts.change_email {
        return Err(ApiError::ChangeEmailDisabled);
    }
    if body.new_email == current.user.email {
        return Err(ApiError::EmailIsTheSame);
    }
    let floor = Floor::begin();
    let sent = begin_change(&state, &current.user, &body).await;
    floor.reach().await;
    sent?;
    Ok(HttpResponse::Ok().json(DONE))
}

async fn begin_change(state: &State, user: &User, change: &EmailChange) -> Result<(), ApiError> {
    let Some(outbox) = &state.outbox else { return Err(ApiError::ChangeEmailDisabled) };
    if !limits::may_write_to(state, &change.new_email).await? {
        return Ok(());
    }
    let mut client = state.pool.get().await.map_err(StoreError::from)?;
    if users::find_by_email(&client, &change.new_email).await?.is_some() {
        return Ok(());
    }
    let transaction = client.transaction().await.map_err(StoreError::from)?;
    let confirms = user.email_verified && state.settings.accounts.confirm_change_email;
    let asked = if confirms { Asked::PresentAddress } else { Asked::NewAddress };
    let (to_what, callback) = ((user, &change.new_email), change.callback_url.as_deref());
    send_change(&transaction, state, asked, to_what, callback, state.clock.now()).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    outbox.wake();
    Ok(())
}
