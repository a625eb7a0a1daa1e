//! Limits for requests of a client, wrong passwords of an account, and mail.
//!
//! Exact limits are counted in the database for all replicas, the others in the memory of each replica.

mod account;
mod claimed_account;
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

pub(crate) use account::PasswordAttempts;
pub(crate) use claimed_account::ClaimedAccount;
pub(crate) use device::Devices;
pub(crate) use mail::{MailCounts, NoticeSubject};
pub use mail::{MailRequester, create_metrics};
pub(crate) use model::{Bucket, Rule, Since};
pub(crate) use rate_limit::{RateLimiter, rate_limit};
pub(crate) use rate_rules::{PathRules, RateRules};
pub(crate) use requester::{Requester, Standing};
pub(crate) use store::take_limits;

use self::model::{Count, Key, Refusal};
use self::store::{CountOutcome, FullCount};
use crate::error::ApiError;

/// How often a replica deletes expired counts: rarely enough to cost nothing, often enough to keep the table small.
const CLEANUP_INTERVAL: SignedDuration = SignedDuration::from_mins(1);
/// Maximum length of a window for requests.
pub(crate) const LONGEST_WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// No count ends later than this from now: longer than any window plus the clock difference of replicas.
const LONGEST: SignedDuration = SignedDuration::from_hours(48);

/// The counts, and the secret that hashes their keys in the database.
pub struct Limits {
    counters: Counters,
    secret: hmac::Key,
    /// When this replica last deleted expired counts, in seconds of Unix time.
    cleaned_up_at: AtomicI64,
}

impl Limits {
    /// Creates empty counts. Replicas with the same `secret` share those in the database.
    pub fn new(secret: hmac::Key) -> Self {
        Self { counters: Counters::new(), secret, cleaned_up_at: AtomicI64::new(0) }
    }

    /// Counts a request in the memory of this replica.
    ///
    /// # Errors
    /// [`ApiError::TooManyRequests`] if the limit is exceeded.
    pub fn check_in_replica(&self, bucket: Bucket<'_>, rule: Rule, now: Timestamp) -> Result<(), ApiError> {
        self.check_known(bucket, rule, now)?;
        for (bucket, rule) in bucket.counted(rule) {
            self.counters.take(&bucket, &rule, now).map_err(|ends_at| rule.refusal(Some(ends_at), now))?;
        }
        Ok(())
    }

    /// Counts a request in the database, exactly and for all replicas.
    ///
    /// # Errors
    /// [`ApiError::TooManyRequests`] if the limit is exceeded.
    pub async fn check_shared(
        &self,
        pool: &Pool,
        bucket: Bucket<'_>,
        rule: Rule,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        // A count that is full stays full until its window ends, so a flood of requests does not reach the database.
        self.check_known(bucket, rule, now)?;
        let buckets: Vec<_> = bucket.counted(rule).collect();
        let count = |(bucket, rule): &(Bucket<'_>, Rule)| Count {
            key: Key::of_bucket(&self.secret, bucket),
            rule: *rule,
        };
        let counts: Vec<Count> = buckets.iter().map(count).collect();
        self.clean_up_if_due(pool, now);
        let full = store::take_all(pool, &counts, now).await?;
        let mut outcome = Ok(());
        for FullCount { index, ends_at } in full {
            let Some((bucket, rule)) = buckets.get(index) else { continue };
            outcome = Err(rule.refusal(ends_at, now));
            if let Some(ends_at) = ends_at {
                self.counters.set_full(bucket, rule, ends_at);
            }
        }
        outcome
    }

    /// Refuses a request if its network or a wider one is known to have reached its limit. A refused request is not
    /// counted.
    fn check_known(&self, bucket: Bucket<'_>, rule: Rule, now: Timestamp) -> Result<(), ApiError> {
        for (bucket, rule) in bucket.counted(rule) {
            if let Some(ends_at) = self.counters.full_until(&bucket, &rule, now) {
                return Err(rule.refusal(Some(ends_at), now));
            }
        }
        Ok(())
    }

    async fn take(
        &self,
        pool: &Pool,
        key: &Key,
        rule: &Rule,
        now: Timestamp,
    ) -> Result<CountOutcome, StoreError> {
        self.clean_up_if_due(pool, now);
        store::take(pool, key, rule, now).await
    }

    /// Deletes expired counts in the background. No request waits for it, and a failure is made up for by the next
    /// cleanup.
    fn clean_up_if_due(&self, pool: &Pool, now: Timestamp) {
        let (last, second) = (self.cleaned_up_at.load(Ordering::Relaxed), now.as_second());
        let due = second.abs_diff(last) >= CLEANUP_INTERVAL.as_secs().unsigned_abs();
        let claim =
            |from| self.cleaned_up_at.compare_exchange(from, second, Ordering::Relaxed, Ordering::Relaxed);
        if due && claim(last).is_ok() {
            let pool = pool.clone();
            actix_web::rt::spawn(async move {
                if let Err(error) = clean_up(&pool, now).await {
                    tracing::warn!(%error, "cleanup of expired counts failed");
                }
            });
        }
    }
}

async fn clean_up(pool: &Pool, now: Timestamp) -> Result<(), StoreError> {
    let latest = now.checked_add(LONGEST).unwrap_or(Timestamp::MAX);
    while store::delete_expired(pool, now, latest).await? > 0 {}
    Ok(())
}
