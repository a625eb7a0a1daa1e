//! When the next fetch is due.
//!
//! Every wait has some chance in it, so that many verifiers that were started together, or that all lost their issuer
//! at one moment, drift apart instead of asking at once for ever.

use std::time::Duration;

use tokio::sync::mpsc;

use crate::clock::SharedClock;

/// Largest part of a wait that is left to chance.
const JITTER: f64 = 0.1;

/// Longest wait after the first failure while nothing was ever fetched. Services that start together are seconds apart,
/// and until then every request fails.
const FIRST_FETCH_RETRY: Duration = Duration::from_millis(200);

/// The waits between the fetches of one document.
pub(crate) struct Schedule {
    pub(crate) clock: SharedClock,
    /// Longest time between two fetches while all is well.
    pub(crate) interval: Duration,
    /// Least time between a fetch that succeeded and the next, whoever asks for it.
    pub(crate) least: Duration,
    /// Least time after the first failure; it doubles with each further one.
    pub(crate) first_retry: Duration,
    /// Where it stops doubling.
    pub(crate) last_retry: Duration,
    /// Failures since the last success.
    pub(crate) failures: u32,
}

impl Schedule {
    /// Waits after a fetch that succeeded, until the next is due or `asked` completes. True if it was asked for.
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

    /// Waits after a fetch that failed. `has_last` tells whether an earlier one succeeded. If none did, the waits begin
    /// shorter, and half of each is left to chance: nothing else sets verifiers apart that were started together.
    pub(crate) async fn after_failure(&mut self, has_last: bool) {
        let first = if has_last { self.first_retry } else { FIRST_FETCH_RETRY };
        let doubled = first.saturating_mul(2_u32.saturating_pow(self.failures)).min(self.last_retry);
        self.failures = self.failures.saturating_add(1);
        let wait = if has_last { later(doubled) } else { half_by_chance(doubled) };
        self.clock.sleep(wait).await;
    }
}

/// Completes when a fetch is requested. Never completes once the senders are gone: the task ends with its verifier.
pub(crate) async fn nudged(nudges: &mut mpsc::Receiver<()>) {
    if nudges.recv().await.is_none() {
        std::future::pending::<()>().await;
    }
}

/// This long or a little longer: for what must not come sooner.
fn later(wait: Duration) -> Duration {
    wait.saturating_add(by_chance(wait))
}

/// This long or a little shorter: for what must not come later.
fn earlier(wait: Duration) -> Duration {
    wait.saturating_sub(by_chance(wait))
}

/// At least half of this, and not more.
fn half_by_chance(wait: Duration) -> Duration {
    (wait / 2).saturating_add((wait / 2).mul_f64(fastrand::f64()))
}

fn by_chance(wait: Duration) -> Duration {
    // Whole days are plenty, and keep the product a number of seconds that a `Duration` can hold.
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

    /// What the fetch before each wait brought.
    #[derive(Clone, Copy)]
    enum Outcome {
        Succeeded,
        Failed { has_last: bool },
    }

    /// How long, to a hundredth of a second, each of these waits takes by a virtual clock.
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
    async fn the_interval_is_an_upper_bound_with_chance_in_it() {
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
    async fn what_is_asked_for_comes_after_the_least_time() {
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
        assert!(earlier(Duration::MAX) < Duration::MAX || by_chance(Duration::MAX).is_zero());
        assert_eq!(later(Duration::ZERO), Duration::ZERO);
        assert!(half_by_chance(Duration::MAX) >= Duration::MAX / 2);
    }
}
