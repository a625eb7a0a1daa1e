//! The `signing_keys` table.

use deadpool_postgres::{Object, Transaction};
use jiff::Timestamp;
use service_kit::store::{StoreError, column};
use tokio_postgres::Client;

/// Held while the first key is made, so that two replicas starting at once make one ("keys" in ASCII).
const CREATE_LOCK: i64 = 0x6b65_7973;

const LOCK: &str = "SELECT pg_advisory_xact_lock($1)";
const FIND_ACTIVE: &str = "SELECT kid, private_key FROM signing_keys WHERE status = 'active'";
const INSERT: &str =
    "INSERT INTO signing_keys (kid, private_key, status, created_at) VALUES ($1, $2, 'active', $3)";

/// A key as it is stored: encrypted.
pub struct SealedKey {
    /// Its name.
    pub kid: String,
    /// Its encrypted PKCS#8 form.
    pub private_key: Vec<u8>,
}

/// The key that signs, if there is one yet.
///
/// # Errors
/// When the database cannot, or a stored value does not fit.
pub async fn find_active(client: &Client) -> Result<Option<SealedKey>, StoreError> {
    let Some(row) = client.query_opt(FIND_ACTIVE, &[]).await? else { return Ok(None) };
    Ok(Some(SealedKey {
        kid: column(&row, "signing_keys", "kid")?,
        private_key: column(&row, "signing_keys", "private_key")?,
    }))
}

/// A transaction that one replica at a time is in.
///
/// # Errors
/// When the database cannot.
pub async fn lock(client: &mut Object) -> Result<Transaction<'_>, StoreError> {
    let transaction = client.transaction().await?;
    transaction.execute(LOCK, &[&CREATE_LOCK]).await?;
    Ok(transaction)
}

/// Stores a key that signs from now on, and ends the transaction.
///
/// # Errors
/// When the database cannot.
pub async fn insert(transaction: Transaction<'_>, key: &SealedKey, now: Timestamp) -> Result<(), StoreError> {
    transaction.execute(INSERT, &[&key.kid, &key.private_key, &now]).await?;
    Ok(transaction.commit().await?)
}
