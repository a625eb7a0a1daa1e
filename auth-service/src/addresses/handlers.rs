//! `send-verification-email` and `change-email`.

use actix_web::{FromRequest, HttpRequest, HttpResponse, post, web};
use service_kit::envelope::Envelope;
use shared_claims::UserId;
use utoipa::ToSchema;

use super::sending::{Asked, Change, Verified, send_change, send_verification_again};
use crate::error::{ApiError, RedirectTarget};
use crate::limits::Asker;
use crate::passwords::{self, SignUp};
use crate::protocol::body::{Body, Fields, Schema};
use crate::protocol::email_address::Email;
use crate::protocol::min_response_time::MinResponseTime;
use crate::protocol::redirect::CheckedTarget;
use crate::protocol::status::{DONE, Status};
use crate::security_event::{self, SecurityEvent};
use crate::sessions::{MaybeSignedIn, SignedIn, WithBody};
use crate::state::State;
use crate::users;

/// An email to verify.
#[derive(ToSchema)]
#[schema(example = json!({"email": "alice@example.com", "callbackURL": "/welcome"}))]
pub struct VerificationRequest {
    /// The account's email. With a session, the email of the signed-in user.
    #[schema(value_type = String, format = Email, max_length = 254)]
    email: Email,
    /// Where the link redirects to.
    #[schema(rename = "callbackURL", value_type = String, required = false)]
    callback_url: Option<CheckedTarget>,
}

impl Schema for VerificationRequest {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let email = fields.email("email");
        let callback_url = fields.optional_target(RedirectTarget::Callback).flatten();
        Some(Self { email: email?, callback_url })
    }
}

/// Send a verification link.
///
/// Without a session, neither the response nor its timing reveals whether the account exists and is verified.
#[utoipa::path(tag = "users", security((), ("cookie" = []), ("bearer" = [])), request_body = VerificationRequest,
    responses(
        (status = 200, body = Status, description = "The link was sent, unless there is nothing to verify"),
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
    let client = security_event::client(&state.settings.trusted_proxies, &request);
    let requested = SecurityEvent::EmailVerificationRequested.by(client);
    let current = MaybeSignedIn::extract(&request).await?;
    let callback = form.callback_url.as_ref();
    match current.signed_in() {
        Some(current) if current.user.email != form.email => return Err(ApiError::EmailMismatch),
        Some(current) if current.user.email_verified => return Err(ApiError::EmailAlreadyVerified),
        Some(current) => {
            let asker = Asker::of(&state.settings.trusted_proxies, &request, Some(&current.user.id));
            let whose = Some(Verified::User(&current.user));
            send_verification_again(&state, &asker, whose, &form.email, callback).await?;
            requested.user(current.user.id.as_str()).session(*current.session.id.as_uuid()).emit();
        }
        None => {
            let floor = MinResponseTime::begin();
            let sent = send_to_stranger(&state, &request, &form.email, callback).await;
            floor.reach().await;
            let id = sent?;
            id.as_ref()
                .map_or(requested.reason("nothing_to_verify"), |id| requested.user(id.as_str()))
                .emit();
        }
    }
    Ok(HttpResponse::Ok().json(DONE))
}

/// Who is not signed in may mean a sign-up that waits: the one of this browser, else the newest. Returns the user or sign-up
/// that a link was for, which the response must not show.
async fn send_to_stranger(
    state: &State,
    request: &HttpRequest,
    email: &Email,
    callback: Option<&CheckedTarget>,
) -> Result<Option<UserId>, ApiError> {
    let asker = &Asker::of(&state.settings.trusted_proxies, request, None);
    let user = users::find_by_email(&state.pool, email).await?;
    let sign_ups = passwords::find_sign_ups(&state.pool, email, state.clock.now()).await?;
    let own = |sign_up: &&SignUp| passwords::is_browser_of(&state.cookies, request.headers(), &sign_up.id);
    let whose = match (&user, sign_ups.iter().find(own).or(sign_ups.first())) {
        (Some(user), _) if user.email_verified => None,
        (_, Some(sign_up)) => Some(Verified::SignUp(&sign_up.id, email)),
        (Some(user), None) => Some(Verified::User(user)),
        (None, None) => None,
    };
    send_verification_again(state, asker, whose, email, callback).await?;
    Ok(whose.map(|whose| whose.id().clone()))
}

/// The email to change to.
#[derive(ToSchema)]
#[schema(example = json!({"newEmail": "alice.liddell@example.com", "callbackURL": "/settings"}))]
pub struct EmailChange {
    /// The new email.
    #[schema(rename = "newEmail", value_type = String, format = Email, max_length = 254)]
    new_email: Email,
    /// Where the link redirects to.
    #[schema(rename = "callbackURL", value_type = String, required = false)]
    callback_url: Option<CheckedTarget>,
}

impl Schema for EmailChange {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let new_email = fields.email("newEmail");
        let callback_url = fields.optional_target(RedirectTarget::Callback).flatten();
        Some(Self { new_email: new_email?, callback_url })
    }
}

/// Change the email.
///
/// Sends a link to the new email, which takes effect when the link is followed. With `CHANGE_EMAIL_CONFIRMATION`, a
/// verified current email gets a link first. Requires a fresh session, and the links expire with it. Neither the response
/// nor its timing reveals whether the new email is taken.
#[utoipa::path(tag = "users", security(("cookie" = []), ("bearer" = [])), request_body = EmailChange, responses(
    (status = 200, body = Status, description = "The link was sent, unless the email is taken"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, CHANGE_EMAIL_DISABLED, or the email is the current one"),
    (status = 401, body = Envelope, description = "No live session"),
    (status = 403, body = Envelope, description = "SESSION_NOT_FRESH"),
))]
#[post("/change-email")]
pub async fn change_email(
    request: HttpRequest,
    state: web::Data<State>,
    WithBody { current, body }: WithBody<EmailChange>,
) -> Result<HttpResponse, ApiError> {
    if !state.settings.accounts.change_email {
        return Err(ApiError::ChangeEmailDisabled);
    }
    if body.new_email == current.user.email {
        return Err(ApiError::EmailIsTheSame);
    }
    // An unattended device must not be enough to take the account over (OWASP ASVS 7.5.1).
    if !current.session.is_fresh(&state.settings.sessions, state.clock.now()) {
        return Err(ApiError::SessionNotFresh);
    }
    let floor = MinResponseTime::begin();
    let asker = Asker::of(&state.settings.trusted_proxies, &request, Some(&current.user.id));
    let sent = begin_change(&state, &asker, &current, &body).await;
    floor.reach().await;
    sent?;
    let client = security_event::client(&state.settings.trusted_proxies, &request);
    let event = SecurityEvent::EmailChangeRequested.by(client).user(current.user.id.as_str());
    event.session(*current.session.id.as_uuid()).emit();
    Ok(HttpResponse::Ok().json(DONE))
}

async fn begin_change(
    state: &State,
    asker: &Asker<'_>,
    current: &SignedIn,
    change: &EmailChange,
) -> Result<(), ApiError> {
    let Some(outbox) = &state.outbox else { return Err(ApiError::ChangeEmailDisabled) };
    let (user, new_email, now) = (&current.user, &change.new_email, state.clock.now());
    let confirms = user.email_verified && state.settings.accounts.confirm_change_email;
    let asked = if confirms { Asked::PresentAddress } else { Asked::NewAddress };
    let is_taken = users::find_by_email(&state.pool, new_email).await?.is_some();
    let transaction = state.pool.begin().await?;
    let callback = change.callback_url.as_ref();
    let change = Change { user, session: current.session.id, new_email, is_taken };
    if send_change(&transaction, state, asker, asked, change, callback, now).await? {
        transaction.commit().await?;
        outbox.wake();
    }
    Ok(())
}
