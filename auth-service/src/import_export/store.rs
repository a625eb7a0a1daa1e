//! What an import writes and an export reads: many rows a statement, since there may be millions.

use std::collections::HashMap;

use jiff::Timestamp;
use service_kit::database::{Executor, Parameter, Transaction};
use service_kit::store::{StoreError, column};
use uuid::Uuid;

use super::account::ValidAccount;

/// Plans are made once, when the tables may still be empty and reading them whole looks cheap. They are full soon, and
/// each batch would take longer than the one before.
const USE_INDEXES: &str = "SET LOCAL enable_seqscan = off";
/// Accounts that are here already, by id or by address.
const FIND_THERE: &str = "
    SELECT u.id, u.email, greatest(u.updated_at, p.updated_at) AS updated_at
    FROM users u LEFT JOIN passwords p ON p.user_id = u.id
    WHERE u.id = ANY($1) OR u.email = ANY($2)";
/// Nothing that is here is changed. Who signs up at this moment with one of these addresses wins.
const INSERT_USERS: &str = "
    INSERT INTO users (id, name, email, email_verified, image, created_at, updated_at)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::text[], $6::timestamptz[],
                         $7::timestamptz[])
    ON CONFLICT DO NOTHING
    RETURNING id";
const INSERT_PASSWORDS: &str = "
    INSERT INTO passwords (user_id, hash, scheme, updated_at)
    SELECT user_id, hash, scheme, updated_at
    FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) AS new (user_id, hash, scheme, updated_at)";
const INSERT_SESSIONS: &str = "
    INSERT INTO sessions
        (id, user_id, token_hash, created_at, updated_at, expires_at, remembered, ip_address, user_agent)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::timestamptz[], $5::timestamptz[],
                         $6::timestamptz[], $7::boolean[], $8::text[], $9::text[])
    ON CONFLICT (token_hash) DO NOTHING";

/// Who of a batch is here already.
#[derive(Default)]
pub struct Existing {
    /// When an account last changed, by its id.
    pub ids: HashMap<String, Timestamp>,
    /// The id of an account, by its address.
    pub emails: HashMap<String, String>,
}

/// Looks for accounts of these ids or addresses. Comes first in a transaction.
pub async fn find_there(
    transaction: &Transaction,
    accounts: &[ValidAccount],
) -> Result<Existing, StoreError> {
    let ids: Vec<&str> = accounts.iter().map(|account| account.id.as_str()).collect();
    let emails: Vec<&str> = accounts.iter().map(|account| account.email.as_str()).collect();
    transaction.batch(USE_INDEXES).await?;
    let mut there = Existing::default();
    for row in transaction.query(FIND_THERE, &[&ids, &emails]).await? {
        let id: String = column(&row, "users", "id")?;
        there.emails.insert(column(&row, "users", "email")?, id.clone());
        there.ids.insert(id, column(&row, "users", "updated_at")?);
    }
    Ok(there)
}

/// Stores users. Answers the ids of those that were new.
pub async fn insert_users(
    transaction: &Transaction,
    accounts: &[ValidAccount],
) -> Result<Vec<String>, StoreError> {
    let ids: Vec<&str> = accounts.iter().map(|account| account.id.as_str()).collect();
    let names: Vec<&str> = accounts.iter().map(|account| account.name.as_str()).collect();
    let emails: Vec<&str> = accounts.iter().map(|account| account.email.as_str()).collect();
    let verified: Vec<bool> = accounts.iter().map(|account| account.email_verified).collect();
    let images: Vec<Option<&str>> = accounts.iter().map(|account| account.image.as_deref()).collect();
    let created: Vec<Timestamp> = accounts.iter().map(|account| account.created_at).collect();
    let updated: Vec<Timestamp> = accounts.iter().map(|account| account.updated_at).collect();
    let rows = transaction
        .query(INSERT_USERS, &[&ids, &names, &emails, &verified, &images, &created, &updated])
        .await?;
    rows.iter().map(|row| column(row, "users", "id")).collect()
}

/// Stores the password hashes of users that were just stored.
pub async fn insert_passwords(
    transaction: &Transaction,
    accounts: &[ValidAccount],
) -> Result<(), StoreError> {
    let with = || accounts.iter().filter_map(|account| Some((account, account.password.as_ref()?)));
    let ids: Vec<&str> = with().map(|(account, _)| account.id.as_str()).collect();
    let hashes: Vec<&str> = with().map(|(_, stored)| stored.hash.as_str()).collect();
    let schemes: Vec<&str> = with().map(|(_, stored)| stored.scheme.as_str()).collect();
    let updated: Vec<Timestamp> = with().map(|(account, _)| account.updated_at).collect();
    transaction.execute(INSERT_PASSWORDS, &[&ids, &hashes, &schemes, &updated]).await?;
    Ok(())
}

/// Stores the sessions of users that were just stored. Answers how many were new.
pub async fn insert_sessions(
    transaction: &Transaction,
    accounts: &[ValidAccount],
) -> Result<u64, StoreError> {
    let all = || accounts.iter().flat_map(|account| &account.sessions);
    if all().next().is_none() {
        return Ok(0);
    }
    let ids: Vec<&Uuid> = all().map(|(session, _)| session.id.as_uuid()).collect();
    let users: Vec<&str> = all().map(|(session, _)| session.user_id.as_str()).collect();
    let hashes: Vec<Vec<u8>> = all().map(|(_, token)| token.hash()).collect();
    let created: Vec<Timestamp> = all().map(|(session, _)| session.created_at).collect();
    let updated: Vec<Timestamp> = all().map(|(session, _)| session.updated_at).collect();
    let expires: Vec<Timestamp> = all().map(|(session, _)| session.expires_at).collect();
    let remembered: Vec<bool> = all().map(|(session, _)| session.remembered).collect();
    let addresses: Vec<&str> = all().map(|(session, _)| session.ip_address.as_str()).collect();
    let agents: Vec<&str> = all().map(|(session, _)| session.user_agent.as_str()).collect();
    let values: [&dyn Parameter; 9] =
        [&ids, &users, &hashes, &created, &updated, &expires, &remembered, &addresses, &agents];
    transaction.execute(INSERT_SESSIONS, &values).await
}
