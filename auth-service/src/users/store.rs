//! The `users` table.

use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use service_kit::id::new_v7;
use service_kit::store::{StoreError, column, corrupt};
use shared_claims::UserId;
use tokio_postgres::Row;

use super::model::{Email, NewUser, User};
use crate::error::ApiError;

const CREATE: &str = "
    INSERT INTO users (id, name, email, email_verified, image, created_at, updated_at)
    VALUES ($1, $2, $3, false, $4, $5, $5)";
/// One account for an address, ignoring case (FR-005).
const EMAIL_IS_UNIQUE: &str = "users_email_key";

/// Makes an account at the time `now`, with a fresh id.
///
/// # Errors
/// [`ApiError::UserAlreadyExists`] when the address has one.
pub async fn create(client: &impl GenericClient, new: NewUser, now: Timestamp) -> Result<User, ApiError> {
    let id: UserId = new_v7(now)
        .to_string()
        .parse()
        .map_err(|error| ApiError::Internal(format!("a uuid is a user id: {error}")))?;
    let statement = client.prepare_cached(CREATE).await.map_err(StoreError::from)?;
    client
        .execute(&statement, &[&id.as_str(), &new.name, &new.email.as_str(), &new.image, &now])
        .await
        .map_err(StoreError::from)
        .map_err(|error| match error {
            error if error.is_constraint(EMAIL_IS_UNIQUE) => ApiError::UserAlreadyExists,
            error => error.into(),
        })?;
    let NewUser { name, email, image } = new;
    Ok(User { id, name, email, email_verified: false, image, created_at: now, updated_at: now })
}

/// Reads a user out of a row that names its columns `user_id`, `name`, `email`, `email_verified`, `image`,
/// `user_created_at` and `user_updated_at`: features that join the table share this one reading of it.
///
/// # Errors
/// When a stored value does not fit its type.
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
    })
}
