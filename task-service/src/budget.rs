//! The request budget of each user.

use jiff::SignedDuration;
use service_kit::counters::{Counters, Rule, Since};
use shared_claims::{SharedClock, UserId};

/// The window of the budget. It is fixed, so a program may use the budget of a minute at once.
const WINDOW: SignedDuration = SignedDuration::from_mins(1);

/// Counts the requests of each user in this replica's memory, in a table of fixed size.
pub struct RequestBudget {
    counters: Counters,
    /// `None` without a limit.
    rule: Option<Rule>,
    clock: SharedClock,
}

/// The user's budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the user's request budget is used up for {retry_after} s")]
pub struct Exhausted {
    /// Seconds until the next window.
    pub retry_after: i64,
}

impl RequestBudget {
    /// Creates a budget of this many requests per minute for each user; 0 disables the limit.
    pub fn new(requests_per_minute: i32, clock: SharedClock) -> Self {
        let rule = Rule { max: requests_per_minute, window: WINDOW, since: Since::First };
        Self { counters: Counters::new(), rule: (requests_per_minute > 0).then_some(rule), clock }
    }

    /// Counts a request of this user.
    ///
    /// # Errors
    /// If the budget is used up.
    pub fn take(&self, user: &UserId) -> Result<(), Exhausted> {
        let Some(rule) = &self.rule else { return Ok(()) };
        let now = self.clock.now();
        let taken = self.counters.take(&user.as_str(), rule, now);
        taken.map_err(|ends_at| Exhausted { retry_after: rule.retry_after(Some(ends_at), now) })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::Timestamp;
    use shared_claims::ManualClock;

    use super::*;

    #[test]
    fn a_minute_after_the_first_request_there_is_a_new_budget() {
        let start: Timestamp = "2031-05-01T12:00:00Z".parse().unwrap();
        let clock = Arc::new(ManualClock::new(start));
        let budget = RequestBudget::new(2, clock.clone());
        let (alice, bob) = ("alice".parse().unwrap(), "bob".parse().unwrap());
        assert_eq!([budget.take(&alice), budget.take(&alice)], [Ok(()), Ok(())]);
        assert_eq!(budget.take(&alice), Err(Exhausted { retry_after: 60 }));
        clock.advance(SignedDuration::from_millis(59_500));
        assert_eq!(budget.take(&alice), Err(Exhausted { retry_after: 1 }));
        assert_eq!(budget.take(&bob), Ok(()));
        clock.advance(SignedDuration::from_millis(500));
        assert_eq!([budget.take(&alice), budget.take(&alice)], [Ok(()), Ok(())]);
        assert!(budget.take(&alice).is_err());
    }

    #[test]
    fn zero_disables_the_limit() {
        let budget = RequestBudget::new(0, Arc::new(ManualClock::new(Timestamp::UNIX_EPOCH)));
        let alice = "alice".parse().unwrap();
        assert!((0..10_000).all(|_| budget.take(&alice).is_ok()));
    }
}
