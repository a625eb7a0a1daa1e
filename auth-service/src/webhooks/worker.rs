//! Delivers the events in the outbox. Any number of replicas may do so at the same time.
//!
//! An event is claimed with a lease by a statement of its own, and sent while no transaction and no database connection is
//! held. If a replica dies in between, another one claims the event after the lease.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use service_kit::database::Pool;
use service_kit::store::StoreError;
use shared_claims::SharedClock;
use tokio_util::sync::CancellationToken;

use super::metrics::Outcome;
use super::model::Claimed;
use super::receiver::{Failure, Receiver, TIMEOUT};
use super::store;
use crate::background::Background;
use crate::retry;

/// How often the outbox is polled: how long data of a deleted user stays elsewhere at most, while all goes well.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// How many events are claimed at once: few, since they wait for the lease if the process is killed.
const BATCH: u32 = 8;
/// How long no other worker claims an event: longer than a batch can take, with a margin for the database and clock skew.
const LEASE: SignedDuration = SignedDuration::from_mins(3);
const _: () = assert!(LEASE.as_secs() >= BATCH as i64 * TIMEOUT.as_secs() as i64 + 60);
/// Time for an attempt in flight when the service stops.
const GRACE: Duration = Duration::from_millis(1500);

/// Delivers the events of the receiver.
pub struct Worker {
    /// Who receives them.
    pub receiver: Arc<Receiver>,
    /// Connections to the database.
    pub pool: Pool,
    /// The clock.
    pub clock: SharedClock,
}

impl Worker {
    /// Starts it, on the runtime of the caller. Events that are not delivered when it stops wait for the next start, or for
    /// another replica.
    pub fn start(self, background: &Background) {
        background.spawn("webhooks", GRACE, self.run(background.stopping()));
    }

    async fn run(self, stopping: CancellationToken) {
        while !stopping.is_cancelled() {
            let next = self.batch(&stopping).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "webhooks are not delivered: database error");
                Next::Wait
            });
            if next == Next::Wait {
                tokio::select! {
                    () = stopping.cancelled() => {}
                    () = tokio::time::sleep(POLL_INTERVAL) => {}
                }
            }
        }
    }

    /// Delivers the events that are due, up to a batch of them.
    async fn batch(&self, stopping: &CancellationToken) -> Result<Next, StoreError> {
        let now = self.clock.now();
        let lease_ends = later(now, LEASE);
        let claimed = store::claim(&self.pool, Receiver::NAME, now, lease_ends, BATCH.into()).await?;
        let mut away = false;
        for event in &claimed {
            if away || stopping.is_cancelled() {
                store::postpone(&self.pool, Receiver::NAME, event, now).await?;
                continue;
            }
            match self.receiver.deliver(event, self.clock.now()).await {
                Ok(()) => {
                    Outcome::Delivered.count();
                    store::remove(&self.pool, Receiver::NAME, event).await?;
                }
                Err(failure) => {
                    away = matches!(failure, Failure::Away(_));
                    self.postpone(event, &failure).await?;
                }
            }
        }
        Ok(if claimed.len() < BATCH as usize || away { Next::Wait } else { Next::Continue })
    }

    async fn postpone(&self, event: &Claimed, failure: &Failure) -> Result<(), StoreError> {
        Outcome::Postponed.count();
        let (id, attempts) = (event.event_id, event.attempts);
        tracing::warn!(%id, event = event.event, attempts, %failure, "webhook not delivered, will be retried");
        store::postpone(&self.pool, Receiver::NAME, event, later(self.clock.now(), retry::wait(attempts)))
            .await
    }
}

/// What the worker does after a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Claim more.
    Continue,
    /// Wait: nothing is due, or nothing can be delivered now.
    Wait,
}

fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}
