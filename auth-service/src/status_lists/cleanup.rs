//! Periodic cleanup: clears bits, frees indexes, deletes expired sessions, adds lists.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use service_kit::database::Pool;
use service_kit::store::StoreError;
use shared_claims::SharedClock;
use tokio::time::timeout;

use super::model::{Lifetimes, StatusListTimes, TICK, later};
use super::store;
use crate::keys::longest_token_lifetime;
use crate::polling::{Activity, Polling};

/// How often it runs, unless nothing happens and the interval of the status lists is longer.
const CLEANUP_EVERY: Duration = Duration::from_secs(60);
/// Maximum duration. The rest is done the next time.
const CLEANUP_TIMEOUT: Duration = Duration::from_secs(30);

/// Cleans up in the background. Any number of replicas may run it; one at a time does the work.
pub struct Cleanup {
    pool: Pool,
    clock: SharedClock,
    times: StatusListTimes,
    polling: Polling,
}

impl Cleanup {
    /// Creates a cleanup that is due at once: the service may have been stopped for long.
    pub fn new(pool: Pool, clock: SharedClock, times: StatusListTimes, activity: &Activity) -> Self {
        let polling =
            Polling::new(times.interval, Timestamp::MIN).after(activity).at_most_every(CLEANUP_EVERY);
        Self { pool, clock, times, polling }
    }

    /// Runs until it is dropped.
    pub async fn run(mut self) {
        loop {
            Arc::clone(&self.clock).sleep(TICK).await;
            let now = self.clock.now();
            if !self.polling.is_due(TICK, now) {
                continue;
            }
            self.polling.begin(now);
            match self.turn(now).await {
                Ok(()) => self.polling.succeed(),
                Err(error) => tracing::warn!(%error, "cleanup of status lists and expired sessions failed"),
            }
        }
    }

    async fn turn(&self, now: Timestamp) -> Result<(), StoreError> {
        let cleanup = timeout(CLEANUP_TIMEOUT, self.clean_up(now)).await;
        cleanup.map_err(|late| StoreError::Unavailable(late.into()))?
    }

    async fn clean_up(&self, now: Timestamp) -> Result<(), StoreError> {
        let token_lifetime = longest_token_lifetime(&self.pool, self.times.token_lifetime, now).await?;
        let lifetimes = Lifetimes::new(&StatusListTimes { token_lifetime, ..self.times });
        let transaction = self.pool.begin().await?;
        if !store::lock(&transaction).await? {
            return Ok(());
        }
        let clears_at = later(now, lifetimes.revoked);
        store::stamp(&transaction, clears_at, later(clears_at, lifetimes.rest)).await?;
        store::free(&transaction, now).await?;
        if store::grow(&transaction, now).await? {
            tracing::info!("status list added: half of all indexes are taken");
        }
        transaction.commit().await?;
        while store::sweep_sessions(&self.pool, now).await? {}
        Ok(())
    }
}
