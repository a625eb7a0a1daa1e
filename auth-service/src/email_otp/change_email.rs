//! `email-otp/request-email-change` and `email-otp/change-email`

use actix_web::{HttpRequest, HttpResponse, post, web};
use jiff::Timestamp;
use service_kit::database::Transaction;
use service_kit::envelope::Envelope;
use utoipa::ToSchema;

use super::sending::email_text;
use super::service::{EmailOtp, email};
use crate::account::Accounts;
use crate::audit;
use crate::codes::{Binding, Code, Purpose, Subject};
use crate::email::Message;
use crate::error::{ApiError, CodeError};
use crate::limits::MailRequester;
use crate::protocol::body::{Fields, Schema};
use crate::protocol::email_address::Email;
use crate::protocol::min_response_time::MinResponseTime;
use crate::protocol::service::Enabled;
use crate::protocol::status::{SUCCESS, Success};
use crate::security_event::SecurityEvent;
use crate::sessions::{self, SignedIn, WithBody};
use crate::users::{self, User};

/// The email to change to.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({"newEmail": "alice.liddell@example.com"}))]
pub struct EmailChangeRequest {
    /// The new email.
    #[schema(format = Email, max_length = 254)]
    new_email: String,
    /// A code for `email-verification` that was sent to the current email. `CHANGE_EMAIL_CONFIRMATION` requires it if the
    /// current email is verified.
    #[schema(value_type = String, required = false)]
    otp: Option<Code>,
}

impl Schema for EmailChangeRequest {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let new_email = email_text(fields, "newEmail");
        let otp = fields.optional_string("otp").filter(|otp| !otp.is_empty());
        Some(Self { new_email: new_email?.to_owned(), otp: otp.map(Code::from) })
    }
}

/// The new email, and the code that was sent to it.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase", example = json!({"newEmail": "alice.liddell@example.com", "otp": "123456"}))]
pub struct EmailChangeByCode {
    /// The new email.
    #[schema(format = Email, max_length = 254)]
    new_email: String,
    /// The code.
    #[schema(value_type = String)]
    otp: Code,
}

impl Schema for EmailChangeByCode {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let new_email = email_text(fields, "newEmail");
        let otp = fields.string("otp");
        Some(Self { new_email: new_email?.to_owned(), otp: Code::from(otp?) })
    }
}

/// Request a code that changes the email.
///
/// The code is sent to the new email. Requires a fresh session, and the code expires with it. Neither the response nor its
/// timing reveals whether the new email is taken.
#[utoipa::path(tag = "users", security(("cookie" = []), ("bearer" = [])), request_body = EmailChangeRequest, responses(
    (status = 200, body = Success, description = "The code was sent, unless the email is taken"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, INVALID_EMAIL, INVALID_OTP, OTP_EXPIRED, or without a code: disabled, the email is the current one, or the code from it is missing"),
    (status = 401, body = Envelope, description = "No live session"),
    (status = 403, body = Envelope, description = "SESSION_NOT_FRESH, TOO_MANY_ATTEMPTS"),
    (status = 404, description = "Disabled (no body)"),
    (status = 429, description = "Too many requests from this client or wrong codes for this account; wait for X-Retry-After seconds"),
))]
#[post("/email-otp/request-email-change")]
pub async fn request_email_change(
    otp: Enabled<EmailOtp>,
    accounts: web::Data<Accounts>,
    request: HttpRequest,
    WithBody { current, body }: WithBody<EmailChangeRequest>,
) -> Result<HttpResponse, ApiError> {
    let new_email = new_email(&accounts, &current, &body.new_email)?;
    let needs_code = accounts.settings.confirm_change_email && current.user.email_verified;
    let code = match body.otp.as_ref().filter(|_| needs_code) {
        None if needs_code => return Err(CodeError::CurrentEmailUnproven.into()),
        code => code,
    };
    let min_time = MinResponseTime::begin();
    let sent = otp.send_to_new_email(&request, &current, &new_email, code).await;
    min_time.reach().await;
    sent?;
    Ok(HttpResponse::Ok().json(SUCCESS))
}

/// Change the email by a code.
///
/// Requires the fresh session that requested the code.
#[utoipa::path(tag = "users", security(("cookie" = []), ("bearer" = [])), request_body = EmailChangeByCode, responses(
    (status = 200, body = Success, description = "The email was changed, and is verified"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, INVALID_EMAIL, INVALID_OTP, OTP_EXPIRED, or without a code: disabled, or the email is the current one or taken"),
    (status = 401, body = Envelope, description = "No live session"),
    (status = 403, body = Envelope, description = "SESSION_NOT_FRESH, TOO_MANY_ATTEMPTS"),
    (status = 404, description = "Disabled (no body)"),
    (status = 429, description = "Too many requests from this client or wrong codes for this account; wait for X-Retry-After seconds"),
))]
#[post("/email-otp/change-email")]
pub async fn change_email_by_code(
    otp: Enabled<EmailOtp>,
    accounts: web::Data<Accounts>,
    request: HttpRequest,
    WithBody { current, body }: WithBody<EmailChangeByCode>,
) -> Result<HttpResponse, ApiError> {
    let new_email = new_email(&accounts, &current, &body.new_email)?;
    let check = otp.change(&accounts, &request, &current, (&new_email, &body.otp));
    let account = (Purpose::ChangeEmail, &current.user.email, Some(&current.user));
    let user = otp.attempt(&request, account, check).await?;
    let current = SignedIn { user, ..current };
    let mut response = HttpResponse::Ok().json(SUCCESS);
    accounts.sessions.set_cookies(&mut response, &request, &current);
    Ok(response)
}

/// Reads the new email, if this session may change the email.
fn new_email(accounts: &Accounts, current: &SignedIn, text: &str) -> Result<Email, ApiError> {
    if !accounts.settings.change_email {
        return Err(CodeError::ChangeEmailDisabled.into());
    }
    let new_email = email(text)?;
    if new_email == current.user.email {
        return Err(ApiError::EmailIsTheSame);
    }
    // An unattended device must not be enough to take over the account (OWASP ASVS 5.0, 7.5.1).
    accounts.sessions.require_fresh(current)?;
    Ok(new_email)
}

impl EmailOtp {
    /// Locks the account and the session of a request until the transaction ends, before any code is locked.
    async fn hold(
        &self,
        transaction: &Transaction,
        current: &SignedIn,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let user = &current.user;
        let holds = users::lock(transaction, &user.id, user.credential_epoch).await?
            && sessions::hold(transaction, current.session.id, now).await?;
        if holds { Ok(()) } else { Err(ApiError::Unauthorized) }
    }

    async fn send_to_new_email(
        &self,
        request: &HttpRequest,
        current: &SignedIn,
        new_email: &Email,
        code: Option<&Code>,
    ) -> Result<(), ApiError> {
        let user = &current.user;
        if let Some(code) = code {
            let subject = Subject { purpose: Purpose::VerifyEmail, email: &user.email, requester: None };
            let check = self.use_up_current(request, current, &subject, code);
            self.attempt(request, (Purpose::VerifyEmail, &user.email, Some(user)), check).await?;
        }
        let (passwords, now) = (&self.passwords, self.passwords.clock.now());
        let is_taken = users::find_by_email(&passwords.pool, new_email).await?.is_some();
        let transaction = passwords.pool.begin().await?;
        self.hold(&transaction, current, now).await?;
        let subject = change_to(new_email, user);
        let binding = Binding { session: Some(current.session.id), ..Binding::to(Some(user)) };
        let code = self.codes.create(&transaction, &subject, &binding, now).await?;
        let code = code.ok_or(ApiError::Unauthorized)?;
        let requester = MailRequester::new(passwords.log.network(request), Some(&user.id));
        let message = Message::EmailCode { code: code.expose(), purpose: Purpose::ChangeEmail };
        let (mailer, mail) = (&passwords.mailer, (new_email, &message, is_taken));
        let expires_at = self.codes.expiry(now);
        let sending = mailer.send_message(&transaction, &requester, mail, expires_at, now).await?;
        let event = current.event(SecurityEvent::EmailChangeRequested, passwords.log.client(request));
        mailer.finish(transaction, sending, (&passwords.log, Some(event))).await
    }

    /// Uses up the code that was sent to the current email.
    async fn use_up_current(
        &self,
        request: &HttpRequest,
        current: &SignedIn,
        subject: &Subject<'_>,
        code: &Code,
    ) -> Result<Option<()>, ApiError> {
        let (passwords, now) = (&self.passwords, self.passwords.clock.now());
        let transaction = passwords.pool.begin().await?;
        self.hold(&transaction, current, now).await?;
        let right = self.compare(transaction, subject, code, now).await?;
        let Some((transaction, _)) = right.filter(|(_, binding)| binding.is_to(&current.user)) else {
            return Ok(None);
        };
        self.codes.use_up(&transaction, subject).await?;
        let used = current.event(SecurityEvent::CodeUsed, passwords.log.client(request));
        audit::commit(transaction, &[used.link(subject.purpose.as_str())]).await?;
        Ok(Some(()))
    }

    async fn change(
        &self,
        accounts: &Accounts,
        request: &HttpRequest,
        current: &SignedIn,
        (new_email, code): (&Email, &Code),
    ) -> Result<Option<User>, ApiError> {
        let now = accounts.clock.now();
        let transaction = accounts.pool.begin().await?;
        self.hold(&transaction, current, now).await?;
        let (subject, session) = (change_to(new_email, &current.user), current.session.id);
        let right = self.compare(transaction, &subject, code, now).await?;
        let is_bound = |binding: &Binding| binding.is_to(&current.user) && binding.session == Some(session);
        let Some((transaction, _)) = right.filter(|(_, binding)| is_bound(binding)) else { return Ok(None) };
        self.codes.use_up(&transaction, &subject).await?;
        let changed = accounts.change_email_by_code(request, transaction, current, new_email, now).await;
        changed.map(Some)
    }
}

fn change_to<'a>(new_email: &'a Email, user: &'a User) -> Subject<'a> {
    Subject { purpose: Purpose::ChangeEmail, email: new_email, requester: Some(&user.id) }
}
