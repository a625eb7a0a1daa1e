//! Bounds the events that wait for registered receivers. A receiver that is away for long, or slower than events happen,
//! does not fill the database.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use service_kit::database::Executor;
use service_kit::store::StoreError;
use tokio::time::Instant;

use super::metrics;
use super::store::deliveries;

/// Maximum age of an event: a weekend, and the morning after it.
pub(super) const MAX_AGE: SignedDuration = SignedDuration::from_hours(72);
/// Maximum number of events of a receiver: some 50 MB with their indexes.
pub(super) const MAX_EVENTS: i64 = 100_000;
/// How many events of a receiver are dropped by one statement, so that none takes long.
const DROPPED_AT_ONCE: i64 = 5000;
/// How often the bounds are checked. While there is more to drop, they are checked at every poll.
const INTERVAL: Duration = Duration::from_secs(60);

/// When the bounds are checked.
pub(super) struct Backlog {
    next: Instant,
}

impl Backlog {
    /// The bounds are checked at once: the service may have been stopped for long.
    pub(super) fn new() -> Self {
        Self { next: Instant::now() }
    }

    /// Drops what is out of bounds, if it is time to look. Logs and counts what is dropped.
    pub(super) async fn bound(&mut self, client: &impl Executor, now: Timestamp) -> Result<(), StoreError> {
        let start = Instant::now();
        if start < self.next {
            return Ok(());
        }
        let oldest = now.checked_sub(MAX_AGE).unwrap_or(Timestamp::MIN);
        let dropped = deliveries::drop_undelivered(client, oldest, MAX_EVENTS, DROPPED_AT_ONCE).await?;
        for dropped in &dropped {
            metrics::count_dropped(dropped.events);
            let (receiver, events) = (&dropped.receiver, dropped.events);
            tracing::warn!(
                receiver,
                events,
                "webhooks dropped: too old, too many, or their receiver was removed"
            );
        }
        self.next = if dropped.is_empty() { start + INTERVAL } else { start };
        Ok(())
    }
}
