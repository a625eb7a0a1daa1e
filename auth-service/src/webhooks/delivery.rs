//! Delivers the events of one receiver.
//!
//! An event is claimed with a lease by a statement of its own, and sent while no transaction and no database connection is
//! held. If a replica dies in between, another one claims the event after the lease.

use jiff::{SignedDuration, Timestamp};
use service_kit::database::Pool;
use service_kit::store::StoreError;
use shared_claims::SharedClock;
use tokio_util::sync::CancellationToken;

use super::metrics::Outcome;
use super::model::Claimed;
use super::receiver::{Failure, Receiver, TIMEOUT};
use super::store::deliveries as store;
use crate::retry;

/// How many events are claimed at once: few, since they wait for the lease if the process is killed.
const BATCH: u32 = 8;
/// How long no other worker claims an event: longer than a batch can take, with a margin for the database and clock skew.
const LEASE: SignedDuration = SignedDuration::from_mins(3);
const _: () = assert!(LEASE.as_secs() >= BATCH as i64 * TIMEOUT.as_secs() as i64 + 60);

/// What deliveries need, besides the receiver.
#[derive(Clone)]
pub(super) struct Delivery {
    pub(super) pool: Pool,
    pub(super) clock: SharedClock,
}

/// How the deliveries of a receiver ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Nothing more is due, or this service stops.
    Done,
    /// The receiver cannot be reached, or refused a whole batch. Nothing is sent to it for a while.
    Failing {
        /// Whether it accepted an event before.
        accepted: bool,
    },
}

/// What became of a batch.
struct Batch {
    claimed: usize,
    accepted: usize,
    is_away: bool,
}

impl Batch {
    fn is_failing(&self) -> bool {
        self.is_away || (self.claimed >= BATCH as usize && self.accepted == 0)
    }
}

impl Delivery {
    /// Delivers all events of a receiver that are due.
    pub(super) async fn run(&self, receiver: &Receiver, stopping: &CancellationToken) -> End {
        let mut accepted = false;
        loop {
            match self.batch(receiver, stopping).await {
                Ok(batch) => {
                    accepted |= batch.accepted > 0;
                    if batch.is_failing() {
                        return End::Failing { accepted };
                    }
                    // What was accepted may have held up the next events of its user.
                    if batch.accepted == 0 || stopping.is_cancelled() {
                        return End::Done;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "webhooks are not delivered: database error");
                    return End::Done;
                }
            }
        }
    }

    /// Delivers the events that are due, up to a batch of them.
    async fn batch(&self, receiver: &Receiver, stopping: &CancellationToken) -> Result<Batch, StoreError> {
        let now = self.clock.now();
        let claimed = store::claim(&self.pool, &receiver.name, now, later(now, LEASE), BATCH.into()).await?;
        let mut batch = Batch { claimed: claimed.len(), accepted: 0, is_away: false };
        for event in &claimed {
            if batch.is_away || stopping.is_cancelled() {
                store::release(&self.pool, &receiver.name, event).await?;
                continue;
            }
            match receiver.deliver(event, self.clock.now()).await {
                Ok(_) => {
                    Outcome::Delivered.count();
                    batch.accepted += 1;
                    store::remove(&self.pool, &receiver.name, event).await?;
                }
                Err(failure) => {
                    batch.is_away = matches!(failure, Failure::Away(_));
                    self.postpone(receiver, event, &failure).await?;
                }
            }
        }
        Ok(batch)
    }

    async fn postpone(
        &self,
        receiver: &Receiver,
        event: &Claimed,
        failure: &Failure,
    ) -> Result<(), StoreError> {
        Outcome::Postponed.count();
        let (id, attempts, receiver) = (event.event_id, event.attempts, &receiver.name);
        tracing::warn!(
            receiver, %id, event = event.event, attempts, %failure, "webhook not delivered, will be retried"
        );
        let due = later(self.clock.now(), retry::wait(attempts));
        store::postpone(&self.pool, receiver, event, due).await
    }
}

/// The moment `wait` after `now`.
pub(super) fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}
