//! Limits: how often a client may call, how often an account's password may be guessed, and how much mail may be sent.
//!
//! What must be exact is counted in the database, for all replicas together; the rest in each replica's memory.

mod account;
mod device;
mod mail;
mod model;
mod rate_limit;
pub(crate) mod rate_rules;
mod requester;
mod store;

use std::sync::atomic::{AtomicI64, Ordering};

use aws_lc_rs::hmac;
use jiff::{SignedDuration, Timestamp};
use service_kit::counters::Counters;
use service_kit::database::Pool;
use service_kit::store::StoreError;

pub(crate) use account::Guesses;
pub(crate) use device::Devices;
pub use mail::Asker;
pub(crate) use model::{Bucket, Rule, Since};
pub(crate) use rate_limit::{RateLimiter, rate_limit};
pub(crate) use rate_rules::{PathRules, RateRules};
pub(crate) use requester::{Requester, Standing};

use self::model::{Count, Key, Refusal};
use self::store::{Full, Taken};
use crate::error::ApiError;

/// How often a replica deletes what is over: rarely enough to cost nothing, often enough to keep the table small.
const SWEEP_INTERVAL: SignedDuration = SignedDuration::from_mins(1);
/// The longest window that requests may be counted in.
pub(crate) const LONGEST_WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// No count ends later than this from now: more than any window, by more than clocks of replicas differ.
const LONGEST: SignedDuration = SignedDuration::from_hours(48);

/// All counts, and the secret under which the database knows them.
pub struct Limits {
    counters: Counters,
    secret: hmac::Key,
    /// When this replica last swept the table, in seconds of the Unix time.
    swept_at: AtomicI64,
}

impl Limits {
    /// Counts that begin at zero. Replicas with the same `secret` share those in the database.
    pub fn new(secret: hmac::Key) -> Self {
        Self { counters: Counters::new(), secret, swept_at: AtomicI64::new(0) }
    }

    /// Counts a request in this replica's memory.
    ///
    /// # Errors
    /// [`ApiError::TooManyRequests`] when it is one too many.
    pub fn check_here(&self, bucket: Bucket<'_>, rule: Rule, now: Timestamp) -> Result<(), ApiError> {
        self.check_known(bucket, rule, now)?;
        for (bucket, rule) in bucket.counted(rule) {
            self.counters.take(&bucket, &rule, now).map_err(|ends_at| rule.refusal(Some(ends_at), now))?;
        }
        Ok(())
    }

    /// Counts a request for all replicas, exactly.
    ///
    /// # Errors
    /// [`ApiError::TooManyRequests`] when it is one too many; when the database cannot.
    pub async fn check_everywhere(
        &self,
        pool: &Pool,
        bucket: Bucket<'_>,
        rule: Rule,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        // A full count stays full until it ends: a flood need not ask the database each time.
        self.check_known(bucket, rule, now)?;
        let buckets: Vec<_> = bucket.counted(rule).collect();
        let count = |(bucket, rule): &(Bucket<'_>, Rule)| Count {
            key: Key::of_bucket(&self.secret, bucket),
            rule: *rule,
        };
        let counts: Vec<Count> = buckets.iter().map(count).collect();
        self.sweep_if_due(pool, now);
        let full = store::take_all(pool, &counts, now).await?;
        let mut outcome = Ok(());
        for Full { index, ends_at } in full {
            let Some((bucket, rule)) = buckets.get(index) else { continue };
            outcome = Err(rule.refusal(ends_at, now));
            if let Some(ends_at) = ends_at {
                self.counters.set_full(bucket, rule, ends_at);
            }
        }
        outcome
    }

    /// Whether a count is known to be full, that of the network or of a wider one: what is refused counts in none.
    fn check_known(&self, bucket: Bucket<'_>, rule: Rule, now: Timestamp) -> Result<(), ApiError> {
        for (bucket, rule) in bucket.counted(rule) {
            if let Some(ends_at) = self.counters.full_until(&bucket, &rule, now) {
                return Err(rule.refusal(Some(ends_at), now));
            }
        }
        Ok(())
    }

    async fn take(&self, pool: &Pool, key: &Key, rule: &Rule, now: Timestamp) -> Result<Taken, StoreError> {
        self.sweep_if_due(pool, now);
        store::take(pool, key, rule, now).await
    }

    /// Sweeps beside the requests: none waits for it, and a failure is the next sweep's to mend.
    fn sweep_if_due(&self, pool: &Pool, now: Timestamp) {
        let (last, second) = (self.swept_at.load(Ordering::Relaxed), now.as_second());
        let due = second.abs_diff(last) >= SWEEP_INTERVAL.as_secs().unsigned_abs();
        let claim = |from| self.swept_at.compare_exchange(from, second, Ordering::Relaxed, Ordering::Relaxed);
        if due && claim(last).is_ok() {
            let pool = pool.clone();
            actix_web::rt::spawn(async move {
                if let Err(error) = sweep(&pool, now).await {
                    tracing::warn!(%error, "old counts were not swept");
                }
            });
        }
    }
}

async fn sweep(pool: &Pool, now: Timestamp) -> Result<(), StoreError> {
    let latest = now.checked_add(LONGEST).unwrap_or(Timestamp::MAX);
    while store::sweep(pool, now, latest).await? > 0 {}
    Ok(())
}
