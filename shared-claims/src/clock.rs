//! Where the time comes from.
//!
//! Nothing in these services reads the system's clock directly. They are handed a [`Clock`], so that a test can
//! stand at any moment it likes.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{oneshot, watch};

/// A clock that can be shared between threads and held by anything that needs the time.
pub type SharedClock = Arc<dyn Clock>;

/// A wait that a clock was asked for.
pub type Sleep<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Tells the current time.
pub trait Clock: Send + Sync + 'static {
    /// The current moment.
    fn now(&self) -> Timestamp;

    /// Completes when `duration` has passed. What comes back again and again in the background waits with this, so
    /// that a clock for tests can run it through weeks; unless it says otherwise, it is real time.
    fn sleep(&self, duration: Duration) -> Sleep<'_> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// The clock of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the real time enters")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// A clock for tests: it stands still until it is told to move. Those who sleep wait for real time all the same.
///
/// Clones of the [`Arc`] around it see the same time.
pub struct ManualClock {
    now: Mutex<Timestamp>,
}

impl ManualClock {
    /// A clock that stands at `start`.
    #[must_use]
    pub fn new(start: Timestamp) -> Self {
        Self { now: Mutex::new(start) }
    }

    /// Moves the clock to `now`, forwards or backwards.
    pub fn set(&self, now: Timestamp) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// Moves the clock by `step`, which may be negative. Past the ends of time it stays at the end.
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
}

impl fmt::Debug for ManualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ManualClock").field(&self.now()).finish()
    }
}

/// A clock for tests in which sleeping is virtual too: a sleeper wakes when the clock was moved to its time, and not
/// before.
pub struct VirtualClock {
    state: Mutex<Virtual>,
    /// How many sleep.
    sleepers: watch::Sender<usize>,
}

struct Virtual {
    now: Timestamp,
    /// Tells sleepers apart that wake at the same time.
    next: u64,
    waiting: BTreeMap<(Timestamp, u64), oneshot::Sender<()>>,
}

impl VirtualClock {
    /// A clock that stands at `start`.
    #[must_use]
    pub fn new(start: Timestamp) -> Self {
        let state = Virtual { now: start, next: 0, waiting: BTreeMap::new() };
        Self { state: Mutex::new(state), sleepers: watch::Sender::new(0) }
    }

    /// Moves the clock forwards and wakes those whose time has come. They run when the caller yields. Past the end of
    /// time it stays there.
    pub fn advance(&self, step: Duration) {
        let mut state = self.state();
        state.now = later(state.now, step);
        let due = (state.now, u64::MAX);
        while let Some(first) = state.waiting.first_entry()
            && *first.key() <= due
        {
            // One that was dropped in the meantime needs no waking.
            let _ = first.remove().send(());
        }
        self.sleepers.send_replace(state.waiting.len());
    }

    /// Waits until `count` sleep: when that is everybody, all that was to be done by now is done.
    pub async fn asleep(&self, count: usize) {
        // It cannot fail: the sender is in `self`.
        let _ = self.sleepers.subscribe().wait_for(|sleepers| *sleepers == count).await;
    }

    /// How many sleep.
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

    fn sleep(&self, duration: Duration) -> Sleep<'_> {
        Box::pin(async move {
            let (wake, woken) = oneshot::channel();
            let bed = {
                let mut state = self.state();
                let place = (later(state.now, duration), state.next);
                if place.0 <= state.now {
                    return;
                }
                state.next += 1;
                state.waiting.insert(place, wake);
                self.sleepers.send_replace(state.waiting.len());
                Bed { clock: self, place }
            };
            let _ = woken.await;
            drop(bed);
        })
    }
}

/// A sleeper's place, given up when it is woken or goes away.
struct Bed<'a> {
    clock: &'a VirtualClock,
    place: (Timestamp, u64),
}

impl Drop for Bed<'_> {
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
    fn a_manual_clock_moves_only_when_told() {
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
    fn a_manual_clock_stays_at_the_ends_of_time() {
        let clock = ManualClock::new(Timestamp::UNIX_EPOCH);
        clock.advance(SignedDuration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
        clock.advance(SignedDuration::MIN);
        assert_eq!(clock.now(), Timestamp::MIN);
    }

    #[tokio::test]
    async fn sleepers_of_a_virtual_clock_wake_at_their_time_and_not_before() {
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
        assert_eq!(clock.sleepers(), 0, "it is to wake now");
        clock.asleep(1).await;
        clock.advance(Duration::from_secs(7000));
        assert_eq!(task.await.unwrap().as_second(), 10_600);
        clock.sleep(Duration::ZERO).await;
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }

    #[tokio::test]
    async fn a_sleeper_that_goes_away_is_not_waited_for() {
        let clock = Arc::new(VirtualClock::new(Timestamp::UNIX_EPOCH));
        let sleeper = Arc::clone(&clock);
        let task = tokio::spawn(async move { sleeper.sleep(Duration::from_secs(1)).await });
        clock.asleep(1).await;
        task.abort();
        clock.asleep(0).await;
    }

    #[test]
    fn the_system_clock_does_not_run_backwards_between_two_looks() {
        let first = SystemClock.now();
        assert!(SystemClock.now() >= first);
        assert!(first > Timestamp::from_second(1_700_000_000).unwrap());
    }
}
