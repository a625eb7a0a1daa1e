//! Second factors that imports and exports move.

use std::collections::HashMap;

use jiff::Timestamp;
use service_kit::database::{Executor, Transaction};
use service_kit::store::{StoreError, column};
use shared_claims::UserId;

use super::sealed::SealedSecret;

const TABLE: &str = "second_factors";

const ENABLE: &str = "UPDATE users SET two_factor = true WHERE id = ANY($1)";
const IMPORT: &str = "
    INSERT INTO second_factors (user_id, secret, totp_confirmed, created_at)
    SELECT user_id, secret, true, $3 FROM unnest($1::text[], $2::bytea[]) AS f (user_id, secret)";
const IMPORT_CODES: &str = "
    INSERT INTO backup_codes (user_id, code_hash)
    SELECT * FROM unnest($1::text[], $2::bytea[]) ON CONFLICT DO NOTHING";
const OF_USERS: &str = "
    SELECT user_id, secret FROM second_factors WHERE user_id = ANY($1) AND totp_confirmed";

/// An authenticator app to import: its user, its secrets, and the hashes of the backup codes.
pub type NewFactor<'a> = (&'a UserId, SealedSecret, &'a [Vec<u8>]);

/// Stores the second factors of new users. `enabled` are all who have one, those with codes by mail included.
pub async fn import(
    transaction: &Transaction,
    enabled: &[&UserId],
    factors: &[NewFactor<'_>],
    now: Timestamp,
) -> Result<(), StoreError> {
    let enabled: Vec<&str> = enabled.iter().map(|user| user.as_str()).collect();
    transaction.execute(ENABLE, &[&enabled]).await?;
    let users: Vec<&str> = factors.iter().map(|(user, ..)| user.as_str()).collect();
    let secrets: Vec<&[u8]> = factors.iter().map(|(_, secret, _)| secret.0.as_slice()).collect();
    transaction.execute(IMPORT, &[&users, &secrets, &now]).await?;
    let codes =
        factors.iter().flat_map(|(user, _, codes)| codes.iter().map(|code| (user.as_str(), code.as_slice())));
    let (users, codes): (Vec<&str>, Vec<&[u8]>) = codes.unzip();
    transaction.execute(IMPORT_CODES, &[&users, &codes]).await?;
    Ok(())
}

/// The secrets of those of these users who have a confirmed authenticator app, by the user's id.
pub async fn of_users(
    client: &impl Executor,
    users: &[&str],
) -> Result<HashMap<String, SealedSecret>, StoreError> {
    let rows = client.query(OF_USERS, &[&users]).await?;
    rows.iter()
        .map(|row| Ok((column(row, TABLE, "user_id")?, SealedSecret(column(row, TABLE, "secret")?))))
        .collect()
}
