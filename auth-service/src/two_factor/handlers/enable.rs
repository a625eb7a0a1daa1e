//! `two-factor/enable` and `two-factor/get-totp-uri`.

use actix_web::{HttpRequest, HttpResponse, post};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::Serialize;
use service_kit::envelope::Envelope;
use utoipa::ToSchema;

use super::super::proving::Prover;
use super::super::service::TwoFactor;
use crate::email::Message;
use crate::error::{ApiError, TwoFactorError};
use crate::protocol::body::{Fields, Schema};
use crate::protocol::service::Enabled;
use crate::second_factors::{self, BackupCode, FactorSecret, TotpKey};
use crate::security_event::SecurityEvent;
use crate::sessions::{Enrolling, SignedIn};
use crate::users::User;

/// Maximum length of an issuer in UTF-16 code units: apps show less, and a QR code has to hold it.
const MAX_ISSUER: usize = 100;
/// The methods of `enable`, in Better Auth's order.
const METHODS: [&str; 2] = ["otp", "totp"];

/// A second factor to set up.
#[derive(ToSchema)]
#[schema(example = json!({"password": "correct horse battery"}))]
pub struct Enabling {
    /// The account's password, if it has one.
    #[schema(value_type = String, required = false)]
    password: Option<SecretString>,
    /// `totp` (the default): an authenticator app, which has to prove a code first. `otp`: codes by mail, at once.
    #[schema(rename = "method", value_type = String, required = false, example = "totp")]
    by_mail: bool,
    /// The name of the service in the authenticator app.
    #[schema(value_type = String, max_length = 100, required = false)]
    issuer: Option<String>,
}

impl Schema for Enabling {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let password = fields.optional_password("password");
        let method = fields.optional_choice("method", &METHODS);
        let issuer = fields.optional_string("issuer");
        fields.at_most("issuer", issuer, MAX_ISSUER);
        let issuer = issuer.filter(|issuer| !issuer.is_empty()).map(str::to_owned);
        Some(Self { password, by_mail: method == Some("otp"), issuer })
    }
}

/// What the user needs to set up the second factor.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SetUp {
    /// `totp` or `otp`.
    method: &'static str,
    /// The URI for the QR code.
    #[serde(rename = "totpURI", skip_serializing_if = "Option::is_none")]
    totp_uri: Option<String>,
    /// The backup codes. No later response has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    backup_codes: Option<Vec<String>>,
}

/// Set up a second factor.
///
/// An authenticator app protects the account once `two-factor/verify-totp` has accepted its first code. Codes by mail protect it
/// at once; they are not available if a mail has set the password. Needs a fresh session.
#[utoipa::path(tag = "second factors", security(("cookie" = []), ("bearer" = [])), request_body = Enabling, responses(
    (status = 200, body = SetUp, description = "The URI for the app and the backup codes, or `otp`"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, INVALID_PASSWORD, TOTP_ALREADY_ENABLED, OTP_NOT_CONFIGURED"),
    (status = 401, body = Envelope, description = "No live session"),
    (status = 403, body = Envelope, description = "SESSION_NOT_FRESH, or the origin is not trusted"),
    (status = 429, description = "Too many requests, or too many wrong passwords"),
))]
#[post("/two-factor/enable")]
pub async fn enable(
    two_factor: Enabled<TwoFactor>,
    request: HttpRequest,
    Enrolling { current, body }: Enrolling<Enabling>,
) -> Result<HttpResponse, ApiError> {
    two_factor.confirm_owner(&request, &current, body.password.as_ref()).await?;
    let now = two_factor.clock.now();
    if body.by_mail {
        return two_factor.enable_mail(&request, current, now).await;
    }
    let secret = FactorSecret::new(Some(TotpKey::generate()?))?;
    let (sealed, codes) = (two_factor.factors.seal(&current.user.id, &secret)?, BackupCode::generate_all()?);
    let hashes: Vec<_> = codes.iter().map(|code| code.hash(&secret.code_key())).collect();
    let transaction = two_factor.begin(&current, now).await?;
    if !second_factors::put_factor(&transaction, &current.user.id, (&sealed, Some(false)), now).await? {
        return Err(TwoFactorError::TotpAlreadyEnabled.into());
    }
    second_factors::put_backup_codes(&transaction, &current.user.id, &hashes).await?;
    transaction.commit().await?;
    let issuer = body.issuer.as_deref().unwrap_or(&two_factor.factors.settings.issuer);
    let totp_uri = secret.totp.map(|key| key.uri(issuer, current.user.email.as_str()));
    let backup_codes = Some(codes.iter().map(|code| code.expose().to_owned()).collect());
    Ok(HttpResponse::Ok().json(SetUp { method: "totp", totp_uri, backup_codes }))
}

impl TwoFactor {
    /// Protects the account by codes in mails, and continues the session with another token.
    async fn enable_mail(
        &self,
        request: &HttpRequest,
        current: SignedIn,
        now: Timestamp,
    ) -> Result<HttpResponse, ApiError> {
        let prover = Prover::Session(Box::new(current));
        let may_use_mail = self.may_use_mail(&prover).await?;
        let Prover::Session(current) = prover else { return Err(TwoFactorError::OtpNotAvailable.into()) };
        if !may_use_mail {
            return Err(TwoFactorError::OtpNotAvailable.into());
        }
        let transaction = self.begin(&current, now).await?;
        second_factors::set_enabled(&transaction, &current.user.id, true, false, now).await?;
        let user = User { two_factor: true, updated_at: now, ..current.user.clone() };
        let factor = current.session.authentication.second_factor;
        let started = self.continue_session(&transaction, request, (&current, &user), factor, now).await?;
        self.notify(&transaction, request, &user, &Message::SecondFactorAdded, now).await?;
        let client = self.log.client(request);
        let event = current.event(SecurityEvent::SecondFactorAdded, client).reason("mail_code");
        self.mailer.commit(transaction, &[event]).await?;
        started.record(client);
        let body = SetUp { method: "otp", totp_uri: None, backup_codes: None };
        let mut response = HttpResponse::Ok().json(body);
        self.sessions.respond_with(&mut response, request, &started, &user).await?;
        Ok(response)
    }
}

/// The password, if the account has one.
#[derive(ToSchema)]
#[schema(example = json!({"password": "correct horse battery"}))]
pub struct OwnPassword {
    /// The account's password, if it has one.
    #[schema(value_type = String, required = false)]
    pub(super) password: Option<SecretString>,
}

impl Schema for OwnPassword {
    const SIGNS_IN: bool = false;
    const BODY_KINDS: &'static [&'static str] = &["object"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        Some(Self { password: fields.optional_password("password") })
    }
}

/// The URI of an authenticator app.
#[derive(Serialize, ToSchema)]
struct TotpUri {
    /// The URI for the QR code.
    #[serde(rename = "totpURI")]
    totp_uri: String,
}

/// Get the URI of the authenticator app again.
///
/// For another device of the user. Needs a fresh session.
#[utoipa::path(tag = "second factors", security(("cookie" = []), ("bearer" = [])), request_body = OwnPassword, responses(
    (status = 200, body = TotpUri, description = "The URI for the QR code"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, INVALID_PASSWORD, TOTP_NOT_ENABLED"),
    (status = 401, body = Envelope, description = "No live session"),
    (status = 403, body = Envelope, description = "SESSION_NOT_FRESH, or the origin is not trusted"),
    (status = 429, description = "Too many requests, or too many wrong passwords"),
))]
#[post("/two-factor/get-totp-uri")]
pub async fn get_totp_uri(
    two_factor: Enabled<TwoFactor>,
    request: HttpRequest,
    Enrolling { current, body }: Enrolling<OwnPassword>,
) -> Result<HttpResponse, ApiError> {
    let user = &current.user;
    let found = second_factors::find_factor(&two_factor.pool, &user.id).await?;
    let found = found.ok_or(TwoFactorError::TotpNotEnabled)?;
    two_factor.confirm_owner(&request, &current, body.password.as_ref()).await?;
    let key = two_factor.factors.open(&user.id, &found.secret)?.totp.ok_or(TwoFactorError::TotpNotEnabled)?;
    let totp_uri = key.uri(&two_factor.factors.settings.issuer, user.email.as_str());
    Ok(HttpResponse::Ok().json(TotpUri { totp_uri }))
}
