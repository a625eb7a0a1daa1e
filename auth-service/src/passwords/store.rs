//! The `passwords` table.

use jiff::Timestamp;
use service_kit::database::{Executor, Parameter, Transaction};
use service_kit::store::{StoreError, column, corrupt};
use shared_claims::UserId;
use tokio_postgres::Row;

use super::model::{Scheme, StoredHash};
use crate::protocol::email_address::Email;
use crate::users::{self, CredentialEpoch, User};

const CREATE: &str = "INSERT INTO passwords (user_id, hash, scheme, updated_at) VALUES ($1, $2, $3, $4)";
/// Only while the hash is still the one that was checked: a password changed in the meantime must not come back.
const REPLACE: &str =
    "UPDATE passwords SET hash = $2, scheme = $3, updated_at = $4 WHERE user_id = $1 AND hash = $5";
/// The one statement that changes a credential. It raises the epoch with it, so that nothing that was checked before is
/// acted on afterwards; and it raises it first, so that the account is locked before its sessions are looked at.
const CHANGE: &str = "
    WITH raised AS (
        UPDATE users SET credential_epoch = credential_epoch + 1
        WHERE id = $1 AND credential_epoch = $5 RETURNING id, credential_epoch
    ),
    changed AS (
        INSERT INTO passwords (user_id, hash, scheme, updated_at) SELECT id, $2, $3, $4 FROM raised
        ON CONFLICT ON CONSTRAINT passwords_pkey DO UPDATE
        SET hash = excluded.hash, scheme = excluded.scheme, updated_at = excluded.updated_at
    )
    SELECT credential_epoch FROM raised";
const FIND: &str = "
    SELECT p.hash, p.scheme, u.credential_epoch
    FROM passwords p JOIN users u ON u.id = p.user_id WHERE p.user_id = $1";
const SET_AT: &str = "SELECT updated_at FROM passwords WHERE user_id = $1";
const FIND_BY_EMAIL: &str = "
    SELECT u.id AS user_id, u.name, u.email, u.email_verified, u.image,
           u.created_at AS user_created_at, u.updated_at AS user_updated_at, u.credential_epoch,
           p.hash, p.scheme
    FROM users u LEFT JOIN passwords p ON p.user_id = u.id
    WHERE u.email = $1";

/// Gives a new account its password.
pub async fn create(
    client: &impl Executor,
    user: &UserId,
    password: &StoredHash,
    now: Timestamp,
) -> Result<(), StoreError> {
    client.execute(CREATE, &[&user.as_str(), &password.hash, &password.scheme.as_str(), &now]).await?;
    Ok(())
}

/// Puts a new hash in the place of the one that was checked, unless the password was changed meanwhile. Whether it
/// did.
pub async fn replace(
    client: &impl Executor,
    user: &UserId,
    old: &str,
    new: &StoredHash,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let parameters: [&dyn Parameter; 5] = [&user.as_str(), &new.hash, &new.scheme.as_str(), &now, &old];
    Ok(client.execute(REPLACE, &parameters).await? == 1)
}

/// Gives an account this password, whether it had one or not, and begins its next credential epoch. `None`, and nothing
/// changes, if `epoch` is over: somebody else was faster.
pub async fn change(
    transaction: &Transaction,
    user: &UserId,
    epoch: CredentialEpoch,
    password: &StoredHash,
    now: Timestamp,
) -> Result<Option<CredentialEpoch>, StoreError> {
    let parameters: [&dyn Parameter; 5] =
        [&user.as_str(), &password.hash, &password.scheme.as_str(), &now, &epoch.number()];
    let row = transaction.query_opt(CHANGE, &parameters).await?;
    row.map(|row| column(&row, "users", "credential_epoch").map(CredentialEpoch::from_number)).transpose()
}

/// The password of an account, if it has one, and the epoch that it belongs to.
pub async fn find(
    client: &impl Executor,
    user: &UserId,
) -> Result<Option<(StoredHash, CredentialEpoch)>, StoreError> {
    let Some(row) = client.query_opt(FIND, &[&user.as_str()]).await? else { return Ok(None) };
    let epoch = CredentialEpoch::from_number(column(&row, "users", "credential_epoch")?);
    Ok(from_row(&row)?.map(|stored| (stored, epoch)))
}

/// When the password of an account was set; `None` if it has none.
pub async fn set_at(client: &impl Executor, user: &UserId) -> Result<Option<Timestamp>, StoreError> {
    let row = client.query_opt(SET_AT, &[&user.as_str()]).await?;
    row.map(|row| column(&row, "passwords", "updated_at")).transpose()
}

/// The account of an address with its password, if it has one.
pub async fn find_by_email(
    client: &impl Executor,
    email: &Email,
) -> Result<Option<(User, Option<StoredHash>)>, StoreError> {
    let Some(row) = client.query_opt(FIND_BY_EMAIL, &[&email.as_str()]).await? else { return Ok(None) };
    Ok(Some((users::from_row(&row)?, from_row(&row)?)))
}

/// Reads a password out of a row that has its columns, which are null where there is none.
pub(super) fn from_row(row: &Row) -> Result<Option<StoredHash>, StoreError> {
    let Some(hash) = column::<Option<String>>(row, "passwords", "hash")? else { return Ok(None) };
    let scheme: &str = column(row, "passwords", "scheme")?;
    let scheme = Scheme::parse(scheme).ok_or_else(|| corrupt("passwords", "scheme", "unknown"))?;
    Ok(Some(StoredHash { hash, scheme }))
}
