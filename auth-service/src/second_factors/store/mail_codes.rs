//! The table `second_factor_mail_codes`.

use jiff::Timestamp;
use service_kit::database::{Executor, Transaction};
use service_kit::store::{StoreError, column};
use shared_claims::UserId;

const TABLE: &str = "second_factor_mail_codes";

/// The newest code replaces the one before.
const PUT: &str = "
    INSERT INTO second_factor_mail_codes (holder, user_id, code_hash, expires_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT ON CONSTRAINT second_factor_mail_codes_pkey DO UPDATE
    SET user_id = excluded.user_id, code_hash = excluded.code_hash, expires_at = excluded.expires_at, guesses = 0";
/// The row is locked first, so that concurrent guesses are counted one after the other. A code that is right, or that was
/// compared too often, is deleted.
const GUESS: &str = "
    WITH found AS MATERIALIZED (
        SELECT holder, code_hash = $3 AS is_right, guesses >= $4 AS is_spent FROM second_factor_mail_codes
        WHERE holder = $1 AND user_id = $2 AND expires_at > $5 FOR UPDATE
    ),
    used AS (
        DELETE FROM second_factor_mail_codes
        WHERE holder IN (SELECT holder FROM found WHERE is_right OR is_spent)
    ),
    counted AS (
        UPDATE second_factor_mail_codes SET guesses = guesses + 1
        WHERE holder IN (SELECT holder FROM found WHERE NOT is_right AND NOT is_spent)
    )
    SELECT is_right, is_spent FROM found";

/// The outcome of comparing a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailGuess {
    /// It is the code, which was used up.
    Right,
    /// It is another one.
    Wrong,
    /// Too many were compared. The code was deleted.
    Spent,
    /// No code was sent, or it has expired.
    Expired,
}

/// Stores the code that was sent for `holder`, a challenge or a session of `user`.
pub async fn put(
    client: &impl Executor,
    user: &UserId,
    holder: &[u8],
    hash: &[u8],
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    client.execute(PUT, &[&holder, &user.as_str(), &hash, &expires_at]).await?;
    Ok(())
}

/// Compares a code with the one that was sent for `holder`. At most `max` are compared.
pub async fn guess(
    transaction: &Transaction,
    user: &UserId,
    holder: &[u8],
    (hash, max): (&[u8], i32),
    now: Timestamp,
) -> Result<MailGuess, StoreError> {
    let row = transaction.query_opt(GUESS, &[&holder, &user.as_str(), &hash, &max, &now]).await?;
    let Some(row) = row else { return Ok(MailGuess::Expired) };
    let (is_right, is_spent): (bool, bool) =
        (column(&row, TABLE, "is_right")?, column(&row, TABLE, "is_spent")?);
    Ok(match (is_spent, is_right) {
        (true, _) => MailGuess::Spent,
        (false, true) => MailGuess::Right,
        (false, false) => MailGuess::Wrong,
    })
}
