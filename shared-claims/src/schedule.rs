//! The times of fetches.
//!
//! Every wait has jitter, so that verifiers that were started together, or that lost their issuer at the same time, do not
//! keep fetching at the same time.

use std::time::Duration;

use tokio::sync::mpsc;

use crate::clock::SharedClock;

/// Maximum jitter, as a fraction of a wait.
const JITTER: f64 = 0.1;

/// Maximum wait after the first failure if nothing was ever fetched. Services that start together are ready within seconds of
/// each other, and until then every request fails.
const FIRST_FETCH_RETRY: Duration = Duration::from_millis(200);

/// The waits between the fetches of one document.
pub(crate) struct Schedule {
    pub(crate) clock: SharedClock,
    /// Maximum time between two successful fetches.
    pub(crate) interval: Duration,
    /// Minimum time between a successful fetch and the next, also if that is requested.
    pub(crate) least: Duration,
    /// Minimum wait after the first failure. It doubles with each further failure.
    pub(crate) first_retry: Duration,
    /// Maximum wait after a failure.
    pub(crate) last_retry: Duration,
    /// Failures since the last success.
    pub(crate) failures: u32,
}

impl Schedule {
    /// Waits after a successful fetch until the next is due or `asked` completes. Returns whether `asked` completed.
    pub(crate) async fn after_success(&mut self, asked: impl Future<Output = ()>) -> bool {
        self.failures = 0;
        let least = later(self.least);
        self.clock.sleep(least).await;
        tokio::select! {
            biased;
            () = asked => true,
            () = self.clock.sleep(earlier(self.interval).saturating_sub(least)) => false,
        }
    }

    /// Waits after a failed fetch. `has_last` is whether an earlier one succeeded. If none did, the waits start shorter, and
    /// half of each is random: nothing else separates verifiers that were started together.
    pub(crate) async fn after_failure(&mut self, has_last: bool) {
        let first = if has_last { self.first_retry } else { FIRST_FETCH_RETRY };
        let doubled = first.saturating_mul(2_u32.saturating_pow(self.failures)).min(self.last_retry);
        self.failures = self.failures.saturating_add(1);
        let wait = if has_last { later(doubled) } else { half_random(doubled) };
        self.clock.sleep(wait).await;
    }
}

/// Completes when a fetch is requested. Never completes once the senders are gone: the task ends with its verifier.
pub(crate) async fn nudged(nudges: &mut mpsc::Receiver<()>) {
    if nudges.recv().await.is_none() {
        std::future::pending::<()>().await;
    }
}

/// Extends a minimum wait by jitter.
fn later(wait: Duration) -> Duration {
    wait.saturating_add(jitter(wait))
}

/// Shortens a maximum wait by jitter.
fn earlier(wait: Duration) -> Duration {
    wait.saturating_sub(jitter(wait))
}

/// Returns a random wait between half of `wait` and all of it.
fn half_random(wait: Duration) -> Duration {
    (wait / 2).saturating_add((wait / 2).mul_f64(fastrand::f64()))
}

fn jitter(wait: Duration) -> Duration {
    // The limit of a day keeps the product within the range of a `Duration`.
    const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
    wait.min(LONGEST).mul_f64(JITTER * fastrand::f64())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;

    use super::*;
    use crate::clock::{Clock, VirtualClock};

    const SECOND: Duration = Duration::from_secs(1);

    /// The outcome of the fetch before each wait.
    #[derive(Clone, Copy)]
    enum Outcome {
        Succeeded,
        Failed { has_last: bool },
    }

    /// Measures these waits with a virtual clock, to a hundredth of a second.
    async fn measured(
        count: usize,
        mut schedule: Schedule,
        clock: Arc<VirtualClock>,
        outcome: Outcome,
    ) -> Vec<Duration> {
        let mut waits = Vec::new();
        for _ in 0..count {
            let start = clock.now();
            let wait = async {
                match outcome {
                    Outcome::Failed { has_last } => schedule.after_failure(has_last).await,
                    Outcome::Succeeded => assert!(!schedule.after_success(std::future::pending()).await),
                }
            };
            let drive = async {
                loop {
                    tokio::task::yield_now().await;
                    clock.advance(Duration::from_millis(10));
                }
            };
            tokio::select! { biased; () = wait => {}, () = drive => {} }
            waits.push(Duration::try_from(clock.now().duration_since(start)).unwrap());
        }
        waits
    }

    fn schedule() -> (Schedule, Arc<VirtualClock>) {
        let clock = Arc::new(VirtualClock::new(Timestamp::UNIX_EPOCH));
        let schedule = Schedule {
            clock: Arc::clone(&clock) as SharedClock,
            interval: 20 * SECOND,
            least: 5 * SECOND,
            first_retry: SECOND,
            last_retry: 10 * SECOND,
            failures: 0,
        };
        (schedule, clock)
    }

    #[tokio::test]
    async fn failures_double_the_wait_up_to_the_last_one() {
        let (schedule, clock) = schedule();
        let waits = measured(6, schedule, clock, Outcome::Failed { has_last: true }).await;
        for (wait, least) in waits.into_iter().zip([1, 2, 4, 8, 10, 10]) {
            let least = least * SECOND;
            assert!(wait >= least && wait <= least.mul_f64(1.1) + SECOND / 50, "{wait:?} {least:?}");
        }
    }

    #[tokio::test]
    async fn before_the_first_success_waits_begin_shorter_and_vary_by_half() {
        let (schedule, clock) = schedule();
        let waits = measured(9, schedule, clock, Outcome::Failed { has_last: false }).await;
        let longest = [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000].map(Duration::from_millis);
        for (wait, longest) in waits.iter().zip(longest) {
            assert!(*wait >= longest / 2 && *wait <= longest + SECOND / 50, "{wait:?} {longest:?}");
        }
        // A cooldown may be shorter than the first wait.
        let (short, clock) = self::schedule();
        let short = Schedule { last_retry: SECOND / 20, ..short };
        for wait in measured(5, short, clock, Outcome::Failed { has_last: false }).await {
            assert!(wait >= SECOND / 40 && wait <= SECOND / 20 + SECOND / 50, "{wait:?}");
        }
    }

    #[tokio::test]
    async fn the_interval_is_a_maximum_with_jitter() {
        let (schedule, clock) = schedule();
        let waits = measured(20, schedule, clock, Outcome::Succeeded).await;
        for wait in &waits {
            assert!(*wait >= 18 * SECOND && *wait <= 20 * SECOND + SECOND / 50, "{wait:?}");
        }
        let mut different = waits.clone();
        different.sort();
        different.dedup();
        assert!(different.len() > 5, "{different:?}");
    }

    #[tokio::test]
    async fn a_requested_fetch_waits_for_the_minimum_time() {
        let (mut schedule, clock) = schedule();
        let start = clock.now();
        let drive = async {
            loop {
                tokio::task::yield_now().await;
                clock.advance(Duration::from_millis(10));
            }
        };
        tokio::select! {
            biased;
            asked = schedule.after_success(std::future::ready(())) => assert!(asked),
            () = drive => {}
        }
        let wait = Duration::try_from(clock.now().duration_since(start)).unwrap();
        assert!(wait >= 5 * SECOND && wait <= 6 * SECOND, "{wait:?}");
    }

    #[test]
    fn no_wait_is_too_long_to_be_reckoned_with() {
        assert_eq!(later(Duration::MAX), Duration::MAX);
        assert!(earlier(Duration::MAX) < Duration::MAX || jitter(Duration::MAX).is_zero());
        assert_eq!(later(Duration::ZERO), Duration::ZERO);
        assert!(half_random(Duration::MAX) >= Duration::MAX / 2);
    }
}
