//! Second factors of Better Auth's plugin `twoFactor`.

use secrecy::ExposeSecret;
use tokio_postgres::Row;

use super::encryption::SourceSecrets;
use super::tables::Table;
use crate::import_export::error::TransferError;
use crate::import_export::second_factors::ForeignFactor;
use crate::second_factors::BackupCode;

/// The table, by Better Auth's name.
pub const MODEL: &str = "twoFactor";

/// Replaces the query if there is no such table.
const NONE: &str = "
    SELECT NULL::text AS user_id, NULL::text AS secret, NULL::text AS codes, NULL::boolean AS verified WHERE false";

/// The second factor of each user: the key of the app and the backup codes, both encrypted unless codes are configured otherwise.
pub fn query(factor: &Table<'_>) -> Result<String, TransferError> {
    if !factor.exists() {
        return Ok(NONE.to_owned());
    }
    let (user, secret) = (factor.column("userId")?, factor.column("secret")?);
    let codes = factor.optional("", "backupCodes", "NULL")?;
    let verified = factor.optional("", "verified", "true")?;
    Ok(format!(
        "SELECT {user} AS user_id, min({secret}::text) AS secret, min({codes}::text) AS codes,
                bool_and(coalesce({verified}::boolean, true)) AS verified
         FROM {} GROUP BY {user}",
        factor.name
    ))
}

/// Counts the apps.
pub fn count(factor: &Table<'_>) -> Option<String> {
    factor.exists().then(|| format!("SELECT count(*) FROM {}", factor.name))
}

/// Reads the second factor of a user.
pub fn read(row: &Row, secrets: &SourceSecrets) -> Result<ForeignFactor, tokio_postgres::Error> {
    if !row.try_get::<_, bool>("second_factor")? {
        return Ok(ForeignFactor::None);
    }
    let text = |column: &str| row.try_get::<_, Option<String>>(column);
    let verified = row.try_get::<_, Option<bool>>("factor_verified")?.unwrap_or(true);
    let Some(secret) = text("factor_secret")?.filter(|_| verified) else { return Ok(ForeignFactor::Mail) };
    let codes = text("factor_codes")?.and_then(|codes| backup_codes(&codes, secrets));
    Ok(match secrets.decrypt(&secret) {
        Some(key) => ForeignFactor::app(&key, codes),
        None => ForeignFactor::Lost,
    })
}

/// The backup codes that are left. `None` if they are encrypted in another way.
fn backup_codes(stored: &str, secrets: &SourceSecrets) -> Option<Vec<BackupCode>> {
    let list = |json: &str| serde_json::from_str::<Vec<String>>(json).ok();
    let codes = match secrets.decrypt(stored) {
        Some(json) => list(json.expose_secret())?,
        None => list(stored)?,
    };
    Some(codes.iter().map(|code| BackupCode::from(code.as_str())).collect())
}
