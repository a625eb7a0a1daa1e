//! Linked accounts that come from another system, or leave for one.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde::Serialize;
use service_kit::database::{Executor, Parameter, Transaction};
use service_kit::store::{StoreError, column};
use shared_claims::UserId;
use uuid::Uuid;

use super::sealed::{SealedTokens, StoredTokens};

const TABLE: &str = "linked_accounts";

/// An account that signs in a user already stays theirs. Scopes have no spaces.
const IMPORT: &str = "
    INSERT INTO linked_accounts
        (id, user_id, provider, subject, scopes, tokens, access_token_expires_at, refresh_token_expires_at,
         created_at, updated_at)
    SELECT id, user_id, provider, subject, string_to_array(scopes, ' '), tokens, access_expires, refresh_expires,
           created, updated
    FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::timestamptz[],
                $8::timestamptz[], $9::timestamptz[], $10::timestamptz[])
         AS new (id, user_id, provider, subject, scopes, tokens, access_expires, refresh_expires, created, updated)
    ON CONFLICT ON CONSTRAINT linked_accounts_subject_key DO NOTHING
    RETURNING id";
const FIND_SUBJECTS: &str = "
    SELECT provider, subject FROM linked_accounts
    WHERE (provider, subject) IN (SELECT * FROM unnest($1::text[], $2::text[]))";
const OF_USERS: &str = "
    SELECT user_id, id, provider, subject, scopes, created_at, updated_at
    FROM linked_accounts WHERE user_id = ANY($1) ORDER BY user_id, created_at, id";

/// An account that is imported with its user.
#[derive(Debug)]
pub struct ImportedAccount {
    pub id: Uuid,
    pub provider: String,
    pub subject: String,
    pub scopes: Vec<String>,
    pub tokens: StoredTokens,
    /// Whether it had more tokens, which cannot be decrypted.
    pub lost_tokens: bool,
    pub access_expires_at: Option<Timestamp>,
    pub refresh_expires_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// An account as an export shows it: without tokens, which are secrets of a short life.
#[derive(Debug, Serialize)]
pub struct ExportedAccount {
    #[serde(skip)]
    pub id: Uuid,
    pub provider: String,
    pub subject: String,
    pub scopes: Vec<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Stores imported accounts with their users and sealed tokens, in one statement. Returns the ids of those that no other
/// user had.
pub async fn import(
    transaction: &Transaction,
    accounts: &[(&UserId, &ImportedAccount, SealedTokens)],
) -> Result<HashSet<Uuid>, StoreError> {
    let links = || accounts.iter().map(|(_, account, _)| *account);
    let ids: Vec<Uuid> = links().map(|account| account.id).collect();
    let users: Vec<&str> = accounts.iter().map(|(user, ..)| user.as_str()).collect();
    let providers: Vec<&str> = links().map(|account| account.provider.as_str()).collect();
    let subjects: Vec<&str> = links().map(|account| account.subject.as_str()).collect();
    let scopes: Vec<String> = links().map(|account| account.scopes.join(" ")).collect();
    let tokens: Vec<&[u8]> = accounts.iter().map(|(.., tokens)| tokens.0.as_slice()).collect();
    let access: Vec<Option<Timestamp>> = links().map(|account| account.access_expires_at).collect();
    let refresh: Vec<Option<Timestamp>> = links().map(|account| account.refresh_expires_at).collect();
    let created: Vec<Timestamp> = links().map(|account| account.created_at).collect();
    let updated: Vec<Timestamp> = links().map(|account| account.updated_at).collect();
    let parameters: [&dyn Parameter; 10] =
        [&ids, &users, &providers, &subjects, &scopes, &tokens, &access, &refresh, &created, &updated];
    let rows = transaction.query(IMPORT, &parameters).await?;
    rows.iter().map(|row| column(row, TABLE, "id")).collect()
}

/// Those of the pairs of provider and id there that a user has.
pub async fn find_subjects(
    client: &impl Executor,
    accounts: &[(&str, &str)],
) -> Result<HashSet<(String, String)>, StoreError> {
    let providers: Vec<&str> = accounts.iter().map(|(provider, _)| *provider).collect();
    let subjects: Vec<&str> = accounts.iter().map(|(_, subject)| *subject).collect();
    let rows = client.query(FIND_SUBJECTS, &[&providers, &subjects]).await?;
    rows.iter().map(|row| Ok((column(row, TABLE, "provider")?, column(row, TABLE, "subject")?))).collect()
}

/// The accounts of these users by the user's id, oldest first.
pub async fn of_users(
    client: &impl Executor,
    users: &[&str],
) -> Result<HashMap<String, Vec<ExportedAccount>>, StoreError> {
    let mut accounts: HashMap<String, Vec<ExportedAccount>> = HashMap::new();
    for row in client.query(OF_USERS, &[&users]).await? {
        let account = ExportedAccount {
            id: column(&row, TABLE, "id")?,
            provider: column(&row, TABLE, "provider")?,
            subject: column(&row, TABLE, "subject")?,
            scopes: column(&row, TABLE, "scopes")?,
            created_at: column(&row, TABLE, "created_at")?,
            updated_at: column(&row, TABLE, "updated_at")?,
        };
        accounts.entry(column(&row, TABLE, "user_id")?).or_default().push(account);
    }
    Ok(accounts)
}
