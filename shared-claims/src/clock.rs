//! Clocks.
//!
//! The services never read the system clock directly. They get a [`Clock`], so that tests can set the time.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{oneshot, watch};

/// A clock that is shared between threads.
pub type SharedClock = Arc<dyn Clock>;

/// The future of [`Clock::sleep`].
pub type Sleep<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// A source of the current time.
pub trait Clock: Send + Sync + 'static {
    /// Returns the current time.
    fn now(&self) -> Timestamp;

    /// Returns by how much this clock is set apart from the system clock on purpose. Tests do that; zero by default. A system
    /// clock that is wrong does not know by how much.
    fn offset(&self) -> SignedDuration {
        SignedDuration::ZERO
    }

    /// Completes after `duration`. Periodic background tasks wait with this, so that a test's clock can run them through
    /// weeks. By default it waits in real time.
    fn sleep(&self, duration: Duration) -> Sleep<'_> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// The clock of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the only place that reads the system clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock for tests that moves only when it is told to. [`Clock::sleep`] still waits in real time.
///
/// Clones of its [`Arc`] see the same time.
pub struct ManualClock {
    now: Mutex<Timestamp>,
}

impl ManualClock {
    /// Creates a clock that is set to `start`.
    #[must_use]
    pub fn new(start: Timestamp) -> Self {
        Self { now: Mutex::new(start) }
    }

    /// Moves the clock to `now`, forwards or backwards.
    pub fn set(&self, now: Timestamp) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// Moves the clock by `step`, which may be negative. The result is limited to the range of [`Timestamp`].
    pub fn advance(&self, step: SignedDuration) {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let end = if step.is_negative() { Timestamp::MIN } else { Timestamp::MAX };
        *now = now.checked_add(step).unwrap_or(end);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn offset(&self) -> SignedDuration {
        self.now().duration_since(SystemClock.now())
    }
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ManualClock").field(&self.now()).finish()
    }
}

/// A clock for tests whose [`Clock::sleep`] is virtual too: it completes when the clock is moved to its end, and not before.
pub struct VirtualClock {
    state: Mutex<Virtual>,
    /// The number of pending sleeps.
    sleepers: watch::Sender<usize>,
}

struct Virtual {
    now: Timestamp,
    /// Distinguishes sleeps that end at the same time.
    next: u64,
    waiting: BTreeMap<(Timestamp, u64), oneshot::Sender<()>>,
}

impl VirtualClock {
    /// Creates a clock that is set to `start`.
    #[must_use]
    pub fn new(start: Timestamp) -> Self {
        let state = Virtual { now: start, next: 0, waiting: BTreeMap::new() };
        Self { state: Mutex::new(state), sleepers: watch::Sender::new(0) }
    }

    /// Moves the clock forwards and completes the sleeps that end. Their tasks run when the caller yields. The result is
    /// limited to the range of [`Timestamp`].
    pub fn advance(&self, step: Duration) {
        let mut state = self.state();
        state.now = later(state.now, step);
        let due = (state.now, u64::MAX);
        while let Some(first) = state.waiting.first_entry()
            && *first.key() <= due
        {
            // Fails if the sleep was dropped in the meantime.
            let _ = first.remove().send(());
        }
        self.sleepers.send_replace(state.waiting.len());
    }

    /// Waits until `count` sleeps are pending. With the number of all tasks, everything that was due has been done.
    pub async fn asleep(&self, count: usize) {
        // It cannot fail: the sender is in `self`.
        let _ = self.sleepers.subscribe().wait_for(|sleepers| *sleepers == count).await;
    }

    /// Returns the number of pending sleeps.
    #[must_use]
    pub fn sleepers(&self) -> usize {
        *self.sleepers.borrow()
    }

    fn state(&self) -> MutexGuard<'_, Virtual> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.state().now
    }

    fn offset(&self) -> SignedDuration {
        self.now().duration_since(SystemClock.now())
    }

    fn sleep(&self, duration: Duration) -> Sleep<'_> {
        Box::pin(async move {
            let (wake, woken) = oneshot::channel();
            let guard = {
                let mut state = self.state();
                let place = (later(state.now, duration), state.next);
                if place.0 <= state.now {
                    return;
                }
                state.next += 1;
                state.waiting.insert(place, wake);
                self.sleepers.send_replace(state.waiting.len());
                SleepGuard { clock: self, place }
            };
            let _ = woken.await;
            drop(guard);
        })
    }
}

/// Removes a sleep from the clock when it completes or is dropped.
struct SleepGuard<'a> {
    clock: &'a VirtualClock,
    place: (Timestamp, u64),
}

impl Drop for SleepGuard<'_> {
    fn drop(&mut self) {
        let mut state = self.clock.state();
        if state.waiting.remove(&self.place).is_some() {
            self.clock.sleepers.send_replace(state.waiting.len());
        }
    }
}

impl fmt::Debug for VirtualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VirtualClock").field(&self.now()).finish()
    }
}

fn later(now: Timestamp, by: Duration) -> Timestamp {
    now.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told_to() {
        let start = Timestamp::from_second(1_000).unwrap();
        let clock = ManualClock::new(start);
        assert_eq!(clock.now(), start);
        clock.advance(SignedDuration::from_secs(5));
        assert_eq!(clock.now().as_second(), 1_005);
        clock.advance(SignedDuration::from_secs(-10));
        assert_eq!(clock.now().as_second(), 995);
        clock.set(start);
        assert_eq!(clock.now(), start);
    }

    #[test]
    fn a_manual_clock_stays_in_range() {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        clock.advance(SignedDuration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
        clock.advance(SignedDuration::MIN);
        assert_eq!(clock.now(), Timestamp::MIN);
    }

    #[tokio::test]
    async fn sleeps_of_a_virtual_clock_complete_on_time() {
        let clock = Arc::new(VirtualClock::new(Timestamp::UNIX_EPOCH));
        let sleeper = Arc::clone(&clock);
        let task = tokio::spawn(async move {
            for _ in 0..2 {
                sleeper.sleep(Duration::from_secs(3600)).await;
            }
            sleeper.now()
        });
        clock.asleep(1).await;
        clock.advance(Duration::from_secs(3599));
        assert_eq!(clock.sleepers(), 1);
        clock.advance(Duration::from_secs(1));
        assert_eq!(clock.sleepers(), 0, "it wakes now");
        clock.asleep(1).await;
        clock.advance(Duration::from_secs(7000));
        assert_eq!(task.await.unwrap().as_second(), 10_600);
        clock.sleep(Duration::ZERO).await;
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }

    #[tokio::test]
    async fn a_dropped_sleep_is_not_counted() {
        let clock = Arc::new(VirtualClock::new(Timestamp::UNIX_EPOCH));
        let sleeper = Arc::clone(&clock);
        let task = tokio::spawn(async move { sleeper.sleep(Duration::from_secs(1)).await });
        clock.asleep(1).await;
        task.abort();
        clock.asleep(0).await;
    }

    #[test]
    fn the_system_clock_does_not_run_backwards() {
        let first = SystemClock.now();
        assert!(SystemClock.now() >= first);
        assert!(first > Timestamp::from_second(1_700_000_000).unwrap());
    }
}
