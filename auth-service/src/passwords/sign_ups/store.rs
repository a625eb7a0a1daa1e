//! The `sign_ups` table.

use jiff::Timestamp;
use service_kit::database::{Executor, Parameter, Transaction};
use service_kit::store::{Row, StoreError, column, corrupt};
use shared_claims::UserId;

use super::super::model::StoredHash;
use super::super::store as passwords;
use super::model::{MAX_FOR_EMAIL, SIGN_UP_TTL, SignUp};
use crate::error::ApiError;
use crate::linked_accounts;
use crate::protocol::email_address::Email;
use crate::sessions;
use crate::users::{self, Changes, NewUsername, User, Username, UsernameChange};
use crate::verifications::{self, LinkToken};

/// Deletes some of the expired sign-ups, and all but the newest with the same email. Locked rows are left to the next
/// sign-up.
const CREATE: &str = "
    WITH surplus AS (
        (SELECT id FROM sign_ups WHERE expires_at <= $7 LIMIT 100)
        UNION ALL
        (SELECT id FROM sign_ups WHERE email = $2 ORDER BY created_at DESC, id DESC OFFSET $9)
    ),
    held AS (
        SELECT id FROM sign_ups WHERE id IN (SELECT id FROM surplus) ORDER BY id FOR UPDATE SKIP LOCKED
    ),
    swept AS (DELETE FROM sign_ups WHERE id IN (SELECT id FROM held))
    INSERT INTO sign_ups (id, email, name, image, hash, scheme, created_at, expires_at, fields, username,
                          display_username)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $10, $11, $12)";
const FIND: &str = "
    SELECT id, email, name, image, hash, scheme, created_at, fields, username, display_username FROM sign_ups
    WHERE id = $1 AND expires_at > $2";
/// Newest first.
const FIND_BY_EMAIL: &str = "
    SELECT id, email, name, image, hash, scheme, created_at, fields, username, display_username FROM sign_ups
    WHERE email = $1 AND expires_at > $2 ORDER BY created_at DESC, id DESC";
/// Newest first, as many as one email can have.
const FIND_BY_USERNAME: &str = "
    SELECT id, email, name, image, hash, scheme, created_at, fields, username, display_username FROM sign_ups
    WHERE username = $1 AND expires_at > $2 ORDER BY created_at DESC, id DESC LIMIT $3";
/// In a fixed order, so that two concurrent completions do not deadlock.
const LOCK: &str = "SELECT id FROM sign_ups WHERE email = $1 ORDER BY id FOR UPDATE";
const DELETE_BY_EMAIL: &str = "DELETE FROM sign_ups WHERE email = $1";

/// Stores a sign-up, which expires after [`SIGN_UP_TTL`].
pub async fn create(
    transaction: &Transaction,
    user: &User,
    password: &StoredHash,
    now: Timestamp,
) -> Result<(), StoreError> {
    let expires_at = now.checked_add(SIGN_UP_TTL).unwrap_or(Timestamp::MAX);
    // The new sign-up is not counted by the statement.
    let kept = MAX_FOR_EMAIL - 1;
    let fields = users::stored(&user.fields);
    let parameters: [&dyn Parameter; 12] = [
        &user.id.as_str(),
        &user.email.as_str(),
        &user.name,
        &user.image,
        &password.hash,
        &password.scheme.as_str(),
        &now,
        &expires_at,
        &kept,
        &fields,
        &user.username.as_ref().map(Username::as_str),
        &user.display_username,
    ];
    transaction.execute(CREATE, &parameters).await?;
    Ok(())
}

/// Finds a pending sign-up.
pub async fn find(client: &impl Executor, id: &UserId, now: Timestamp) -> Result<Option<SignUp>, StoreError> {
    client.query_opt(FIND, &[&id.as_str(), &now]).await?.as_ref().map(from_row).transpose()
}

/// The pending sign-ups with this email, newest first.
pub async fn find_by_email(
    client: &impl Executor,
    email: &Email,
    now: Timestamp,
) -> Result<Vec<SignUp>, StoreError> {
    client.query(FIND_BY_EMAIL, &[&email.as_str(), &now]).await?.iter().map(from_row).collect()
}

/// Pending sign-ups with this username, which is not reserved for any of them, newest first.
pub async fn find_by_username(
    client: &impl Executor,
    username: &Username,
    now: Timestamp,
) -> Result<Vec<SignUp>, StoreError> {
    let rows = client.query(FIND_BY_USERNAME, &[&username.as_str(), &now, &MAX_FOR_EMAIL]).await?;
    rows.iter().map(from_row).collect()
}

/// Turns a sign-up into a user whose email was verified with `token`, and deletes all sign-ups with that email. `None`, with
/// nothing to commit, if the link was used or the email has a verified account.
pub async fn complete(
    transaction: &Transaction,
    sign_up: SignUp,
    token: &LinkToken,
    now: Timestamp,
) -> Result<Option<User>, ApiError> {
    let Some(user) = store_user(transaction, sign_up, now).await? else { return Ok(None) };
    if !verifications::complete_sign_up(transaction, token, &user, now).await? {
        return Ok(None);
    }
    discard(transaction, &user.email).await?;
    Ok(Some(user))
}

/// Turns a sign-up into a user whose email was verified by a code, and deletes all sign-ups with that email. `None`, with nothing
/// to commit, if the email has a verified account.
pub async fn become_user(
    transaction: &Transaction,
    sign_up: SignUp,
    now: Timestamp,
) -> Result<Option<User>, ApiError> {
    let user = store_user(transaction, sign_up, now).await?;
    if let Some(user) = &user {
        discard(transaction, &user.email).await?;
    }
    Ok(user)
}

/// Creates the user of a sign-up. If the email has an account that was never verified, the sign-up takes it over: it sets the
/// name and password, and ends all sessions. A username that another user has by now is left out. `None` if the email has a
/// verified account.
async fn store_user(
    transaction: &Transaction,
    sign_up: SignUp,
    now: Timestamp,
) -> Result<Option<User>, ApiError> {
    lock(transaction, &sign_up.email).await?;
    let (new, password) = sign_up.into_user(now);
    let user = match users::find_by_email(transaction, &new.email).await? {
        None => match users::insert_with_free_username(transaction, new).await {
            Ok(user) => {
                passwords::create(transaction, &user.id, &password, now).await?;
                user
            }
            Err(ApiError::UserAlreadyExists) => return Ok(None),
            Err(error) => return Err(error),
        },
        Some(existing) => match take_over(transaction, existing, new, &password, now).await? {
            Some(user) => user,
            None => return Ok(None),
        },
    };
    Ok(Some(user))
}

/// Locks all sign-ups with an email until the transaction ends. To avoid deadlocks, call it before the account is locked.
pub async fn lock(transaction: &Transaction, email: &Email) -> Result<(), StoreError> {
    transaction.query(LOCK, &[&email.as_str()]).await?;
    Ok(())
}

/// Deletes all sign-ups with an email, which are locked, because its owner has proved it.
pub async fn discard(transaction: &Transaction, email: &Email) -> Result<(), StoreError> {
    transaction.execute(DELETE_BY_EMAIL, &[&email.as_str()]).await?;
    Ok(())
}

/// Keeps the account and its data, like a reset of its password from the same mailbox. `None` if its email is
/// verified.
async fn take_over(
    transaction: &Transaction,
    existing: User,
    new: User,
    password: &StoredHash,
    now: Timestamp,
) -> Result<Option<User>, ApiError> {
    let Some(epoch) = passwords::change(
        transaction,
        &existing.id,
        existing.credential_epoch,
        (password, passwords::PasswordSource::Account),
        now,
    )
    .await?
    else {
        return Ok(None);
    };
    // Read again, because only now it is locked.
    if users::find(transaction, &existing.id).await?.is_none_or(|existing| existing.email_verified) {
        return Ok(None);
    }
    users::set_verified(transaction, &existing.id, now).await?;
    // They may belong to somebody who signed up with an email that was not theirs.
    linked_accounts::delete_all(transaction, &existing.id).await?;
    let username = UsernameChange {
        username: new.username.clone().map(Some),
        display: new.display_username.clone().map(Some),
    };
    let changes = Changes {
        name: Some(&new.name),
        image: Some(new.image.as_deref()),
        username,
        fields: new.fields.clone(),
    };
    let renamed = users::update_with_free_username(transaction, &existing.id, changes, now).await?;
    let chosen = renamed.then(|| (new.username.clone(), new.display_username.clone()));
    let (username, display_username) = chosen.unwrap_or_default();
    sessions::end_all(transaction, &existing.id, None).await?;
    verifications::void(transaction, &existing.id).await?;
    let fields = existing.fields.into_iter().chain(new.fields).collect();
    Ok(Some(User {
        id: existing.id,
        created_at: existing.created_at,
        username: username.or(existing.username),
        display_username: display_username.or(existing.display_username),
        credential_epoch: epoch,
        two_factor: existing.two_factor,
        fields,
        ..new
    }))
}

fn from_row(row: &Row) -> Result<SignUp, StoreError> {
    let id: String = column(row, "sign_ups", "id")?;
    let email: &str = column(row, "sign_ups", "email")?;
    Ok(SignUp {
        id: UserId::try_from(id).map_err(|error| corrupt("sign_ups", "id", error))?,
        name: column(row, "sign_ups", "name")?,
        email: Email::parse(email).ok_or_else(|| corrupt("sign_ups", "email", "not an email"))?,
        image: column(row, "sign_ups", "image")?,
        password: passwords::from_row(row)?.ok_or_else(|| corrupt("sign_ups", "hash", "missing"))?,
        created_at: column(row, "sign_ups", "created_at")?,
        username: NewUsername {
            username: users::read_username(row, "sign_ups")?,
            display: column(row, "sign_ups", "display_username")?,
        },
        fields: users::fields(row, "sign_ups")?,
    })
}
