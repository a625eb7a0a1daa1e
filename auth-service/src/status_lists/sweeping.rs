//! What passes with time: bits are cleared, places are given back, expired sessions go, lists are added.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use service_kit::database::Pool;
use service_kit::store::StoreError;
use shared_claims::SharedClock;
use tokio::time::timeout;

use super::model::{Lifetimes, later};
use super::store;
use crate::tokens::longest_life;

/// How often it is looked whether it is time.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How often it is done.
const SWEEP_EVERY: SignedDuration = SignedDuration::from_mins(1);
/// How long it may take; what is not done then is done the next time.
const SWEEP_TIMEOUT: Duration = Duration::from_secs(30);

/// Does it in the background. Any number of replicas may have one: one at a time is at it.
pub struct Sweeper {
    pool: Pool,
    clock: SharedClock,
    token_life: SignedDuration,
    skew: SignedDuration,
}

impl Sweeper {
    /// For tokens that live for `token_life`, among clocks up to `skew` apart.
    pub fn new(pool: Pool, clock: SharedClock, token_life: SignedDuration, skew: SignedDuration) -> Self {
        Self { pool, clock, token_life, skew }
    }

    /// Runs until it is aborted.
    pub async fn run(self) {
        let mut swept_at = Timestamp::MIN;
        loop {
            Arc::clone(&self.clock).sleep(LOOK_EVERY).await;
            let now = self.clock.now();
            if now.duration_since(swept_at) < SWEEP_EVERY {
                continue;
            }
            swept_at = now;
            if let Err(error) = self.turn(now).await {
                tracing::warn!(%error, "status lists and expired sessions could not be swept");
            }
        }
    }

    async fn turn(&self, now: Timestamp) -> Result<(), StoreError> {
        let sweep = timeout(SWEEP_TIMEOUT, self.sweep(now)).await;
        sweep.map_err(|late| StoreError::Unavailable(late.into()))?
    }

    async fn sweep(&self, now: Timestamp) -> Result<(), StoreError> {
        let lifetimes = Lifetimes::new(longest_life(&self.pool, self.token_life, now).await?, self.skew);
        let transaction = self.pool.begin().await?;
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
        while store::sweep_sessions(&self.pool, now).await? {}
        Ok(())
    }
}
