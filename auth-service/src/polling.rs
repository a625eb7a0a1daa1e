//! When background loops ask the database.
//!
//! A loop ticks often and cheaply, in memory alone. Only a tick that is due asks the database: because the interval
//! ended, because the last poll failed, or because this replica changed something itself. With a long interval the
//! database is left alone while nothing happens, so that one that scales to zero can be suspended.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// The longest interval. Waking a database once a day costs next to nothing; past this there is nothing to gain.
pub const LONGEST_INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);
/// From this interval on polls are aligned to its multiples since the Unix epoch, so that all loops of all replicas wake
/// a suspended database at the same time instead of one after the other. Shorter ones keep it awake anyway.
const ALIGNED_FROM: Duration = Duration::from_secs(60);

/// Tells the loops of this process that it has changed something in the database. Clones belong together.
#[derive(Debug, Clone, Default)]
pub struct Activity(watch::Sender<()>);

impl Activity {
    /// Makes polls of all loops due that listen.
    pub fn note(&self) {
        self.0.send_replace(());
    }
}

/// What one loop knows of its polls.
#[derive(Debug)]
pub struct Polling {
    interval: Duration,
    /// Minimum time between two polls, whatever happens.
    least: Duration,
    polled_at: Timestamp,
    succeeded: bool,
    activity: Option<watch::Receiver<()>>,
}

impl Polling {
    /// Polls every `interval`, for a loop that polled successfully `now`.
    pub fn new(interval: Duration, now: Timestamp) -> Self {
        Self { interval, least: Duration::ZERO, polled_at: now, succeeded: true, activity: None }
    }

    /// Is due after each [`Activity`] too.
    #[must_use]
    pub fn after(mut self, activity: &Activity) -> Self {
        self.activity = Some(activity.0.subscribe());
        self
    }

    /// Leaves at least this much time between two polls, also after a failure. A shorter interval is lengthened to it.
    #[must_use]
    pub fn at_most_every(mut self, least: Duration) -> Self {
        self.least = least;
        self.interval = self.interval.max(least);
        self
    }

    /// How long a loop with this interval sleeps between two ticks, if it ticks every `tick` otherwise.
    pub fn tick(interval: Duration, tick: Duration) -> Duration {
        interval.min(tick)
    }

    /// Whether a tick of a loop that ticks every `tick` asks the database `now`.
    pub fn is_due(&self, tick: Duration, now: Timestamp) -> bool {
        let elapsed = now.duration_since(self.polled_at);
        if elapsed.is_negative() {
            // The clock was set back.
            return true;
        }
        let elapsed = elapsed.unsigned_abs();
        if elapsed < self.least {
            return false;
        }
        let active =
            || self.activity.as_ref().is_some_and(|activity| activity.has_changed().unwrap_or(false));
        // Every tick of a loop with a short interval is a poll, however exactly the clock runs.
        self.interval <= tick || !self.succeeded || self.has_ended(elapsed, now) || active()
    }

    fn has_ended(&self, elapsed: Duration, now: Timestamp) -> bool {
        if self.interval < ALIGNED_FROM {
            return elapsed >= self.interval;
        }
        number(self.polled_at, self.interval) != number(now, self.interval)
    }

    /// A poll begins. Until it succeeds it counts as failed; activity from now on makes another one due.
    pub fn begin(&mut self, now: Timestamp) {
        self.polled_at = now;
        self.succeeded = false;
        if let Some(activity) = &mut self.activity {
            activity.mark_unchanged();
        }
    }

    /// The poll that began last was successful.
    pub fn succeed(&mut self) {
        self.succeeded = true;
    }
}

/// Which interval since the Unix epoch a moment lies in.
fn number(moment: Timestamp, interval: Duration) -> i128 {
    let nanoseconds = i128::try_from(interval.as_nanos()).unwrap_or(i128::MAX).max(1);
    moment.as_nanosecond().div_euclid(nanoseconds)
}

/// Parses an interval from `shortest` to `longest`.
///
/// # Errors
/// What it has to be instead.
pub fn interval(text: &str, shortest: Duration, longest: Duration) -> Result<Duration, String> {
    let interval = service_kit::settings::duration(text)?;
    if (shortest..=longest).contains(&interval) {
        return Ok(interval);
    }
    let written = |duration| SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX);
    Err(format!("must be from {:#} to {:#}", written(shortest), written(longest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Duration = Duration::from_millis(500);
    const HOUR: Duration = Duration::from_secs(3600);

    fn at(text: &str) -> Timestamp {
        format!("2026-03-01T{text}Z").parse().unwrap()
    }

    #[test]
    fn every_tick_is_due_while_the_interval_is_not_longer() {
        let polling = Polling::new(TICK, at("12:00:00"));
        assert!(polling.is_due(TICK, at("12:00:00")), "a clock that stands does not stop it");
    }

    #[test]
    fn a_short_interval_counts_from_the_last_poll_and_a_long_one_is_aligned() {
        let polling = Polling::new(Duration::from_secs(10), at("12:00:05"));
        assert!(!polling.is_due(TICK, at("12:00:14.9")));
        assert!(polling.is_due(TICK, at("12:00:15")));
        let mut polling = Polling::new(HOUR, at("12:40:00"));
        assert!(!polling.is_due(TICK, at("12:59:59.9")));
        assert!(polling.is_due(TICK, at("13:00:00")));
        polling.begin(at("13:00:00"));
        polling.succeed();
        assert!(!polling.is_due(TICK, at("13:59:59.9")), "never later than the interval, often sooner");
        assert!(polling.is_due(TICK, at("12:59:59")), "the clock was set back");
    }

    #[test]
    fn a_failure_and_activity_make_a_poll_due_but_not_too_often() {
        let activity = Activity::default();
        let mut polling =
            Polling::new(HOUR, at("12:00:00")).after(&activity).at_most_every(Duration::from_secs(60));
        assert!(!polling.is_due(TICK, at("12:02:00")));
        activity.note();
        assert!(!polling.is_due(TICK, at("12:00:59")), "not within a minute of the last one");
        assert!(polling.is_due(TICK, at("12:01:00")));
        polling.begin(at("12:01:00"));
        assert!(polling.is_due(TICK, at("12:02:00")), "it failed");
        activity.note();
        polling.succeed();
        assert!(polling.is_due(TICK, at("12:02:00")), "something happened after it began");
        polling.begin(at("12:02:00"));
        polling.succeed();
        assert!(!polling.is_due(TICK, at("12:59:59")));
        assert!(polling.is_due(TICK, at("13:00:00")));
    }

    #[test]
    fn an_interval_has_bounds_that_are_named() {
        let parse = |text| interval(text, TICK, HOUR);
        assert_eq!(parse("500ms"), Ok(TICK));
        assert_eq!(parse("60m"), Ok(HOUR));
        for text in ["499ms", "61m"] {
            assert_eq!(parse(text), Err("must be from 500ms to 1h".to_owned()), "{text}");
        }
        assert!(parse("soon").is_err());
    }
}
