//! The tables `second_factors` and `backup_codes`, and the flag of users who have a second factor.

use jiff::Timestamp;
use service_kit::database::{Executor, Transaction};
use service_kit::store::{StoreError, column};
use shared_claims::UserId;

use super::super::sealed::SealedSecret;

const TABLE: &str = "second_factors";

const FIND: &str = "SELECT secret, totp_confirmed FROM second_factors WHERE user_id = $1";
/// Not over a confirmed authenticator app, which has to be removed first.
const PUT: &str = "
    INSERT INTO second_factors AS f (user_id, secret, totp_confirmed, created_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT ON CONSTRAINT second_factors_pkey DO UPDATE
    SET secret = excluded.secret, totp_confirmed = excluded.totp_confirmed, last_step = NULL
    WHERE f.totp_confirmed IS NOT TRUE";
const DELETE_BACKUP_CODES: &str = "DELETE FROM backup_codes WHERE user_id = $1";
const INSERT_BACKUP_CODES: &str =
    "INSERT INTO backup_codes (user_id, code_hash) SELECT $1, unnest($2::bytea[])";
const USE_BACKUP_CODE: &str = "DELETE FROM backup_codes WHERE user_id = $1 AND code_hash = $2";
/// The one statement that decides which of concurrent requests uses a code.
const USE_STEP: &str = "
    UPDATE second_factors SET last_step = $2
    WHERE user_id = $1 AND totp_confirmed IS NOT NULL AND (last_step IS NULL OR last_step < $2)";
const CONFIRM: &str =
    "UPDATE second_factors SET totp_confirmed = true WHERE user_id = $1 AND totp_confirmed = false";
/// With a factor other than mail, the mailbox that reset the password is one factor again.
const SET_ENABLED: &str = "
    UPDATE users SET two_factor = $2, updated_at = $3, password_from_mail = password_from_mail AND NOT $4
    WHERE id = $1 AND (two_factor <> $2 OR (password_from_mail AND $4))";
const PASSWORD_FROM_MAIL: &str = "SELECT password_from_mail FROM users WHERE id = $1";
const DELETE_ALL: [&str; 4] = [
    "DELETE FROM second_factors WHERE user_id = $1",
    "DELETE FROM two_factor_challenges WHERE user_id = $1",
    "DELETE FROM second_factor_mail_codes WHERE user_id = $1",
    "DELETE FROM trusted_devices WHERE user_id = $1",
];

/// What is stored of a user's second factors.
pub struct FactorState {
    pub secret: SealedSecret,
    /// Whether the authenticator app is confirmed; `None` without one.
    pub totp_confirmed: Option<bool>,
}

/// The second factors of a user. `None` if there are none, or only codes by mail.
pub async fn find(client: &impl Executor, user: &UserId) -> Result<Option<FactorState>, StoreError> {
    let Some(row) = client.query_opt(FIND, &[&user.as_str()]).await? else { return Ok(None) };
    let secret = SealedSecret(column(&row, TABLE, "secret")?);
    Ok(Some(FactorState { secret, totp_confirmed: column(&row, TABLE, "totp_confirmed")? }))
}

/// Stores the secrets of a user, in place of an authenticator app that was not confirmed. False if there is a confirmed one.
pub async fn put(
    transaction: &Transaction,
    user: &UserId,
    (secret, totp_confirmed): (&SealedSecret, Option<bool>),
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(transaction.execute(PUT, &[&user.as_str(), &secret.0, &totp_confirmed, &now]).await? == 1)
}

/// Replaces the backup codes of a user, whose secrets are stored.
pub async fn put_backup_codes(
    transaction: &Transaction,
    user: &UserId,
    hashes: &[Vec<u8>],
) -> Result<(), StoreError> {
    transaction.execute(DELETE_BACKUP_CODES, &[&user.as_str()]).await?;
    transaction.execute(INSERT_BACKUP_CODES, &[&user.as_str(), &hashes]).await?;
    Ok(())
}

/// Uses up a backup code: true for one of concurrent calls, and for none if the user has no such code.
pub async fn use_backup_code(
    transaction: &Transaction,
    user: &UserId,
    hash: &[u8],
) -> Result<bool, StoreError> {
    Ok(transaction.execute(USE_BACKUP_CODE, &[&user.as_str(), &hash]).await? == 1)
}

/// Uses up the codes of the authenticator app up to this time step: true for one of concurrent calls, and for none if a code
/// of this step or of a later one was used.
pub async fn use_totp_step(transaction: &Transaction, user: &UserId, step: i64) -> Result<bool, StoreError> {
    Ok(transaction.execute(USE_STEP, &[&user.as_str(), &step]).await? == 1)
}

/// Confirms the authenticator app of a user. False if it was confirmed, or there is none.
pub async fn confirm_totp(transaction: &Transaction, user: &UserId) -> Result<bool, StoreError> {
    Ok(transaction.execute(CONFIRM, &[&user.as_str()]).await? == 1)
}

/// Sets whether sign-ins of a user ask for a second factor. `proves_more_than_mail`: the user has just proven another factor
/// than the mailbox. Changes nothing, `updated_at` included, if it is so already.
pub async fn set_enabled(
    client: &impl Executor,
    user: &UserId,
    enabled: bool,
    proves_more_than_mail: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    client.execute(SET_ENABLED, &[&user.as_str(), &enabled, &now, &proves_more_than_mail]).await?;
    Ok(())
}

/// Whether a mail has set the password of a user. Then a code by mail is not another factor.
pub async fn is_password_from_mail(client: &impl Executor, user: &UserId) -> Result<bool, StoreError> {
    let row = client.query_opt(PASSWORD_FROM_MAIL, &[&user.as_str()]).await?;
    row.map_or(Ok(true), |row| column(&row, "users", "password_from_mail"))
}

/// Deletes the secrets, backup codes, challenges and trusted devices of a user.
pub async fn delete_all(transaction: &Transaction, user: &UserId) -> Result<(), StoreError> {
    for statement in DELETE_ALL {
        transaction.execute(statement, &[&user.as_str()]).await?;
    }
    Ok(())
}
