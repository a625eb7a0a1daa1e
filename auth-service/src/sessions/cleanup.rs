//! Periodic cleanup of expired sessions and of the status lists that they revoke tokens in.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use service_kit::database::Pool;
use service_kit::store::StoreError;
use shared_claims::SharedClock;
use tokio::time::timeout;

use super::store;
use crate::background::Background;
use crate::polling::{Activity, Polling};
use crate::second_factors;
use crate::status_lists::{self, StatusListTimes};
use crate::time_bounds::TimeBounds;

/// How often it wakes up to see whether it is due: cheaply, in memory.
const TICK: Duration = Duration::from_millis(500);
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

    /// Starts it, on the runtime of the caller. It has no grace period: another replica does what it leaves undone.
    pub fn start(self, background: &Background) {
        background.spawn("cleanup", Duration::ZERO, self.run());
    }

    async fn run(mut self) {
        loop {
            Arc::clone(&self.clock).sleep(TICK).await;
            let now = self.clock.now();
            if !self.polling.is_due(TICK, now) {
                continue;
            }
            self.polling.begin(now);
            match self.turn().await {
                Ok(()) => self.polling.succeed(),
                Err(error) => tracing::warn!(%error, "cleanup of status lists and expired sessions failed"),
            }
        }
    }

    async fn turn(&self) -> Result<(), StoreError> {
        let cleanup = timeout(CLEANUP_TIMEOUT, self.clean_up()).await;
        cleanup.map_err(|late| StoreError::Unavailable(late.into()))?
    }

    /// Deletes expired sessions and challenges only in the replica that has cleaned up the status lists: one at a time does.
    async fn clean_up(&self) -> Result<(), StoreError> {
        let now = TimeBounds::read(&self.pool, &*self.clock).await?;
        if status_lists::clean_up(&self.pool, self.times, now).await? {
            while store::delete_expired(&self.pool, now.earliest).await? {}
            while second_factors::delete_expired(&self.pool, now.earliest).await? {}
        }
        Ok(())
    }
}
