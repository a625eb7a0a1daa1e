//! The time by two clocks, for deletions that a wrong clock must not cause.
//!
//! A replica whose clock is ahead would free revocations while their tokens are still valid, and one whose clock is behind
//! would keep them for too short a time. All replicas share PostgreSQL's clock, so it is the second opinion.

use jiff::{SignedDuration, Timestamp};
use service_kit::database::Executor;
use service_kit::store::StoreError;
use shared_claims::Clock;

/// Up to this difference the clocks agree: a slow query, and what time synchronisation leaves. Lifetimes have room for it.
const AGREEMENT: SignedDuration = SignedDuration::from_secs(5);

const DATABASE_TIME: &str = "SELECT clock_timestamp()";

/// The earliest and the latest time that it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeBounds {
    /// What has ended by now has ended by both clocks. For deletions.
    pub earliest: Timestamp,
    /// What lasts from now lasts as long by both clocks. For what is kept.
    pub latest: Timestamp,
}

impl TimeBounds {
    /// Reads both clocks, in one round trip. Warns if they disagree.
    ///
    /// # Errors
    /// If the query fails.
    pub async fn read(client: &impl Executor, clock: &dyn Clock) -> Result<Self, StoreError> {
        let database: Timestamp = client.query_one(DATABASE_TIME, &[]).await?.try_get(0)?;
        let own = clock.now();
        let database = database.checked_add(clock.offset()).unwrap_or(own);
        let bounds = Self::of(own, database);
        if bounds.earliest != bounds.latest {
            let ahead_s = own.duration_since(database).as_secs();
            tracing::warn!(ahead_s, "the clock differs from PostgreSQL's: set the machine's clock right");
        }
        Ok(bounds)
    }

    fn of(own: Timestamp, database: Timestamp) -> Self {
        if own.duration_since(database).abs() <= AGREEMENT {
            return Self { earliest: own, latest: own };
        }
        Self { earliest: own.min(database), latest: own.max(database) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_agree_are_one_and_others_are_bounds() {
        let now = Timestamp::UNIX_EPOCH;
        let near = now + AGREEMENT;
        assert_eq!(TimeBounds::of(near, now), TimeBounds { earliest: near, latest: near });
        assert_eq!(TimeBounds::of(now, near), TimeBounds { earliest: now, latest: now });
        let far = near + SignedDuration::from_millis(1);
        let bounds = TimeBounds { earliest: now, latest: far };
        assert_eq!((TimeBounds::of(now, far), TimeBounds::of(far, now)), (bounds, bounds));
    }
}
