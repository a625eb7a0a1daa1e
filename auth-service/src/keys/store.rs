//! The `signing_keys` table.

use jiff::Timestamp;
use serde_json::Value;
use service_kit::database::{Executor, Pool, Transaction};
use service_kit::store::{StoreError, column, corrupt};
use tokio_postgres::Row;

use super::life::{KeyRecord, KeyStatus};

const TABLE: &str = "signing_keys";
/// Held by whoever changes keys, so that it happens once however many replicas want it ("keys" in ASCII).
const CHANGE_LOCK: i64 = 0x6b65_7973;

const LOCK: &str = "SELECT pg_advisory_xact_lock($1)";
const PUBLISHED: &str = "
    SELECT kid, status, algorithm, created_at, published_at, active_since, published_until
    FROM signing_keys WHERE status <> 'revoked' ORDER BY created_at, kid";
const HALVES: &str = "
    SELECT kid, public_jwk, private_key FROM signing_keys WHERE kid = ANY($1) AND status <> 'revoked'";
const EVERY: &str = "
    SELECT kid, status, algorithm, created_at, published_at, active_since, published_until, public_jwk, private_key
    FROM signing_keys ORDER BY created_at, kid";
const IS_THERE: &str = "SELECT count(*) FROM signing_keys WHERE kid = $1";

const INSERT: &str = "
    INSERT INTO signing_keys
        (kid, public_jwk, private_key, status, algorithm, created_at, published_at, active_since)
    VALUES ($1, $2, $3, $4, 'RS256', $5, $5, $6)";
const PROMOTE: &str =
    "UPDATE signing_keys SET status = 'active', active_since = $2 WHERE kid = $1 AND status = 'pending'";
const TAKE_OUT_OF_USE: &str = "
    UPDATE signing_keys SET status = 'retired', private_key = NULL, public_jwk = $2, published_until = $3
    WHERE kid = $1 AND status = 'active'";
const REVOKE: &str = "
    UPDATE signing_keys SET status = 'revoked', private_key = NULL, public_jwk = $2, revoked_at = $3
    WHERE kid = $1";
const DELETE_PENDING: &str = "DELETE FROM signing_keys WHERE status = 'pending'";
const SWEEP: &str = "
    DELETE FROM signing_keys WHERE status = 'retired' AND published_until <= $1 RETURNING kid";
const SEAL: &str = "UPDATE signing_keys SET private_key = $2 WHERE kid = $1";
const RETIRE: &str = "
    INSERT INTO signing_keys (kid, algorithm, public_jwk, private_key, published_until, status, created_at)
    VALUES ($1, $2, $3, $4, $5, 'retired', $6)
    ON CONFLICT (kid) DO NOTHING";

/// A transaction that one at a time is in, over all replicas.
///
/// # Errors
/// When the database cannot.
pub async fn lock(pool: &Pool) -> Result<Transaction, StoreError> {
    let transaction = pool.begin().await?;
    transaction.execute(LOCK, &[&CHANGE_LOCK]).await?;
    Ok(transaction)
}

/// Both halves of a key, as they are stored.
pub struct Halves {
    /// Its public half; `None` where it follows from the private one.
    pub jwk: Option<Value>,
    /// Its encrypted PKCS#8 form.
    pub private_key: Option<Vec<u8>>,
}

/// A key with all that is stored of it.
pub struct StoredKey {
    /// What it is.
    pub record: KeyRecord,
    /// The key itself.
    pub halves: Halves,
}

/// The keys that are not revoked, oldest first, without the keys themselves.
///
/// # Errors
/// When the database cannot, or a stored value does not fit.
pub async fn published(client: &impl Executor) -> Result<Vec<KeyRecord>, StoreError> {
    client.query(PUBLISHED, &[]).await?.iter().map(record).collect()
}

/// The keys of these names. One that is gone by now is left out.
///
/// # Errors
/// When the database cannot, or a stored value does not fit.
pub async fn halves_of(client: &impl Executor, kids: &[&str]) -> Result<Vec<(String, Halves)>, StoreError> {
    let rows = client.query(HALVES, &[&kids]).await?;
    rows.iter().map(|row| Ok((column(row, TABLE, "kid")?, halves(row)?))).collect()
}

/// All keys, oldest first.
///
/// # Errors
/// When the database cannot, or a stored value does not fit.
pub async fn every(client: &impl Executor) -> Result<Vec<StoredKey>, StoreError> {
    let rows = client.query(EVERY, &[]).await?;
    rows.iter().map(|row| Ok(StoredKey { record: record(row)?, halves: halves(row)? })).collect()
}

/// Whether there is a key of this name.
///
/// # Errors
/// When the database cannot.
pub async fn is_there(client: &impl Executor, kid: &str) -> Result<bool, StoreError> {
    let count: i64 = client.query_one(IS_THERE, &[&kid]).await?.try_get(0)?;
    Ok(count > 0)
}

/// A key of our own, to be stored.
pub struct SealedKey {
    /// What its tokens name it by.
    pub kid: String,
    /// Its public half.
    pub jwk: Value,
    /// Its encrypted PKCS#8 form.
    pub private_key: Vec<u8>,
}

/// Stores a key that signs from `now` on, or is next.
///
/// # Errors
/// When the database cannot.
pub async fn insert(
    transaction: &Transaction,
    key: &SealedKey,
    status: KeyStatus,
    now: Timestamp,
) -> Result<(), StoreError> {
    let SealedKey { kid, jwk, private_key } = key;
    let active_since = (status == KeyStatus::Active).then_some(now);
    transaction.execute(INSERT, &[kid, jwk, private_key, &status.as_str(), &now, &active_since]).await?;
    Ok(())
}

/// Lets the pending key of this name sign.
///
/// # Errors
/// When the database cannot.
pub async fn promote(transaction: &Transaction, kid: &str, now: Timestamp) -> Result<(), StoreError> {
    transaction.execute(PROMOTE, &[&kid, &now]).await?;
    Ok(())
}

/// Lets the active key of this name sign no more. Its private half is forgotten.
///
/// # Errors
/// When the database cannot.
pub async fn take_out_of_use(
    transaction: &Transaction,
    kid: &str,
    jwk: &Value,
    until: Timestamp,
) -> Result<(), StoreError> {
    transaction.execute(TAKE_OUT_OF_USE, &[&kid, jwk, &until]).await?;
    Ok(())
}

/// Leaves nothing of a key but what it takes to know it again.
///
/// # Errors
/// When the database cannot.
pub async fn revoke(
    transaction: &Transaction,
    kid: &str,
    jwk: Option<&Value>,
    now: Timestamp,
) -> Result<(), StoreError> {
    transaction.execute(REVOKE, &[&kid, &jwk, &now]).await?;
    Ok(())
}

/// Forgets the pending key, which never signed.
///
/// # Errors
/// When the database cannot.
pub async fn delete_pending(transaction: &Transaction) -> Result<(), StoreError> {
    transaction.execute(DELETE_PENDING, &[]).await?;
    Ok(())
}

/// Forgets the retired keys whose time is over. Returns their names.
///
/// # Errors
/// When the database cannot.
pub async fn sweep(client: &impl Executor, now: Timestamp) -> Result<Vec<String>, StoreError> {
    let rows = client.query(SWEEP, &[&now]).await?;
    rows.iter().map(|row| column(row, TABLE, "kid")).collect()
}

/// Puts another encrypted form of the same private half in place.
///
/// # Errors
/// When the database cannot.
pub async fn seal(transaction: &Transaction, kid: &str, private_key: &[u8]) -> Result<(), StoreError> {
    transaction.execute(SEAL, &[&kid, &private_key]).await?;
    Ok(())
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

/// Stores a key that signs no more. Whether it was new: one that is there stays as it is, also if it was revoked.
///
/// # Errors
/// When the database cannot.
pub async fn retire(client: &impl Executor, key: &RetiredKey) -> Result<bool, StoreError> {
    let RetiredKey { kid, algorithm, jwk, private_key, until, created_at } = key;
    let stored = client.execute(RETIRE, &[kid, algorithm, jwk, private_key, until, created_at]).await?;
    Ok(stored == 1)
}

fn record(row: &Row) -> Result<KeyRecord, StoreError> {
    let status: String = column(row, TABLE, "status")?;
    Ok(KeyRecord {
        kid: column(row, TABLE, "kid")?,
        status: KeyStatus::parse(&status).ok_or_else(|| corrupt(TABLE, "status", "an unknown status"))?,
        algorithm: column(row, TABLE, "algorithm")?,
        created_at: column(row, TABLE, "created_at")?,
        published_at: column(row, TABLE, "published_at")?,
        active_since: column(row, TABLE, "active_since")?,
        published_until: column(row, TABLE, "published_until")?,
    })
}

fn halves(row: &Row) -> Result<Halves, StoreError> {
    Ok(Halves { jwk: column(row, TABLE, "public_jwk")?, private_key: column(row, TABLE, "private_key")? })
}
