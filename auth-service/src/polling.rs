//! When background tasks query the database.
//!
//! A task ticks often and cheaply, in memory. A tick queries the database only if a poll is due: because the interval has
//! ended, because the last poll failed, or because this replica changed something itself. With a long interval an idle
//! service sends no queries, so that a database that scales to zero can be suspended.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// Maximum interval. Waking a database once a day costs next to nothing, so that longer intervals gain nothing.
pub const LONGEST_INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);
/// Intervals from this one on are aligned to their multiples since the Unix epoch, so that all tasks of all replicas wake a
/// suspended database at the same time instead of one after the other. Shorter intervals keep it awake anyway.
const ALIGNED_FROM: Duration = Duration::from_secs(60);

/// Notifies the background tasks of this process that it has changed something in the database. Clones share one channel.
#[derive(Debug, Clone, Default)]
pub struct Activity(watch::Sender<()>);

impl Activity {
    /// Makes a poll of every subscribed task due.
    pub fn note(&self) {
        self.0.send_replace(());
    }
}

/// The polls of one task.
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
    /// Polls every `interval`, for a task that polled successfully `now`.
    pub fn new(interval: Duration, now: Timestamp) -> Self {
        Self { interval, least: Duration::ZERO, polled_at: now, succeeded: true, activity: None }
    }

    /// Makes polls due after each [`Activity`] too.
    #[must_use]
    pub fn after(mut self, activity: &Activity) -> Self {
        self.activity = Some(activity.0.subscribe());
        self
    }

    /// Sets the minimum time between two polls, also after a failure. A shorter interval is lengthened to it.
    #[must_use]
    pub fn at_most_every(mut self, least: Duration) -> Self {
        self.least = least;
        self.interval = self.interval.max(least);
        self
    }

    /// How long a task with this interval sleeps between two ticks: at most `tick`.
    pub fn tick(interval: Duration, tick: Duration) -> Duration {
        interval.min(tick)
    }

    /// Whether a poll is due `now`, for a task that ticks every `tick`.
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
        // With a short interval every tick is a poll, however precise the clock is.
        self.interval <= tick || !self.succeeded || self.has_ended(elapsed, now) || active()
    }

    fn has_ended(&self, elapsed: Duration, now: Timestamp) -> bool {
        if self.interval < ALIGNED_FROM {
            return elapsed >= self.interval;
        }
        number(self.polled_at, self.interval) != number(now, self.interval)
    }

    /// Begins a poll. It counts as failed until it succeeds; activity from now on makes another one due.
    pub fn begin(&mut self, now: Timestamp) {
        self.polled_at = now;
        self.succeeded = false;
        if let Some(activity) = &mut self.activity {
            activity.mark_unchanged();
        }
    }

    /// Marks the last poll as successful.
    pub fn succeed(&mut self) {
        self.succeeded = true;
    }
}

/// The number of the interval since the Unix epoch that a moment is in.
fn number(moment: Timestamp, interval: Duration) -> i128 {
    let nanoseconds = i128::try_from(interval.as_nanos()).unwrap_or(i128::MAX).max(1);
    moment.as_nanosecond().div_euclid(nanoseconds)
}

/// Parses an interval from `shortest` to `longest`.
///
/// # Errors
/// Names the valid range.
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
