//! The table `two_factor_challenges`.

use jiff::Timestamp;
use service_kit::database::{Executor, Transaction};
use service_kit::store::{StoreError, column};
use shared_claims::UserId;

use super::super::model::{ChallengeToken, SecondFactor};
use crate::users::{self, CredentialEpoch, User};

const TABLE: &str = "two_factor_challenges";

/// Only in the epoch in which the first factor was proven. If a mail has set the password, a code by mail is not another factor.
const CREATE: &str = "
    INSERT INTO two_factor_challenges
        (token_hash, user_id, credential_epoch, first_factor, mail_allowed, remembered, expires_at)
    SELECT $1, id, credential_epoch, $4, $5 AND NOT password_from_mail, $6, $7
    FROM users WHERE id = $2 AND credential_epoch = $3
    RETURNING mail_allowed, EXISTS (
        SELECT FROM second_factors f WHERE f.user_id = $2 AND f.totp_confirmed) AS has_totp";
const FIND: &str = "
    SELECT c.mail_allowed,
           u.id AS user_id, u.name, u.email, u.email_verified, u.image, u.two_factor,
           u.created_at AS user_created_at, u.updated_at AS user_updated_at, u.credential_epoch, u.fields,
           u.username, u.display_username
    FROM two_factor_challenges c JOIN users u ON u.id = c.user_id AND u.credential_epoch = c.credential_epoch
    WHERE c.token_hash = $1 AND c.expires_at > $2";
/// Counts before the code is compared, so that concurrent guesses count too. A challenge without guesses left is deleted.
const COUNT_GUESS: &str = "
    WITH counted AS (
        UPDATE two_factor_challenges SET guesses = guesses + 1
        WHERE token_hash = $1 AND expires_at > $2 AND guesses < $3 RETURNING token_hash
    ),
    spent AS (DELETE FROM two_factor_challenges WHERE token_hash = $1 AND guesses >= $3 RETURNING token_hash)
    SELECT EXISTS (SELECT FROM counted) AS counted, EXISTS (SELECT FROM spent) AS spent";
const CONSUME: &str = "
    DELETE FROM two_factor_challenges WHERE token_hash = $1 AND expires_at > $2 RETURNING first_factor, remembered";

/// A challenge to store.
#[derive(Debug, Clone, Copy)]
pub struct NewChallenge<'a> {
    pub epoch: CredentialEpoch,
    /// The name of the first factor.
    pub first_factor: &'a str,
    /// Whether a code by mail is another factor than the first one.
    pub mail_allowed: bool,
    /// Whether the session will outlive the browser.
    pub remembered: bool,
    pub expires_at: Timestamp,
}

/// A sign-in that waits for the second factor.
pub struct Challenge {
    pub user: User,
    /// Whether a code by mail is another factor than the first one.
    pub mail_allowed: bool,
}

/// A challenge that was passed. Only [`consume`] creates one.
pub struct PassedChallenge {
    /// The name of the first factor.
    pub first_factor: String,
    pub second_factor: SecondFactor,
    /// Whether the session will outlive the browser.
    pub remembered: bool,
}

/// Whether a code may be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChallengeGuess {
    /// It may, and was counted.
    Counted,
    /// Too many were compared. The challenge was deleted.
    Spent,
    /// There is no such challenge any more.
    Gone,
}

/// Stores a challenge of `user`. Returns whether a code by mail is allowed, and whether the user has an authenticator app.
/// `None` if the user was deleted, or the credential changed since it was checked.
pub async fn create(
    client: &impl Executor,
    user: &UserId,
    token: &ChallengeToken,
    new: NewChallenge<'_>,
) -> Result<Option<(bool, bool)>, StoreError> {
    let NewChallenge { epoch, first_factor, mail_allowed, remembered, expires_at } = new;
    let row = client
        .query_opt(
            CREATE,
            &[
                &token.hash(),
                &user.as_str(),
                &epoch.number(),
                &first_factor,
                &mail_allowed,
                &remembered,
                &expires_at,
            ],
        )
        .await?;
    let read = |row| Ok((column(&row, TABLE, "mail_allowed")?, column(&row, TABLE, "has_totp")?));
    row.map(read).transpose()
}

/// The live challenge of a token. `None` if the credential of its user changed.
pub async fn find(
    client: &impl Executor,
    token: &ChallengeToken,
    now: Timestamp,
) -> Result<Option<Challenge>, StoreError> {
    let Some(row) = client.query_opt(FIND, &[&token.hash(), &now]).await? else { return Ok(None) };
    Ok(Some(Challenge { user: users::from_row(&row)?, mail_allowed: column(&row, TABLE, "mail_allowed")? }))
}

/// Counts a guess, up to `max` of them.
pub async fn count_guess(
    client: &impl Executor,
    token: &ChallengeToken,
    max: i32,
    now: Timestamp,
) -> Result<ChallengeGuess, StoreError> {
    let row = client.query_one(COUNT_GUESS, &[&token.hash(), &now, &max]).await?;
    let (counted, spent) = (column(&row, TABLE, "counted")?, column(&row, TABLE, "spent")?);
    Ok(match (counted, spent) {
        (true, _) => ChallengeGuess::Counted,
        (false, true) => ChallengeGuess::Spent,
        (false, false) => ChallengeGuess::Gone,
    })
}

/// Ends a challenge whose second factor was just proven: for one of concurrent calls, and `None` for all others.
pub async fn consume(
    transaction: &Transaction,
    token: &ChallengeToken,
    second_factor: SecondFactor,
    now: Timestamp,
) -> Result<Option<PassedChallenge>, StoreError> {
    let Some(row) = transaction.query_opt(CONSUME, &[&token.hash(), &now]).await? else { return Ok(None) };
    Ok(Some(PassedChallenge {
        first_factor: column(&row, TABLE, "first_factor")?,
        remembered: column(&row, TABLE, "remembered")?,
        second_factor,
    }))
}
