//! The `linked_accounts` table.

use jiff::Timestamp;
use service_kit::database::{Executor, Parameter, Transaction};
use service_kit::store::{Row, StoreError, column, corrupt};
use shared_claims::UserId;
use uuid::Uuid;

use super::model::{LinkedAccount, NewLinkedAccount, TokenChange};
use super::sealed::SealedTokens;

const TABLE: &str = "linked_accounts";
const SUBJECT_IS_UNIQUE: &str = "linked_accounts_subject_key";

macro_rules! select {
    ($where:literal) => {
        concat!(
            "SELECT id, user_id, provider, subject, scopes, tokens, access_token_expires_at, refresh_token_expires_at,
                    created_at, updated_at
             FROM linked_accounts ",
            $where
        )
    };
}
const FIND: &str = select!("WHERE provider = $1 AND subject = $2");
const FIND_OWNED: &str = select!("WHERE user_id = $1 AND id = $2");
const OF_USER: &str = select!("WHERE user_id = $1 ORDER BY created_at, id");
const INSERT: &str = "
    INSERT INTO linked_accounts
        (id, user_id, provider, subject, scopes, tokens, access_token_expires_at, refresh_token_expires_at,
         created_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)";
/// An expiry that the provider did not send again stays.
const UPDATE: &str = "
    UPDATE linked_accounts SET tokens = $3, scopes = coalesce($4, scopes),
        access_token_expires_at = coalesce($5, access_token_expires_at),
        refresh_token_expires_at = coalesce($6, refresh_token_expires_at), updated_at = $7
    WHERE user_id = $1 AND id = $2";
const DELETE: &str = "DELETE FROM linked_accounts WHERE user_id = $1 AND id = $2";
const DELETE_ALL: &str = "DELETE FROM linked_accounts WHERE user_id = $1";

/// Finds the account with this id at a provider, of any user. Sign-in uses it to identify the user.
pub async fn find(
    client: &impl Executor,
    provider: &str,
    subject: &str,
) -> Result<Option<LinkedAccount>, StoreError> {
    client.query_opt(FIND, &[&provider, &subject]).await?.as_ref().map(from_row).transpose()
}

/// An account of `owner`.
pub async fn find_owned(
    client: &impl Executor,
    owner: &UserId,
    id: Uuid,
) -> Result<Option<LinkedAccount>, StoreError> {
    client.query_opt(FIND_OWNED, &[&owner.as_str(), &id]).await?.as_ref().map(from_row).transpose()
}

/// The accounts of `owner`, oldest first.
pub async fn of_user(client: &impl Executor, owner: &UserId) -> Result<Vec<LinkedAccount>, StoreError> {
    client.query(OF_USER, &[&owner.as_str()]).await?.iter().map(from_row).collect()
}

/// Links an account to `owner`. False if it is linked to a user already. The transaction cannot go on then.
pub async fn insert(
    transaction: &Transaction,
    owner: &UserId,
    account: &NewLinkedAccount<'_>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let parameters: [&dyn Parameter; 9] = [
        &account.id,
        &owner.as_str(),
        &account.provider,
        &account.subject,
        &account.scopes,
        &account.tokens.0,
        &account.access_expires_at,
        &account.refresh_expires_at,
        &now,
    ];
    match transaction.execute(INSERT, &parameters).await {
        Ok(_) => Ok(true),
        Err(error) if error.is_constraint(SUBJECT_IS_UNIQUE) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Stores new tokens of an account of `owner`. False if it is not linked any more.
pub async fn update(
    client: &impl Executor,
    owner: &UserId,
    id: Uuid,
    change: &TokenChange<'_>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let parameters: [&dyn Parameter; 7] = [
        &owner.as_str(),
        &id,
        &change.tokens.0,
        &change.scopes,
        &change.access_expires_at,
        &change.refresh_expires_at,
        &now,
    ];
    Ok(client.execute(UPDATE, &parameters).await? == 1)
}

/// Removes an account of `owner`.
pub async fn delete(client: &impl Executor, owner: &UserId, id: Uuid) -> Result<(), StoreError> {
    client.execute(DELETE, &[&owner.as_str(), &id]).await?;
    Ok(())
}

/// Removes all accounts of `owner`, and returns how many they were.
pub async fn delete_all(client: &impl Executor, owner: &UserId) -> Result<u64, StoreError> {
    client.execute(DELETE_ALL, &[&owner.as_str()]).await
}

fn from_row(row: &Row) -> Result<LinkedAccount, StoreError> {
    let user: String = column(row, TABLE, "user_id")?;
    Ok(LinkedAccount {
        id: column(row, TABLE, "id")?,
        user_id: UserId::try_from(user).map_err(|error| corrupt(TABLE, "user_id", error))?,
        provider: column(row, TABLE, "provider")?,
        subject: column(row, TABLE, "subject")?,
        scopes: column(row, TABLE, "scopes")?,
        tokens: SealedTokens(column(row, TABLE, "tokens")?),
        access_expires_at: column(row, TABLE, "access_token_expires_at")?,
        refresh_expires_at: column(row, TABLE, "refresh_token_expires_at")?,
        created_at: column(row, TABLE, "created_at")?,
        updated_at: column(row, TABLE, "updated_at")?,
    })
}
