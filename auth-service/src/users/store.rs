//! The `users` table.

use std::collections::HashSet;

use jiff::Timestamp;
use serde_json::{Map, Value};
use service_kit::database::{Executor, Parameter, Transaction};
use service_kit::store::{Row, StoreError, column, corrupt};
use shared_claims::UserId;

use super::model::{CredentialEpoch, User};
use super::username::Username;
use crate::error::{ApiError, UsernameError};
use crate::protocol::email_address::Email;

macro_rules! create {
    ($on_conflict:literal) => {
        concat!(
            "
    INSERT INTO users (id, name, email, email_verified, image, created_at, updated_at, fields, username,
                       display_username)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            $on_conflict
        )
    };
}
const CREATE: &str = create!("");
/// Creates nothing if the username is taken. An error would end the transaction.
const CREATE_UNLESS_USERNAME_TAKEN: &str =
    create!(" ON CONFLICT ON CONSTRAINT users_username_key DO NOTHING");
/// Existing accounts stay as they are, and so does one that is created at this moment with one of these emails or
/// usernames.
const CREATE_MISSING: &str = "
    INSERT INTO users (id, name, email, email_verified, image, created_at, updated_at, fields, username,
                       display_username)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::text[], $6::timestamptz[],
                         $7::timestamptz[], $8::jsonb[], $9::text[], $10::text[])
    ON CONFLICT DO NOTHING
    RETURNING id";
const COUNT: &str = "SELECT count(*) FROM users";
const FIND: &str = "
    SELECT id AS user_id, name, email, email_verified, image,
           created_at AS user_created_at, updated_at AS user_updated_at, credential_epoch, two_factor, fields, username,
           display_username
    FROM users WHERE id = $1";
const FIND_BY_EMAIL: &str = "
    SELECT id AS user_id, name, email, email_verified, image,
           created_at AS user_created_at, updated_at AS user_updated_at, credential_epoch, two_factor, fields, username,
           display_username
    FROM users WHERE email = $1";
const TAKEN_USERNAMES: &str = "SELECT username FROM users WHERE username = ANY($1)";
const SET_VERIFIED: &str = "UPDATE users SET email_verified = true, updated_at = $2 WHERE id = $1";
const SET_EMAIL: &str = "UPDATE users SET email = $2, updated_at = $3 WHERE id = $1";
/// Blocks all other changes of the credential until the transaction ends. To avoid deadlocks, take this lock first:
/// before sessions, links and the password.
const LOCK: &str = "SELECT FROM users WHERE id = $1 AND credential_epoch = $2 FOR UPDATE";
/// For operators, who do not depend on the credential. Take it first, too.
const LOCK_ANY_EPOCH: &str = "SELECT FROM users WHERE id = $1 FOR UPDATE";
const RAISE_EPOCH: &str =
    "UPDATE users SET credential_epoch = credential_epoch + 1 WHERE id = $1 RETURNING credential_epoch";
/// Rows that reference the user are deleted with it.
const DELETE: &str = "DELETE FROM users WHERE id = $1";
/// One account for each email, ignoring case (FR-005).
const EMAIL_IS_UNIQUE: &str = "users_email_key";
const USERNAME_IS_UNIQUE: &str = "users_username_key";

/// Stores an account in its first credential epoch.
///
/// # Errors
/// [`ApiError::UserAlreadyExists`] if the email has an account, and [`UsernameError::Taken`].
pub async fn insert(client: &impl Executor, user: &User) -> Result<(), ApiError> {
    create(client, CREATE, user).await.map(drop)
}

/// As [`insert`], but without a username that is taken. Returns the user as stored.
pub async fn insert_with_free_username(transaction: &Transaction, user: User) -> Result<User, ApiError> {
    if create(transaction, CREATE_UNLESS_USERNAME_TAKEN, &user).await? == 1 {
        return Ok(user);
    }
    let user = User { username: None, display_username: None, ..user };
    insert(transaction, &user).await.map(|()| user)
}

async fn create(client: &impl Executor, statement: &'static str, user: &User) -> Result<u64, ApiError> {
    let fields = stored(&user.fields);
    let parameters: [&dyn Parameter; 10] = [
        &user.id.as_str(),
        &user.name,
        &user.email.as_str(),
        &user.email_verified,
        &user.image,
        &user.created_at,
        &user.updated_at,
        &fields,
        &user.username.as_ref().map(Username::as_str),
        &user.display_username,
    ];
    client.execute(statement, &parameters).await.map_err(taken)
}

/// Stores those of `users` whose id, email and username do not exist yet, in one statement. Returns their ids.
pub(crate) async fn create_missing(
    client: &impl Executor,
    users: &[&User],
) -> Result<HashSet<String>, StoreError> {
    let ids: Vec<&str> = users.iter().map(|user| user.id.as_str()).collect();
    let names: Vec<&str> = users.iter().map(|user| user.name.as_str()).collect();
    let emails: Vec<&str> = users.iter().map(|user| user.email.as_str()).collect();
    let verified: Vec<bool> = users.iter().map(|user| user.email_verified).collect();
    let images: Vec<Option<&str>> = users.iter().map(|user| user.image.as_deref()).collect();
    let created: Vec<Timestamp> = users.iter().map(|user| user.created_at).collect();
    let updated: Vec<Timestamp> = users.iter().map(|user| user.updated_at).collect();
    let fields: Vec<Option<Value>> = users.iter().map(|user| stored(&user.fields)).collect();
    let usernames: Vec<Option<&str>> =
        users.iter().map(|user| user.username.as_ref().map(Username::as_str)).collect();
    let display: Vec<Option<&str>> = users.iter().map(|user| user.display_username.as_deref()).collect();
    let parameters: [&dyn Parameter; 10] =
        [&ids, &names, &emails, &verified, &images, &created, &updated, &fields, &usernames, &display];
    let rows = client.query(CREATE_MISSING, &parameters).await?;
    rows.iter().map(|row| column(row, "users", "id")).collect()
}

/// The number of accounts.
pub(crate) async fn count(client: &impl Executor) -> Result<u64, StoreError> {
    let count: i64 = column(&client.query_one(COUNT, &[]).await?, "users", "count")?;
    Ok(count.unsigned_abs())
}

pub async fn find(client: &impl Executor, id: &UserId) -> Result<Option<User>, StoreError> {
    client.query_opt(FIND, &[&id.as_str()]).await?.as_ref().map(from_row).transpose()
}

pub async fn find_by_email(client: &impl Executor, email: &Email) -> Result<Option<User>, StoreError> {
    client.query_opt(FIND_BY_EMAIL, &[&email.as_str()]).await?.as_ref().map(from_row).transpose()
}

/// Whether a user has this username.
pub async fn is_username_taken(client: &impl Executor, username: &Username) -> Result<bool, StoreError> {
    Ok(!taken_usernames(client, &[username]).await?.is_empty())
}

/// Which of these usernames users have.
pub(crate) async fn taken_usernames(
    client: &impl Executor,
    usernames: &[&Username],
) -> Result<HashSet<String>, StoreError> {
    let usernames: Vec<&str> = usernames.iter().map(|username| username.as_str()).collect();
    let rows = client.query(TAKEN_USERNAMES, &[&usernames]).await?;
    rows.iter().map(|row| column(row, "users", "username")).collect()
}

/// Additional fields as the database stores them: nothing if there are none.
pub(crate) fn stored(fields: &Map<String, Value>) -> Option<Value> {
    (!fields.is_empty()).then(|| Value::Object(fields.clone()))
}

/// Reads additional fields that [`stored`] wrote.
pub(crate) fn fields(row: &Row, table: &'static str) -> Result<Map<String, Value>, StoreError> {
    match column(row, table, "fields")? {
        None => Ok(Map::new()),
        Some(Value::Object(fields)) => Ok(fields),
        Some(_) => Err(corrupt(table, "fields", "not an object")),
    }
}

/// Marks the email as verified.
pub async fn set_verified(client: &impl Executor, id: &UserId, now: Timestamp) -> Result<(), StoreError> {
    client.execute(SET_VERIFIED, &[&id.as_str(), &now]).await?;
    Ok(())
}

/// Changes the email of an account.
///
/// # Errors
/// [`ApiError::UserAlreadyExists`] if the email has an account.
pub async fn set_email(
    client: &impl Executor,
    id: &UserId,
    email: &Email,
    now: Timestamp,
) -> Result<(), ApiError> {
    client.execute(SET_EMAIL, &[&id.as_str(), &email.as_str(), &now]).await.map_err(taken)?;
    Ok(())
}

/// Locks an account until the transaction ends. False if its credential is not in this epoch any more.
pub async fn lock(
    transaction: &Transaction,
    id: &UserId,
    epoch: CredentialEpoch,
) -> Result<bool, StoreError> {
    Ok(transaction.query_opt(LOCK, &[&id.as_str(), &epoch.number()]).await?.is_some())
}

/// Locks an account until the transaction ends, whatever its credential is. False if it does not exist.
pub(crate) async fn lock_any_epoch(transaction: &Transaction, id: &UserId) -> Result<bool, StoreError> {
    Ok(transaction.query_opt(LOCK_ANY_EPOCH, &[&id.as_str()]).await?.is_some())
}

/// Starts the next credential epoch of a locked account: what was checked in an earlier one becomes invalid.
pub async fn raise_epoch(transaction: &Transaction, id: &UserId) -> Result<CredentialEpoch, StoreError> {
    let row = transaction.query_one(RAISE_EPOCH, &[&id.as_str()]).await?;
    column(&row, "users", "credential_epoch").map(CredentialEpoch::from_number)
}

/// Deletes an account with its password, sessions and links.
pub async fn delete(client: &impl Executor, id: &UserId) -> Result<(), StoreError> {
    client.execute(DELETE, &[&id.as_str()]).await?;
    Ok(())
}

/// The error of a statement that may violate a unique constraint.
pub(super) fn taken(error: StoreError) -> ApiError {
    match error {
        error if error.is_constraint(EMAIL_IS_UNIQUE) => ApiError::UserAlreadyExists,
        error if error.is_constraint(USERNAME_IS_UNIQUE) => UsernameError::Taken.into(),
        error => error.into(),
    }
}

/// Reads a username, of whatever length: the settings may have changed since it was chosen.
pub(crate) fn read_username(row: &Row, table: &'static str) -> Result<Option<Username>, StoreError> {
    let Some(text) = column::<Option<&str>>(row, table, "username")? else { return Ok(None) };
    Username::parse(text).map(Some).ok_or_else(|| corrupt(table, "username", "not a username"))
}

/// Reads a user from a row with the columns `user_id`, `name`, `email`, `email_verified`, `image`, `user_created_at`,
/// `user_updated_at`, `credential_epoch`, `two_factor`, `fields`, `username` and `display_username`. All queries that join
/// `users` use it.
pub fn from_row(row: &Row) -> Result<User, StoreError> {
    let id: String = column(row, "users", "user_id")?;
    let email: String = column(row, "users", "email")?;
    Ok(User {
        id: UserId::try_from(id).map_err(|error| corrupt("users", "id", error))?,
        name: column(row, "users", "name")?,
        email: Email::parse(&email).ok_or_else(|| corrupt("users", "email", "not an e-mail address"))?,
        email_verified: column(row, "users", "email_verified")?,
        image: column(row, "users", "image")?,
        created_at: column(row, "users", "user_created_at")?,
        updated_at: column(row, "users", "user_updated_at")?,
        username: read_username(row, "users")?,
        display_username: column(row, "users", "display_username")?,
        credential_epoch: CredentialEpoch::from_number(column(row, "users", "credential_epoch")?),
        two_factor: column(row, "users", "two_factor")?,
        fields: fields(row, "users")?,
    })
}
