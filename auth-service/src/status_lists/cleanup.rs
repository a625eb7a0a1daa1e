//! The cleanup of status lists: clears bits, frees indexes, adds lists.

use service_kit::database::Pool;
use service_kit::store::StoreError;

use super::model::{Lifetimes, StatusListTimes, later};
use super::store;
use crate::keys::{forget_token_lifetimes, longest_token_lifetime};
use crate::time_bounds::TimeBounds;

/// Cleans up the status lists, unless another replica is doing it. Returns whether this one did.
pub(crate) async fn clean_up(
    pool: &Pool,
    times: StatusListTimes,
    now: TimeBounds,
) -> Result<bool, StoreError> {
    let token_lifetime = longest_token_lifetime(pool, times.token_lifetime, now.earliest).await?;
    let lifetimes = Lifetimes::new(&StatusListTimes { token_lifetime, ..times });
    let transaction = pool.begin().await?;
    if !store::lock(&transaction).await? {
        return Ok(false);
    }
    let clears_at = later(now.latest, lifetimes.revoked);
    store::stamp(&transaction, clears_at, later(clears_at, lifetimes.rest)).await?;
    store::free(&transaction, now.earliest).await?;
    forget_token_lifetimes(&transaction, now.earliest).await?;
    if store::grow(&transaction, now.latest).await? {
        tracing::info!("status list added: half of all indexes are taken");
    }
    transaction.commit().await?;
    Ok(true)
}
