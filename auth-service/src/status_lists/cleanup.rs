//! The cleanup of status lists: clears bits, frees indexes, adds lists.

use jiff::Timestamp;
use service_kit::database::Pool;
use service_kit::store::StoreError;

use super::model::{Lifetimes, StatusListTimes, later};
use super::store;
use crate::keys::longest_token_lifetime;

/// Cleans up the status lists, unless another replica is doing it. Returns whether this one did.
pub(crate) async fn clean_up(
    pool: &Pool,
    times: StatusListTimes,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let token_lifetime = longest_token_lifetime(pool, times.token_lifetime, now).await?;
    let lifetimes = Lifetimes::new(&StatusListTimes { token_lifetime, ..times });
    let transaction = pool.begin().await?;
    if !store::lock(&transaction).await? {
        return Ok(false);
    }
    let clears_at = later(now, lifetimes.revoked);
    store::stamp(&transaction, clears_at, later(clears_at, lifetimes.rest)).await?;
    store::free(&transaction, now).await?;
    if store::grow(&transaction, now).await? {
        tracing::info!("status list added: half of all indexes are taken");
    }
    transaction.commit().await?;
    Ok(true)
}
