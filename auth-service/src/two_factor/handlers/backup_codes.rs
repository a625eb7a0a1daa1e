//! `two-factor/generate-backup-codes`.

use actix_web::{HttpRequest, HttpResponse, post};
use serde::Serialize;
use service_kit::envelope::Envelope;
use utoipa::ToSchema;

use super::super::service::TwoFactor;
use super::enable::OwnPassword;
use crate::error::{ApiError, TwoFactorError};
use crate::protocol::service::Enabled;
use crate::second_factors::{self, BackupCode, FactorSecret};
use crate::security_event::SecurityEvent;
use crate::sessions::WithBody;

/// New backup codes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BackupCodes<'a> {
    /// Always true.
    status: bool,
    /// The codes. No later response has them.
    backup_codes: Vec<&'a str>,
}

/// Replace the backup codes.
///
/// The former codes are void. Needs a fresh session.
#[utoipa::path(tag = "second factors", security(("cookie" = []), ("bearer" = [])), request_body = OwnPassword, responses(
    (status = 200, body = BackupCodes, description = "The new codes"),
    (status = 400, body = Envelope, description = "VALIDATION_ERROR, INVALID_PASSWORD, TWO_FACTOR_NOT_ENABLED"),
    (status = 401, body = Envelope, description = "No live session"),
    (status = 403, body = Envelope, description = "SESSION_NOT_FRESH, or the origin is not trusted"),
    (status = 429, description = "Too many requests, or too many wrong passwords"),
))]
#[post("/two-factor/generate-backup-codes")]
pub async fn generate_backup_codes(
    two_factor: Enabled<TwoFactor>,
    request: HttpRequest,
    WithBody { current, body }: WithBody<OwnPassword>,
) -> Result<HttpResponse, ApiError> {
    let user = &current.user;
    if !user.two_factor {
        return Err(TwoFactorError::NotEnabled.into());
    }
    two_factor.confirm_owner(&request, &current, body.password.as_ref()).await?;
    let (now, codes) = (two_factor.clock.now(), BackupCode::generate_all()?);
    let transaction = two_factor.begin(&current, now).await?;
    let secret = match second_factors::find_factor(&transaction, &user.id).await? {
        Some(found) => two_factor.factors.open(&user.id, &found.secret)?,
        // Until now, only codes by mail.
        None => {
            let secret = FactorSecret::new(None)?;
            let sealed = two_factor.factors.seal(&user.id, &secret)?;
            second_factors::put_factor(&transaction, &user.id, (&sealed, None), now).await?;
            secret
        }
    };
    let hashes: Vec<_> = codes.iter().map(|code| code.hash(&secret.code_key())).collect();
    second_factors::put_backup_codes(&transaction, &user.id, &hashes).await?;
    let event = current.event(SecurityEvent::BackupCodesReplaced, two_factor.log.client(&request));
    two_factor.mailer.commit(transaction, &[event]).await?;
    let backup_codes = codes.iter().map(BackupCode::expose).collect();
    Ok(HttpResponse::Ok().json(BackupCodes { status: true, backup_codes }))
}
