//! `send-verification-email` and `change-email`.

use actix_web::{FromRequest, HttpRequest, HttpResponse, post, web};
use service_kit::envelope::Envelope;
use service_kit::security_log::Record;
use utoipa::ToSchema;

use super::super::service::Accounts;
use crate::error::{ApiError, RedirectTarget};
use crate::limits::MailRequester;
use crate::passwords::{self, SignUp};
use crate::protocol::body::{Body, Fields, Schema};
use crate::protocol::email_address::Email;
use crate::protocol::min_response_time::MinResponseTime;
use crate::protocol::redirect::CheckedTarget;
use crate::protocol::status::{DONE, Status};
use crate::security_event::SecurityEvent;
use crate::sessions::{MaybeSignedIn, SignedIn, WithBody};
use crate::users;
use crate::verifications::{NewLink, Purpose, Sending};

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
    accounts: web::Data<Accounts>,
    Body(form): Body<VerificationRequest>,
) -> Result<HttpResponse, ApiError> {
    if !accounts.mailer.is_enabled() {
        return Err(ApiError::VerificationEmailNotEnabled);
    }
    let client = accounts.log.client(&request);
    let current = MaybeSignedIn::extract(&request).await?;
    let callback = form.callback_url.as_ref();
    match current.signed_in() {
        Some(current) if current.user.email != form.email => return Err(ApiError::EmailMismatch),
        Some(current) if current.user.email_verified => return Err(ApiError::EmailAlreadyVerified),
        Some(current) => {
            let requester = MailRequester::new(accounts.log.network(&request), Some(&current.user.id));
            let link = Some(NewLink::VerifyEmail(&current.user));
            let event = current.event(SecurityEvent::EmailVerificationRequested, client);
            accounts.send_verification(&requester, link, (&form.email, callback), event).await?;
        }
        None => {
            let min_time = MinResponseTime::begin();
            let sent = accounts.send_to_stranger(&request, &form.email, callback).await;
            min_time.reach().await;
            sent?;
        }
    }
    Ok(HttpResponse::Ok().json(DONE))
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
    accounts: web::Data<Accounts>,
    WithBody { current, body }: WithBody<EmailChange>,
) -> Result<HttpResponse, ApiError> {
    if !accounts.settings.change_email {
        return Err(ApiError::ChangeEmailDisabled);
    }
    if body.new_email == current.user.email {
        return Err(ApiError::EmailIsTheSame);
    }
    // An unattended device must not be enough to take over the account (OWASP ASVS 5.0, 7.5.1).
    accounts.sessions.require_fresh(&current)?;
    let min_time = MinResponseTime::begin();
    let requester = MailRequester::new(accounts.log.network(&request), Some(&current.user.id));
    let event = current.event(SecurityEvent::EmailChangeRequested, accounts.log.client(&request));
    let sent = accounts.begin_change(&requester, &current, &body, event).await;
    min_time.reach().await;
    sent?;
    Ok(HttpResponse::Ok().json(DONE))
}

impl Accounts {
    /// Sends the link for a request without a session. It may be for a pending sign-up: the one of this browser, or
    /// else the newest.
    async fn send_to_stranger(
        &self,
        request: &HttpRequest,
        email: &Email,
        callback: Option<&CheckedTarget>,
    ) -> Result<(), ApiError> {
        let requester = &MailRequester::new(self.log.network(request), None);
        let user = users::find_by_email(&self.pool, email).await?;
        let sign_ups = passwords::find_sign_ups(&self.pool, email, self.clock.now()).await?;
        let own = |sign_up: &&SignUp| self.passwords.is_browser_of(request.headers(), &sign_up.id);
        let (link, id) = match (&user, sign_ups.iter().find(own).or(sign_ups.first())) {
            (Some(user), _) if user.email_verified => (None, None),
            (_, Some(sign_up)) => (Some(NewLink::CompleteSignUp(&sign_up.id, email)), Some(&sign_up.id)),
            (Some(user), None) => (Some(NewLink::VerifyEmail(user)), Some(&user.id)),
            (None, None) => (None, None),
        };
        let requested = SecurityEvent::EmailVerificationRequested.by(self.log.client(request));
        let event = match id {
            Some(id) => requested.user(id.as_str()),
            None => requested.reason("nothing_to_verify"),
        };
        self.send_verification(requester, link, (email, callback), event).await
    }

    /// Sends the link that verifies an email. If nobody can get it, a mail to `email` is counted and stored anyway:
    /// neither the limits nor the timing reveal whether a mail was sent.
    async fn send_verification(
        &self,
        requester: &MailRequester<'_>,
        link: Option<NewLink<'_>>,
        (email, callback): (&Email, Option<&CheckedTarget>),
        event: Record<'_>,
    ) -> Result<(), ApiError> {
        let now = self.clock.now();
        let transaction = self.pool.begin().await?;
        let sending = match link {
            Some(link) => self.mailer.send(&transaction, requester, link, callback, now).await?,
            None => {
                let subject = (email, Purpose::VerifyEmail);
                self.mailer.store_decoy_mail(&transaction, requester, subject, callback, now).await?;
                Sending::Stored
            }
        };
        self.mailer.finish(transaction, sending, (&self.log, Some(event))).await
    }

    /// Sends the first link of a change: to the current email if it has to confirm, or else to the new one. If another
    /// account has the new email, nobody gets a link, and the response must not reveal it.
    async fn begin_change(
        &self,
        requester: &MailRequester<'_>,
        current: &SignedIn,
        change: &EmailChange,
        event: Record<'_>,
    ) -> Result<(), ApiError> {
        if !self.mailer.is_enabled() {
            return Err(ApiError::ChangeEmailDisabled);
        }
        let (user, session, new_email) = (&current.user, current.session.id, &change.new_email);
        let link = if user.email_verified && self.settings.confirm_change_email {
            NewLink::ConfirmEmailChange(user, session, new_email)
        } else {
            NewLink::ChangeEmail(user, session, new_email)
        };
        let is_taken = users::find_by_email(&self.pool, new_email).await?.is_some();
        let (callback, now) = (change.callback_url.as_ref(), self.clock.now());
        let transaction = self.pool.begin().await?;
        let sending = if is_taken {
            self.mailer.send_decoy_link(&transaction, requester, link, callback, now).await?
        } else {
            self.mailer.send(&transaction, requester, link, callback, now).await?
        };
        if sending == Sending::Gone {
            return Err(ApiError::Unauthorized);
        }
        self.mailer.finish(transaction, sending, (&self.log, Some(event))).await
    }
}
