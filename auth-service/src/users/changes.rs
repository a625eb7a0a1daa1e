//! Changing users.

use jiff::Timestamp;
use serde_json::{Map, Value};
use service_kit::database::{Executor, Parameter, Transaction};
use shared_claims::UserId;

use super::store::{stored, taken};
use super::username::{Username, UsernameChange};
use crate::error::{ApiError, UsernameError};

const UPDATE: &str = "
    UPDATE users SET name = coalesce($2, name), image = CASE WHEN $3 THEN $4 ELSE image END, updated_at = $5,
        fields = CASE WHEN $6::jsonb IS NULL THEN fields
            ELSE nullif(jsonb_strip_nulls(coalesce(fields, '{}') || $6), '{}') END,
        username = CASE WHEN $7 THEN $8 ELSE username END,
        display_username = CASE WHEN $9 THEN $10 ELSE display_username END
    WHERE id = $1";
/// A violated constraint would end the transaction otherwise.
const BEFORE_USERNAME: &str = "SAVEPOINT before_username";
const UNDO_USERNAME: &str = "ROLLBACK TO SAVEPOINT before_username";

/// What changes of a user. `None` leaves a value unchanged, and so does a field that is not there.
#[derive(Debug, Default)]
pub struct Changes<'a> {
    pub name: Option<&'a str>,
    /// The URL of a picture; the inner `None` removes it.
    pub image: Option<Option<&'a str>>,
    pub username: UsernameChange,
    /// Additional fields. Null removes a value.
    pub fields: Map<String, Value>,
}

/// Changes a user.
///
/// # Errors
/// [`UsernameError::Taken`] if another user has the username.
pub async fn update(
    client: &impl Executor,
    id: &UserId,
    changes: &Changes<'_>,
    now: Timestamp,
) -> Result<(), ApiError> {
    let Changes { name, image, username: UsernameChange { username, display }, fields } = changes;
    let fields = stored(fields);
    let new_username = username.as_ref().and_then(Option::as_ref).map(Username::as_str);
    let new_display = display.as_ref().and_then(Option::as_deref);
    let parameters: [&dyn Parameter; 10] = [
        &id.as_str(),
        name,
        &image.is_some(),
        &image.flatten(),
        &now,
        &fields,
        &username.is_some(),
        &new_username,
        &display.is_some(),
        &new_display,
    ];
    client.execute(UPDATE, &parameters).await.map_err(taken)?;
    Ok(())
}

/// As [`update`], but if another user has the username, the old one stays. Returns whether it was changed.
pub(crate) async fn update_with_free_username(
    transaction: &Transaction,
    id: &UserId,
    mut changes: Changes<'_>,
    now: Timestamp,
) -> Result<bool, ApiError> {
    transaction.batch(BEFORE_USERNAME).await?;
    match update(transaction, id, &changes, now).await {
        Err(ApiError::Username(UsernameError::Taken)) => {
            transaction.batch(UNDO_USERNAME).await?;
            changes.username = UsernameChange::default();
            update(transaction, id, &changes, now).await.map(|()| false)
        }
        updated => updated.map(|()| true),
    }
}
