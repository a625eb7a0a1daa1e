//! `two-factor/verify-totp`, `verify-otp` and `verify-backup-code`.

use actix_web::http::header::SET_COOKIE;
use actix_web::{HttpRequest, HttpResponse, post};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use service_kit::envelope::Envelope;
use utoipa::ToSchema;

use super::super::codes::{Claim, Proof};
use super::super::proving::Prover;
use super::super::service::TwoFactor;
use crate::error::{ApiError, TwoFactorError};
use crate::protocol::body::{Body, Fields, Schema};
use crate::protocol::cookies::Mark;
use crate::protocol::service::Enabled;
use crate::second_factors::{self, SecondFactor};
use crate::users::{User, UserView};

/// A code.
#[derive(ToSchema)]
#[schema(example = json!({"code": "123456", "trustDevice": true}))]
pub struct Code {
    /// The code.
    #[schema(value_type = String)]
    code: SecretString,
    /// Whether this device signs in without the second factor from now on.
    #[schema(rename = "trustDevice", value_type = bool, required = false)]
    trust_device: Option<bool>,
}

impl Schema for Code {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let code = fields.string("code").map(SecretString::from);
        let trust_device = fields.optional_boolean("trustDevice");
        Some(Self { code: code?, trust_device })
    }
}

/// A backup code.
#[derive(ToSchema)]
#[schema(example = json!({"code": "aB3dE-6gH9j"}))]
pub struct BackupCodeClaim {
    /// The code, with its hyphen.
    #[schema(value_type = String)]
    code: SecretString,
    /// If true, the code is used up, and no session starts.
    #[schema(rename = "disableSession", value_type = bool, required = false)]
    disable_session: Option<bool>,
    /// Whether this device signs in without the second factor from now on.
    #[schema(rename = "trustDevice", value_type = bool, required = false)]
    trust_device: Option<bool>,
}

impl Schema for BackupCodeClaim {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let code = fields.string("code").map(SecretString::from);
        let disable_session = fields.optional_boolean("disableSession");
        let trust_device = fields.optional_boolean("trustDevice");
        Some(Self { code: code?, disable_session, trust_device })
    }
}

/// The session and its user.
#[derive(Serialize, ToSchema)]
struct VerifiedSession<'a> {
    /// The token of the new session. Absent if none was started.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    /// The user.
    #[schema(value_type = User)]
    user: UserView<'a>,
}

/// Prove the second factor with the authenticator app.
///
/// Completes a sign-in that waits for it. With a session, sets the app up, which needs a fresh one, or authenticates again: the
/// session continues with another token. A code works once.
#[utoipa::path(tag = "second factors", security((), ("cookie" = []), ("bearer" = [])), request_body = Code, responses(
    (status = 200, body = VerifiedSession, description = "The new session"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, TOTP_NOT_ENABLED, TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: sign in again"),
    (status = 401, body = Envelope, description = "INVALID_CODE; INVALID_TWO_FACTOR_COOKIE: no session, and no sign-in of this browser waits"),
    (status = 403, body = Envelope, description = "BANNED_USER; SESSION_NOT_FRESH; or the origin is not trusted"),
    (status = 429, body = Envelope, description = "ACCOUNT_TEMPORARILY_LOCKED, or too many requests from this address"),
))]
#[post("/two-factor/verify-totp")]
pub async fn verify_totp(
    two_factor: Enabled<TwoFactor>,
    request: HttpRequest,
    Body(body): Body<Code>,
) -> Result<HttpResponse, ApiError> {
    let prover = two_factor.prover(&request).await?;
    let found = second_factors::find_factor(&two_factor.pool, &prover.user().id).await?;
    let confirmed = found.and_then(|found| found.totp_confirmed).ok_or(TwoFactorError::TotpNotEnabled)?;
    if !confirmed && matches!(prover, Prover::SignIn(..)) {
        return Err(TwoFactorError::TotpNotEnabled.into());
    }
    two_factor.require_fresh_to_set_up(&prover, confirmed)?;
    let claim = Claim {
        factor: SecondFactor::Totp,
        code: body.code.expose_secret(),
        trusts: body.trust_device == Some(true),
        starts: true,
    };
    two_factor.verify(&request, &prover, &claim).await
}

/// Prove the second factor with a code by mail.
///
/// As `verify-totp`, with the code that `two-factor/send-otp` has sent. With a fresh session, protects the account by codes in
/// mails.
#[utoipa::path(tag = "second factors", security((), ("cookie" = []), ("bearer" = [])), request_body = Code, responses(
    (status = 200, body = VerifiedSession, description = "The new session"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, OTP_HAS_EXPIRED, TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE"),
    (status = 401, body = Envelope, description = "INVALID_CODE; INVALID_TWO_FACTOR_COOKIE: no session, and no sign-in of this browser waits"),
    (status = 403, body = Envelope, description = "BANNED_USER; SESSION_NOT_FRESH; or the origin is not trusted"),
    (status = 429, body = Envelope, description = "ACCOUNT_TEMPORARILY_LOCKED, or too many requests from this address"),
))]
#[post("/two-factor/verify-otp")]
pub async fn verify_otp(
    two_factor: Enabled<TwoFactor>,
    request: HttpRequest,
    Body(body): Body<Code>,
) -> Result<HttpResponse, ApiError> {
    let prover = two_factor.prover(&request).await?;
    two_factor.require_fresh_to_set_up(&prover, prover.user().two_factor)?;
    let claim = Claim {
        factor: SecondFactor::MailCode,
        code: body.code.expose_secret(),
        trusts: body.trust_device == Some(true),
        starts: true,
    };
    two_factor.verify(&request, &prover, &claim).await
}

/// Prove the second factor with a backup code.
///
/// As `verify-totp`. Each backup code works once.
#[utoipa::path(tag = "second factors", security((), ("cookie" = []), ("bearer" = [])), request_body = BackupCodeClaim, responses(
    (status = 200, body = VerifiedSession, description = "The new session"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, BACKUP_CODES_NOT_ENABLED, TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: sign in again"),
    (status = 401, body = Envelope, description = "INVALID_BACKUP_CODE; INVALID_TWO_FACTOR_COOKIE: no session, and no sign-in of this browser waits"),
    (status = 403, body = Envelope, description = "BANNED_USER, or the origin is not trusted"),
    (status = 429, body = Envelope, description = "ACCOUNT_TEMPORARILY_LOCKED, or too many requests from this address"),
))]
#[post("/two-factor/verify-backup-code")]
pub async fn verify_backup_code(
    two_factor: Enabled<TwoFactor>,
    request: HttpRequest,
    Body(body): Body<BackupCodeClaim>,
) -> Result<HttpResponse, ApiError> {
    let prover = two_factor.prover(&request).await?;
    // Before the app has proven its first code, the backup codes protect nothing and prove nothing.
    let user = prover.user();
    if !user.two_factor || second_factors::find_factor(&two_factor.pool, &user.id).await?.is_none() {
        return Err(TwoFactorError::BackupCodesNotEnabled.into());
    }
    let claim = Claim {
        factor: SecondFactor::BackupCode,
        code: body.code.expose_secret(),
        trusts: body.trust_device == Some(true),
        starts: body.disable_session != Some(true),
    };
    two_factor.verify(&request, &prover, &claim).await
}

impl TwoFactor {
    async fn verify(
        &self,
        request: &HttpRequest,
        prover: &Prover,
        claim: &Claim<'_>,
    ) -> Result<HttpResponse, ApiError> {
        let proof = match self.prove(request, prover, claim).await {
            // The challenge is over.
            Err(error @ ApiError::TwoFactor(TwoFactorError::TooManyAttempts)) => {
                let mut response = HttpResponse::from_error(error);
                self.clear_challenge(&mut response, prover);
                return Ok(response);
            }
            proof => proof?.ok_or(match claim.factor {
                SecondFactor::BackupCode => TwoFactorError::InvalidBackupCode,
                SecondFactor::Totp | SecondFactor::MailCode => TwoFactorError::InvalidCode,
            })?,
        };
        let Proof { user, started, device } = &proof;
        let token = started.as_ref().map(|started| started.token.expose());
        let mut response = HttpResponse::Ok().json(VerifiedSession { token, user: self.accounts.view(user) });
        let Some(started) = started else { return Ok(response) };
        started.record(self.log.client(request));
        self.sessions.respond_with(&mut response, request, started, user).await?;
        self.clear_challenge(&mut response, prover);
        if let Some(cookie) = device.as_ref().and_then(|device| self.sessions.trust_cookie(device)) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        Ok(response)
    }

    /// Clears the cookie of a challenge that is over.
    fn clear_challenge(&self, response: &mut HttpResponse, prover: &Prover) {
        if matches!(prover, Prover::SignIn(..))
            && let Some(cookie) = self.sessions.cookies.clear_mark(Mark::TwoFactor)
        {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
}
