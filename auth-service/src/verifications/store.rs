//! The `verifications` table.

use deadpool_postgres::GenericClient;
use jiff::{SignedDuration, Timestamp};
use service_kit::store::{StoreError, column, corrupt};
use shared_claims::UserId;
use tokio_postgres::Row;

use super::model::{LINK_TTL, LinkToken, Purpose, Verification};
use crate::users::{Email, User};

/// How long a dead link is remembered, so that who follows it is told that it is too old, and not that there never
/// was one.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Sweeps what the same user left, so that the table does not grow for ever.
const CREATE: &str = "
    WITH swept AS (DELETE FROM verifications WHERE user_id = $3 AND expires_at <= $8)
    INSERT INTO verifications (token_hash, purpose, user_id, email, new_email, created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";
const FIND: &str = "
    SELECT purpose, user_id, email, new_email, expires_at, used_at IS NOT NULL AS used
    FROM verifications WHERE token_hash = $1";
/// The one statement that decides who of many uses it: all but the first find it used.
const USE_UP: &str = "
    UPDATE verifications SET used_at = $3
    WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3";
const FORGET: &str = "DELETE FROM verifications WHERE user_id = $1 AND purpose = $2 AND used_at IS NULL";

/// Makes a link for a user, good for [`LINK_TTL`], and answers when it ends.
///
/// # Errors
/// When the database cannot.
pub async fn create(
    client: &impl GenericClient,
    user: &User,
    purpose: Purpose,
    token: &LinkToken,
    new_email: Option<&Email>,
    now: Timestamp,
) -> Result<Timestamp, StoreError> {
    let expires_at = now.checked_add(LINK_TTL).unwrap_or(Timestamp::MAX);
    let swept_until = now.checked_sub(REMEMBERED).unwrap_or(Timestamp::MIN);
    let statement = client.prepare_cached(CREATE).await?;
    client
        .execute(
            &statement,
            &[
                &token.hash(),
                &purpose.as_str(),
                &user.id.as_str(),
                &user.email.as_str(),
                &new_email.map(Email::as_str),
                &now,
                &expires_at,
                &swept_until,
            ],
        )
        .await?;
    Ok(expires_at)
}

/// The link of a token, dead ones too.
///
/// # Errors
/// When the database cannot, or a stored value does not fit.
pub async fn find(
    client: &impl GenericClient,
    token: &LinkToken,
) -> Result<Option<Verification>, StoreError> {
    let statement = client.prepare_cached(FIND).await?;
    client.query_opt(&statement, &[&token.hash()]).await?.as_ref().map(from_row).transpose()
}

/// Uses a link up: true for exactly one of any number of calls.
///
/// # Errors
/// When the database cannot.
pub async fn use_up(
    client: &impl GenericClient,
    token: &LinkToken,
    purpose: Purpose,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let statement = client.prepare_cached(USE_UP).await?;
    Ok(client.execute(&statement, &[&token.hash(), &purpose.as_str(), &now]).await? == 1)
}

/// Makes all links of a user for this purpose void that were not used.
///
/// # Errors
/// When the database cannot.
pub async fn forget(client: &impl GenericClient, user: &UserId, purpose: Purpose) -> Result<(), StoreError> {
    let statement = client.prepare_cached(FORGET).await?;
    client.execute(&statement, &[&user.as_str(), &purpose.as_str()]).await?;
    Ok(())
}

fn from_row(row: &Row) -> Result<Verification, StoreError> {
    let purpose: &str = column(row, "verifications", "purpose")?;
    let user_id: String = column(row, "verifications", "user_id")?;
    Ok(Verification {
        purpose: Purpose::parse(purpose).ok_or_else(|| corrupt("verifications", "purpose", "unknown"))?,
        user_id: UserId::try_from(user_id).map_err(|error| corrupt("verifications", "user_id", error))?,
        email: column(row, "verifications", "email")?,
        new_email: column(row, "verifications", "new_email")?,
        expires_at: column(row, "verifications", "expires_at")?,
        used: column(row, "verifications", "used")?,
    })
}
