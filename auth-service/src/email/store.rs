//! The `outbox` table.

use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use service_kit::store::StoreError;
use uuid::Uuid;

const INSERT: &str = "
    INSERT INTO outbox (id, sealed, created_at, next_attempt_at, expires_at) VALUES ($1, $2, $3, $3, $4)";

/// Puts a mail in, due at once.
///
/// # Errors
/// When the database cannot.
pub async fn insert(
    client: &impl GenericClient,
    id: Uuid,
    sealed: &[u8],
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    let statement = client.prepare_cached(INSERT).await?;
    client.execute(&statement, &[&id, &sealed, &now, &expires_at]).await?;
    Ok(())
}
