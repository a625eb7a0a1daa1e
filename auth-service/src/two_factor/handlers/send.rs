//! `two-factor/send-otp`.

use actix_web::{HttpRequest, HttpResponse, post};
use jiff::{SignedDuration, Timestamp};
use service_kit::envelope::Envelope;
use utoipa::ToSchema;

use super::super::service::TwoFactor;
use crate::email::{Addressee, Message};
use crate::error::{ApiError, TwoFactorError};
use crate::limits::MailRequester;
use crate::protocol::body::{Body, Fields, Schema};
use crate::protocol::service::Enabled;
use crate::protocol::status::{DONE, Status};
use crate::second_factors::{self, MailCode};

/// How long a code is valid: enough for a mail that is delayed a little, and half as long as the challenge.
const CODE_TTL: SignedDuration = SignedDuration::from_mins(5);

/// The body, which may be missing.
#[derive(ToSchema)]
#[schema(example = json!({}))]
pub struct MailCodeRequest {
    /// Ignored, as in Better Auth: `verify-otp` decides.
    #[schema(rename = "trustDevice", value_type = bool, required = false)]
    _trust_device: Option<bool>,
}

impl Schema for MailCodeRequest {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];
    const IS_OPTIONAL: bool = true;

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { _trust_device: fields.optional_boolean("trustDevice") })
    }
}

/// Send a code by mail.
///
/// For a sign-in that waits for the second factor, or for a session. Another code replaces it. Not after a sign-in by mail or a
/// reset of the password by mail: someone who can read the mailbox would have both factors.
#[utoipa::path(tag = "second factors", security((), ("cookie" = []), ("bearer" = [])), request_body = MailCodeRequest, responses(
    (status = 200, body = Status, description = "The code was sent, unless a limit for mail is reached"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, OTP_NOT_CONFIGURED"),
    (status = 401, body = Envelope, description = "INVALID_TWO_FACTOR_COOKIE: no session, and no sign-in of this browser waits"),
    (status = 403, body = Envelope, description = "SESSION_NOT_FRESH: no second factor yet; or the origin is not trusted"),
    (status = 429, description = "Too many requests from this address"),
))]
#[post("/two-factor/send-otp")]
pub async fn send_otp(
    two_factor: Enabled<TwoFactor>,
    request: HttpRequest,
    _: Body<MailCodeRequest>,
) -> Result<HttpResponse, ApiError> {
    let Some(outbox) = &two_factor.mailer.outbox else { return Err(TwoFactorError::OtpNotConfigured.into()) };
    let prover = two_factor.prover(&request).await?;
    two_factor.require_fresh_to_set_up(&prover, prover.user().two_factor)?;
    if !two_factor.may_use_mail(&prover).await? {
        return Err(TwoFactorError::OtpNotConfigured.into());
    }
    let (user, now) = (prover.user(), two_factor.clock.now());
    let expires_at = now.checked_add(CODE_TTL).unwrap_or(Timestamp::MAX);
    let code = MailCode::generate()?;
    let hash = code.hash(&two_factor.factors.code_key, &user.id);
    let requester = MailRequester::new(two_factor.log.network(&request), Some(&user.id));
    let transaction = two_factor.pool.begin().await?;
    second_factors::put_mail_code(&transaction, &user.id, &prover.holder(), &hash, expires_at).await?;
    let message = Message::SecondFactorCode { code: code.expose() };
    let to = Addressee::account(user);
    // If a limit is reached, the code before stays valid.
    if outbox.put(&transaction, &requester, to, &message, expires_at, now).await? {
        two_factor.mailer.commit(transaction, &[]).await?;
    }
    Ok(HttpResponse::Ok().json(DONE))
}
