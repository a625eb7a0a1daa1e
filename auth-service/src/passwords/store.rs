//! The `passwords` table.

use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use service_kit::store::{StoreError, column, corrupt};
use shared_claims::UserId;

use super::model::{Scheme, StoredHash};
use crate::users::{self, Email, User};

const CREATE: &str = "INSERT INTO passwords (user_id, hash, scheme, updated_at) VALUES ($1, $2, $3, $4)";
/// Only while the hash is still the one that was checked: a password changed in the meantime must not come back.
const RENEW: &str =
    "UPDATE passwords SET hash = $2, scheme = $3, updated_at = $4 WHERE user_id = $1 AND hash = $5";
const FIND_BY_EMAIL: &str = "
    SELECT u.id AS user_id, u.name, u.email, u.email_verified, u.image,
           u.created_at AS user_created_at, u.updated_at AS user_updated_at,
           p.hash, p.scheme
    FROM users u LEFT JOIN passwords p ON p.user_id = u.id
    WHERE u.email = $1";

/// Gives a new account its password.
///
/// # Errors
/// When the database cannot or will not.
pub async fn create(
    client: &impl GenericClient,
    user: &UserId,
    password: &StoredHash,
    now: Timestamp,
) -> Result<(), StoreError> {
    let statement = client.prepare_cached(CREATE).await?;
    client.execute(&statement, &[&user.as_str(), &password.hash, &password.scheme.as_str(), &now]).await?;
    Ok(())
}

/// Puts a new hash of the same password in the place of an old one, unless the password was changed meanwhile.
///
/// # Errors
/// When the database cannot.
pub async fn renew(
    client: &impl GenericClient,
    user: &UserId,
    old: &StoredHash,
    new: &StoredHash,
    now: Timestamp,
) -> Result<(), StoreError> {
    let statement = client.prepare_cached(RENEW).await?;
    client.execute(&statement, &[&user.as_str(), &new.hash, &new.scheme.as_str(), &now, &old.hash]).await?;
    Ok(())
}

/// The account of an address with its password, if it has one.
///
/// # Errors
/// When the database cannot, or a stored value does not fit.
pub async fn find_by_email(
    client: &impl GenericClient,
    email: &Email,
) -> Result<Option<(User, Option<StoredHash>)>, StoreError> {
    let statement = client.prepare_cached(FIND_BY_EMAIL).await?;
    let Some(row) = client.query_opt(&statement, &[&email.as_str()]).await? else { return Ok(None) };
    let user = users::from_row(&row)?;
    let Some(hash) = column::<Option<String>>(&row, "passwords", "hash")? else {
        return Ok(Some((user, None)));
    };
    let scheme: &str = column(&row, "passwords", "scheme")?;
    let scheme = Scheme::parse(scheme).ok_or_else(|| corrupt("passwords", "scheme", "unknown"))?;
    Ok(Some((user, Some(StoredHash { hash, scheme }))))
}
