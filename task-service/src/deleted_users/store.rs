//! The table `deleted_users`.

use std::collections::HashSet;

use jiff::Timestamp;
use service_kit::database::{Executor, Pool};
use service_kit::store::{Row, StoreError, column, corrupt};
use shared_claims::UserId;

const TABLE: &str = "deleted_users";

/// An event that arrives again, or late, does not shorten the time.
const INSERT: &str = "
    INSERT INTO deleted_users AS known (user_id, refused_until) VALUES ($1, $2)
    ON CONFLICT (user_id) DO UPDATE SET refused_until = greatest(known.refused_until, excluded.refused_until)";
const ALL: &str = "SELECT user_id FROM deleted_users WHERE refused_until > $1";
const EXPIRED: &str = "SELECT user_id, refused_until FROM deleted_users WHERE refused_until <= $1 LIMIT $2";
/// Not if the same id was deleted again meanwhile.
const REMOVE: &str = "DELETE FROM deleted_users WHERE user_id = $1 AND refused_until = $2";

/// Refuses the user until then.
pub async fn insert(pool: &Pool, user: &UserId, refused_until: Timestamp) -> Result<(), StoreError> {
    pool.execute(INSERT, &[&user.as_str(), &refused_until]).await?;
    Ok(())
}

/// Returns the users who are refused `now`.
pub async fn refused(pool: &Pool, now: Timestamp) -> Result<HashSet<UserId>, StoreError> {
    pool.query(ALL, &[&now]).await?.iter().map(user).collect()
}

/// Returns up to `most` users whose tokens have expired.
pub async fn expired(pool: &Pool, now: Timestamp, most: i64) -> Result<Vec<(UserId, Timestamp)>, StoreError> {
    let rows = pool.query(EXPIRED, &[&now, &most]).await?;
    rows.iter().map(|row| Ok((user(row)?, column(row, TABLE, "refused_until")?))).collect()
}

/// Forgets a user.
pub async fn remove(pool: &Pool, user: &UserId, refused_until: Timestamp) -> Result<(), StoreError> {
    pool.execute(REMOVE, &[&user.as_str(), &refused_until]).await?;
    Ok(())
}

fn user(row: &Row) -> Result<UserId, StoreError> {
    let id: String = column(row, TABLE, "user_id")?;
    id.try_into().map_err(|error| corrupt(TABLE, "user_id", error))
}
