//! Where the time comes from.
//!
//! Nothing in these services reads the system's clock directly. They are handed a [`Clock`], so that a test can
//! stand at any moment it likes.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

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

/// A clock for tests in which sleeping is virtual too: a sleeper wakes when the clock was moved past its time, and
/// not before.
pub struct VirtualClock {
    now: watch::Sender<Timestamp>,
}

impl VirtualClock {
    /// A clock that stands at `start`.
    #[must_use]
    pub fn new(start: Timestamp) -> Self {
        Self { now: watch::Sender::new(start) }
    }

    /// Moves the clock forwards and wakes those whose time has come. They run when the caller yields. Past the end of
    /// time it stays there.
    pub fn advance(&self, step: Duration) {
        self.now.send_modify(|now| *now = later(*now, step));
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    fn sleep(&self, duration: Duration) -> Sleep<'_> {
        let mut now = self.now.subscribe();
        let wakes = later(self.now(), duration);
        Box::pin(async move {
            // It cannot fail: the sender is in `self`.
            let _ = now.wait_for(|now| *now >= wakes).await;
        })
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
            sleeper.sleep(Duration::from_secs(3600)).await;
            sleeper.now()
        });
        tokio::task::yield_now().await;
        clock.advance(Duration::from_secs(3599));
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert!(!task.is_finished());
        clock.advance(Duration::from_secs(1));
        assert_eq!(task.await.unwrap().as_second(), 3600);
        clock.sleep(Duration::ZERO).await;
        clock.advance(Duration::MAX);
        assert_eq!(clock.now(), Timestamp::MAX);
    }

    #[test]
    fn the_system_clock_does_not_run_backwards_between_two_looks() {
        let first = SystemClock.now();
        assert!(SystemClock.now() >= first);
        assert!(first > Timestamp::from_second(1_700_000_000).unwrap());
    }
}
