//! What passes with time: bits are cleared, places are given back, expired sessions go, lists are added.

use deadpool_postgres::Pool;
use jiff::Timestamp;
use service_kit::store::StoreError;

use super::model::{Lifetimes, later};
use super::store;

/// Does it, unless another replica is at it.
///
/// # Errors
/// When the database cannot. What was not done is done the next time.
pub async fn sweep(pool: &Pool, lifetimes: Lifetimes, now: Timestamp) -> Result<(), StoreError> {
    let mut client = pool.get().await?;
    let transaction = client.transaction().await?;
    if !store::lock(&transaction).await? {
        return Ok(());
    }
    let clears_at = later(now, lifetimes.revoked);
    store::stamp(&transaction, clears_at, later(clears_at, lifetimes.rest)).await?;
    store::free(&transaction, now).await?;
    if store::grow(&transaction, now).await? {
        tracing::info!("half of all places in the status lists are taken: added a list");
    }
    transaction.commit().await?;
    while store::sweep_sessions(&client, now).await? {}
    Ok(())
}
