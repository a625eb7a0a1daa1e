//! The `signing_keys` table.

use deadpool_postgres::{GenericClient, Object, Transaction};
use jiff::Timestamp;
use serde_json::Value;
use service_kit::store::{StoreError, column};
use tokio_postgres::Client;

/// Held while the first key is made, so that two replicas starting at once make one ("keys" in ASCII).
const CREATE_LOCK: i64 = 0x6b65_7973;

const LOCK: &str = "SELECT pg_advisory_xact_lock($1)";
const FIND_ACTIVE: &str = "SELECT kid, private_key FROM signing_keys WHERE status = 'active'";
const INSERT: &str =
    "INSERT INTO signing_keys (kid, private_key, status, created_at) VALUES ($1, $2, 'active', $3)";

const FIND_RETIRED: &str = "
    SELECT public_jwk, published_until FROM signing_keys WHERE status = 'retired' ORDER BY created_at, kid";
const RETIRE: &str = "
    INSERT INTO signing_keys (kid, algorithm, public_jwk, private_key, published_until, status, created_at)
    VALUES ($1, $2, $3, $4, $5, 'retired', $6)
    ON CONFLICT (kid) DO NOTHING";
const IS_THERE: &str = "SELECT count(*) FROM signing_keys WHERE kid = $1";
const EVERY: &str = "
    SELECT kid, status, public_jwk, private_key, created_at FROM signing_keys ORDER BY status, created_at, kid";

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

/// A key that is shown in the JWKS and signs no more.
pub struct Published {
    /// Its public half.
    pub jwk: Value,
    /// When it is shown no longer.
    pub until: Timestamp,
}

/// The keys that sign no more, whether or not their time is over.
///
/// # Errors
/// When the database cannot, or a stored value does not fit.
pub async fn find_retired(client: &Client) -> Result<Vec<Published>, StoreError> {
    let rows = client.query(FIND_RETIRED, &[]).await?;
    let published = rows.iter().map(|row| {
        Ok(Published {
            jwk: column(row, "signing_keys", "public_jwk")?,
            until: column(row, "signing_keys", "published_until")?,
        })
    });
    published.collect()
}

/// A key of another system, to be published for the tokens of it that are still out.
pub struct RetiredKey {
    /// What its tokens name it by.
    pub kid: String,
    /// Its `alg`.
    pub algorithm: String,
    /// Its public half, as the JWKS shows it.
    pub jwk: Value,
    /// Its encrypted PKCS#8 form, if that is known.
    pub private_key: Option<Vec<u8>>,
    /// When it is shown no longer.
    pub until: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Stores a key that signs no more. Whether it was new: one that is there stays as it is.
///
/// # Errors
/// When the database cannot.
pub async fn retire(client: &impl GenericClient, key: &RetiredKey) -> Result<bool, StoreError> {
    let statement = client.prepare_cached(RETIRE).await?;
    let RetiredKey { kid, algorithm, jwk, private_key, until, created_at } = key;
    let stored = client.execute(&statement, &[kid, algorithm, jwk, private_key, until, created_at]).await?;
    Ok(stored == 1)
}

/// Whether there is a key of this name.
///
/// # Errors
/// When the database cannot.
pub async fn is_there(client: &impl GenericClient, kid: &str) -> Result<bool, StoreError> {
    let count: i64 = client.query_one(IS_THERE, &[&kid]).await?.try_get(0)?;
    Ok(count > 0)
}

/// A key with all that is stored of it.
pub struct StoredKey {
    /// Its name.
    pub kid: String,
    /// `active`, or `retired`.
    pub status: String,
    /// Its public half, where that does not follow from the private one.
    pub jwk: Option<Value>,
    /// Its encrypted PKCS#8 form.
    pub private_key: Option<Vec<u8>>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// All keys.
///
/// # Errors
/// When the database cannot, or a stored value does not fit.
pub async fn every(client: &Client) -> Result<Vec<StoredKey>, StoreError> {
    let rows = client.query(EVERY, &[]).await?;
    let keys = rows.iter().map(|row| {
        Ok(StoredKey {
            kid: column(row, "signing_keys", "kid")?,
            status: column(row, "signing_keys", "status")?,
            jwk: column(row, "signing_keys", "public_jwk")?,
            private_key: column(row, "signing_keys", "private_key")?,
            created_at: column(row, "signing_keys", "created_at")?,
        })
    });
    keys.collect()
}
