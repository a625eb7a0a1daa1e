//! The `signing_keys` table.

use std::collections::HashMap;

use jiff::Timestamp;
use service_kit::database::{Executor, Pool, Transaction};
use service_kit::store::{Row, StoreError, column, corrupt};
use tokio_postgres::types::Json;

use super::jwk::PublicJwk;
use super::lifecycle::{KeyRecord, KeyStatus};

const TABLE: &str = "signing_keys";
/// The advisory lock of a change, so that it happens once however many replicas attempt it ("keys" in ASCII).
const CHANGE_LOCK: i64 = 0x6b65_7973;

const LOCK: &str = "SELECT pg_advisory_xact_lock($1)";
const PUBLISHED: &str = "
    SELECT kid, status, algorithm, created_at, published_at, active_since, published_until
    FROM signing_keys WHERE status <> 'revoked' ORDER BY created_at, kid";
const KEY_PAIRS: &str = "
    SELECT kid, public_jwk, private_key FROM signing_keys WHERE kid = ANY($1) AND status <> 'revoked'";
const ALL: &str = "
    SELECT kid, status, algorithm, created_at, published_at, active_since, published_until, public_jwk, private_key
    FROM signing_keys ORDER BY created_at, kid";
const EXISTS: &str = "SELECT count(*) FROM signing_keys WHERE kid = $1";

const INSERT: &str = "
    INSERT INTO signing_keys
        (kid, public_jwk, private_key, status, algorithm, created_at, published_at, active_since)
    VALUES ($1, $2, $3, $4, 'RS256', $5, $5, $6)";
const PROMOTE: &str =
    "UPDATE signing_keys SET status = 'active', active_since = $2 WHERE kid = $1 AND status = 'pending'";
const RETIRE_ACTIVE: &str = "
    UPDATE signing_keys SET status = 'retired', private_key = NULL, public_jwk = $2, published_until = $3
    WHERE kid = $1 AND status = 'active'";
const REVOKE: &str = "
    UPDATE signing_keys SET status = 'revoked', private_key = NULL, public_jwk = $2, revoked_at = $3
    WHERE kid = $1";
const DELETE_PENDING: &str = "DELETE FROM signing_keys WHERE status = 'pending'";
const DELETE_EXPIRED: &str = "
    DELETE FROM signing_keys WHERE status = 'retired' AND published_until <= $1 RETURNING kid";
const SEAL: &str = "UPDATE signing_keys SET private_key = $2 WHERE kid = $1";
const RETIRE: &str = "
    INSERT INTO signing_keys (kid, algorithm, public_jwk, private_key, published_until, status, created_at)
    VALUES ($1, $2, $3, $4, $5, 'retired', $6)
    ON CONFLICT (kid) DO NOTHING";

/// Begins a transaction that excludes every other change of the keys, over all replicas.
pub async fn lock(pool: &Pool) -> Result<Transaction, StoreError> {
    let transaction = pool.begin().await?;
    transaction.execute(LOCK, &[&CHANGE_LOCK]).await?;
    Ok(transaction)
}

/// Both halves of a key, as they are stored.
pub struct KeyPair {
    /// The public half; `None` where it follows from the private one.
    pub jwk: Option<PublicJwk>,
    /// The encrypted PKCS#8 form of the private half.
    pub private_key: Option<Vec<u8>>,
}

/// A key with everything that is stored of it.
pub struct StoredKey {
    /// All but the key itself.
    pub record: KeyRecord,
    /// The key itself.
    pub key_pair: KeyPair,
}

/// The keys that are not revoked, oldest first, without the keys themselves.
pub async fn published(client: &impl Executor) -> Result<Vec<KeyRecord>, StoreError> {
    client.query(PUBLISHED, &[]).await?.iter().map(record).collect()
}

/// The halves of these keys by `kid`, without those that were deleted or revoked meanwhile.
pub async fn key_pairs_of(
    client: &impl Executor,
    kids: &[&str],
) -> Result<HashMap<String, KeyPair>, StoreError> {
    let rows = client.query(KEY_PAIRS, &[&kids]).await?;
    rows.iter().map(|row| Ok((column(row, TABLE, "kid")?, key_pair(row)?))).collect()
}

/// All keys, oldest first.
pub async fn all(client: &impl Executor) -> Result<Vec<StoredKey>, StoreError> {
    let rows = client.query(ALL, &[]).await?;
    rows.iter().map(|row| Ok(StoredKey { record: record(row)?, key_pair: key_pair(row)? })).collect()
}

/// Whether a key with this `kid` is stored.
pub async fn exists(client: &impl Executor, kid: &str) -> Result<bool, StoreError> {
    let count: i64 = client.query_one(EXISTS, &[&kid]).await?.try_get(0)?;
    Ok(count > 0)
}

/// A key of our own that is to be stored.
pub struct SealedKey {
    /// The public half.
    pub jwk: PublicJwk,
    /// The encrypted PKCS#8 form of the private half.
    pub private_key: Vec<u8>,
}

/// Stores a key that is active from `now` on, or pending.
pub async fn insert(
    transaction: &Transaction,
    key: &SealedKey,
    status: KeyStatus,
    now: Timestamp,
) -> Result<(), StoreError> {
    let SealedKey { jwk, private_key } = key;
    let active_since = (status == KeyStatus::Active).then_some(now);
    transaction
        .execute(INSERT, &[&jwk.kid, &Json(jwk), private_key, &status.as_str(), &now, &active_since])
        .await?;
    Ok(())
}

/// Makes the pending key with this `kid` the active one.
pub async fn promote(transaction: &Transaction, kid: &str, now: Timestamp) -> Result<(), StoreError> {
    transaction.execute(PROMOTE, &[&kid, &now]).await?;
    Ok(())
}

/// Retires the active key with this `kid` and deletes its private half.
pub async fn retire_active(
    transaction: &Transaction,
    kid: &str,
    jwk: &PublicJwk,
    until: Timestamp,
) -> Result<(), StoreError> {
    transaction.execute(RETIRE_ACTIVE, &[&kid, &Json(jwk), &until]).await?;
    Ok(())
}

/// Revokes a key. Only its `kid` and public half are kept, so that it never comes back.
pub async fn revoke(
    transaction: &Transaction,
    kid: &str,
    jwk: Option<&PublicJwk>,
    now: Timestamp,
) -> Result<(), StoreError> {
    transaction.execute(REVOKE, &[&kid, &jwk.map(Json), &now]).await?;
    Ok(())
}

/// Deletes the pending key, which never signed.
pub async fn delete_pending(transaction: &Transaction) -> Result<(), StoreError> {
    transaction.execute(DELETE_PENDING, &[]).await?;
    Ok(())
}

/// Deletes the retired keys that are no longer published. Returns their `kid`s.
pub async fn delete_expired(client: &impl Executor, now: Timestamp) -> Result<Vec<String>, StoreError> {
    let rows = client.query(DELETE_EXPIRED, &[&now]).await?;
    rows.iter().map(|row| column(row, TABLE, "kid")).collect()
}

/// Replaces the encrypted form of a private half.
pub async fn seal(transaction: &Transaction, kid: &str, private_key: &[u8]) -> Result<(), StoreError> {
    transaction.execute(SEAL, &[&kid, &private_key]).await?;
    Ok(())
}

/// A key from another system, published for its tokens that are still valid.
pub struct RetiredKey {
    /// The public half.
    pub jwk: PublicJwk,
    /// The encrypted PKCS#8 form of the private half, if that is known.
    pub private_key: Option<Vec<u8>>,
    /// When it is no longer published.
    pub until: Timestamp,
    /// When it was created.
    pub created_at: Timestamp,
}

/// Stores a retired key. Returns whether it was new: an existing key stays as it is, also if it is revoked.
pub async fn retire(client: &impl Executor, key: &RetiredKey) -> Result<bool, StoreError> {
    let RetiredKey { jwk, private_key, until, created_at } = key;
    let stored =
        client.execute(RETIRE, &[&jwk.kid, &jwk.alg, &Json(jwk), private_key, until, created_at]).await?;
    Ok(stored == 1)
}

fn record(row: &Row) -> Result<KeyRecord, StoreError> {
    let status: String = column(row, TABLE, "status")?;
    Ok(KeyRecord {
        kid: column(row, TABLE, "kid")?,
        status: status.parse().map_err(|error| corrupt(TABLE, "status", error))?,
        algorithm: column(row, TABLE, "algorithm")?,
        created_at: column(row, TABLE, "created_at")?,
        published_at: column(row, TABLE, "published_at")?,
        active_since: column(row, TABLE, "active_since")?,
        published_until: column(row, TABLE, "published_until")?,
    })
}

fn key_pair(row: &Row) -> Result<KeyPair, StoreError> {
    let jwk: Option<Json<PublicJwk>> = column(row, TABLE, "public_jwk")?;
    Ok(KeyPair { jwk: jwk.map(|Json(jwk)| jwk), private_key: column(row, TABLE, "private_key")? })
}
