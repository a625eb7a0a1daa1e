//! The `passwords` table.

use jiff::Timestamp;
use service_kit::database::{Executor, Parameter, Transaction};
use service_kit::store::{Row, StoreError, column, corrupt};
use shared_claims::UserId;

use super::model::{ExistingUser, NewPassword, Scheme, StoredHash, UserWithPassword};
use crate::protocol::email_address::Email;
use crate::users::{self, CredentialEpoch, User, Username};

const CREATE: &str = "INSERT INTO passwords (user_id, hash, scheme, updated_at) VALUES ($1, $2, $3, $4)";
/// Only if the hash is still the one that was checked, so that a concurrent change of the password is not undone.
const REPLACE: &str =
    "UPDATE passwords SET hash = $2, scheme = $3, updated_at = $4 WHERE user_id = $1 AND hash = $5";
/// The one statement that changes a credential. It increments the epoch, so that earlier checks become invalid. It
/// does so first, so that the account is locked before its sessions are read.
const CHANGE: &str = "
    WITH raised AS (
        UPDATE users SET credential_epoch = credential_epoch + 1, password_from_mail = $6
        WHERE id = $1 AND credential_epoch = $5 RETURNING id, credential_epoch
    ),
    changed AS (
        INSERT INTO passwords (user_id, hash, scheme, updated_at) SELECT id, $2, $3, $4 FROM raised
        ON CONFLICT ON CONSTRAINT passwords_pkey DO UPDATE
        SET hash = excluded.hash, scheme = excluded.scheme, updated_at = excluded.updated_at
    )
    SELECT credential_epoch FROM raised";
const REMOVE: &str = "DELETE FROM passwords WHERE user_id = $1";
const FIND: &str = "
    SELECT p.hash, p.scheme, u.credential_epoch
    FROM passwords p JOIN users u ON u.id = p.user_id WHERE p.user_id = $1";
const SET_AT: &str = "SELECT updated_at FROM passwords WHERE user_id = $1";
/// Users with their password hash, which is null where there is none, and with more columns.
macro_rules! users_with_passwords {
    ($more:literal, $which:literal) => {
        concat!(
            "
    SELECT u.id AS user_id, u.name, u.email, u.email_verified, u.image,
           u.created_at AS user_created_at, u.updated_at AS user_updated_at, u.credential_epoch, u.two_factor, u.fields,
           u.username, u.display_username, p.hash, p.scheme",
            $more,
            "
    FROM users u LEFT JOIN passwords p ON p.user_id = u.id ",
            $which
        )
    };
}
const FIND_BY_EMAIL: &str = users_with_passwords!("", "WHERE u.email = $1");
const FIND_BY_USERNAME: &str = users_with_passwords!("", "WHERE u.username = $1");
const PAGE: &str = users_with_passwords!(
    ", u.banned_at, u.banned_until, u.ban_reason",
    "WHERE u.id > $1 ORDER BY u.id LIMIT $2"
);
const FIND_EXISTING: &str = "
    SELECT u.id, u.email, greatest(u.updated_at, p.updated_at) AS updated_at
    FROM users u LEFT JOIN passwords p ON p.user_id = u.id
    WHERE u.id = ANY($1) OR u.email = ANY($2)";
const CREATE_ALL: &str = "
    INSERT INTO passwords (user_id, hash, scheme, updated_at)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[])";

/// Stores the password of a new account.
pub async fn create(
    client: &impl Executor,
    user: &UserId,
    password: &StoredHash,
    now: Timestamp,
) -> Result<(), StoreError> {
    client.execute(CREATE, &[&user.as_str(), &password.hash, &password.scheme.as_str(), &now]).await?;
    Ok(())
}

/// Replaces the hash that was checked, unless the password was changed in the meantime. Returns whether it did.
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

/// Who chose a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordSource {
    /// Somebody who reads the mailbox, by a link or a code. Then a code in a mail does not count as a second factor.
    Mail,
    /// Somebody who was signed in or knew the password, or the operator.
    Account,
}

/// Sets the password of an account, with or without a previous one, and starts its next credential epoch. `None`,
/// without a change, if `epoch` is over.
pub async fn change(
    transaction: &Transaction,
    user: &UserId,
    epoch: CredentialEpoch,
    (password, source): (&StoredHash, PasswordSource),
    now: Timestamp,
) -> Result<Option<CredentialEpoch>, StoreError> {
    let from_mail = source == PasswordSource::Mail;
    let parameters: [&dyn Parameter; 6] =
        [&user.as_str(), &password.hash, &password.scheme.as_str(), &now, &epoch.number(), &from_mail];
    let row = transaction.query_opt(CHANGE, &parameters).await?;
    row.map(|row| column(&row, "users", "credential_epoch").map(CredentialEpoch::from_number)).transpose()
}

/// The password of an account, if it has one, and its credential epoch.
pub async fn find(
    client: &impl Executor,
    user: &UserId,
) -> Result<Option<(StoredHash, CredentialEpoch)>, StoreError> {
    let Some(row) = client.query_opt(FIND, &[&user.as_str()]).await? else { return Ok(None) };
    let epoch = CredentialEpoch::from_number(column(&row, "users", "credential_epoch")?);
    Ok(from_row(&row)?.map(|stored| (stored, epoch)))
}

/// Removes the password of an account, which is locked.
pub async fn remove(transaction: &Transaction, user: &UserId) -> Result<(), StoreError> {
    transaction.execute(REMOVE, &[&user.as_str()]).await?;
    Ok(())
}

/// When the password of an account was set; `None` if it has none.
pub async fn set_at(client: &impl Executor, user: &UserId) -> Result<Option<Timestamp>, StoreError> {
    let row = client.query_opt(SET_AT, &[&user.as_str()]).await?;
    row.map(|row| column(&row, "passwords", "updated_at")).transpose()
}

/// The account with this email, and its password if it has one.
pub async fn find_by_email(
    client: &impl Executor,
    email: &Email,
) -> Result<Option<(User, Option<StoredHash>)>, StoreError> {
    find_one(client, FIND_BY_EMAIL, email.as_str()).await
}

/// The account with this username, and its password if it has one.
pub async fn find_by_username(
    client: &impl Executor,
    username: &Username,
) -> Result<Option<(User, Option<StoredHash>)>, StoreError> {
    find_one(client, FIND_BY_USERNAME, username.as_str()).await
}

async fn find_one(
    client: &impl Executor,
    statement: &'static str,
    name: &str,
) -> Result<Option<(User, Option<StoredHash>)>, StoreError> {
    let Some(row) = client.query_opt(statement, &[&name]).await? else { return Ok(None) };
    Ok(Some((users::from_row(&row)?, from_row(&row)?)))
}

/// The users whose id comes after `after`, by id, up to `limit` of them.
///
/// # Errors
/// If the query fails or a stored value is invalid.
pub(crate) async fn page(
    client: &impl Executor,
    after: &str,
    limit: i64,
) -> Result<Vec<UserWithPassword>, StoreError> {
    let rows = client.query(PAGE, &[&after, &limit]).await?;
    let read = |row| {
        let (user, ban) = (users::from_row(row)?, users::ban_from_row(row)?);
        Ok(UserWithPassword { user, ban, password: from_row(row)? })
    };
    rows.iter().map(read).collect()
}

/// The accounts that have the id or the email of one of `users`.
pub(crate) async fn find_existing(
    client: &impl Executor,
    users: &[&User],
) -> Result<Vec<ExistingUser>, StoreError> {
    let ids: Vec<&str> = users.iter().map(|user| user.id.as_str()).collect();
    let emails: Vec<&str> = users.iter().map(|user| user.email.as_str()).collect();
    let read = |row: &Row| {
        Ok(ExistingUser {
            id: column(row, "users", "id")?,
            email: column(row, "users", "email")?,
            changed_at: column(row, "users", "updated_at")?,
        })
    };
    client.query(FIND_EXISTING, &[&ids, &emails]).await?.iter().map(read).collect()
}

/// Gives new accounts their passwords, in one statement.
pub(crate) async fn create_all(
    client: &impl Executor,
    passwords: &[NewPassword<'_>],
) -> Result<(), StoreError> {
    let users: Vec<&str> = passwords.iter().map(|new| new.user.as_str()).collect();
    let hashes: Vec<&str> = passwords.iter().map(|new| new.stored.hash.as_str()).collect();
    let schemes: Vec<&str> = passwords.iter().map(|new| new.stored.scheme.as_str()).collect();
    let set_at: Vec<Timestamp> = passwords.iter().map(|new| new.set_at).collect();
    client.execute(CREATE_ALL, &[&users, &hashes, &schemes, &set_at]).await?;
    Ok(())
}

/// Reads a password from a row whose columns are null if there is none.
pub(super) fn from_row(row: &Row) -> Result<Option<StoredHash>, StoreError> {
    let Some(hash) = column::<Option<String>>(row, "passwords", "hash")? else { return Ok(None) };
    let scheme: &str = column(row, "passwords", "scheme")?;
    let scheme: Scheme =
        scheme.parse().map_err(|error: strum::ParseError| corrupt("passwords", "scheme", error))?;
    Ok(Some(StoredHash { hash, scheme }))
}
