//! Limits how often a line is logged that clients or an outage can trigger any number of times.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Minimum time between two lines.
const INTERVAL: Duration = Duration::from_secs(60);

/// Lets one line per minute through and counts the others. Its size is fixed.
#[derive(Debug, Default)]
pub struct LogThrottle(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    logged_at: Option<Instant>,
    left_out: u64,
}

impl LogThrottle {
    /// Returns the number of lines left out since the last one if the next is due, and `None` if this one is left out.
    pub fn due(&self, now: Instant) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.logged_at.is_some_and(|logged_at| now.duration_since(logged_at) < INTERVAL) {
            state.left_out = state.left_out.saturating_add(1);
            return None;
        }
        state.logged_at = Some(now);
        Some(std::mem::take(&mut state.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_per_minute_has_the_number_of_those_left_out() {
        let (throttle, start) = (LogThrottle::default(), Instant::now());
        let after = |seconds| throttle.due(start + Duration::from_secs(seconds));
        assert_eq!(after(0), Some(0));
        assert_eq!((after(0), after(1), after(59)), (None, None, None));
        assert_eq!(after(60), Some(3));
        assert_eq!(after(119), None);
        assert_eq!(after(500), Some(1));
        assert_eq!(after(600), Some(0));
    }
}
