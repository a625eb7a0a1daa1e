//! The metrics of webhooks.

use metrics::{counter, describe_counter};

/// Attempts to deliver a webhook; label `outcome`.
const ATTEMPTS: &str = "auth_service_webhook_attempts_total";

/// Events that are not delivered any more.
const DROPPED: &str = "auth_service_webhooks_dropped_total";

/// What became of an attempt.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outcome {
    /// The receiver accepted the event.
    Delivered,
    /// It will be tried again.
    Postponed,
}

impl Outcome {
    const ALL: [Self; 2] = [Self::Delivered, Self::Postponed];

    /// Counts an attempt.
    pub(super) fn count(self) {
        counter!(ATTEMPTS, "outcome" => self.label()).increment(1);
    }

    fn label(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Postponed => "postponed",
        }
    }
}

/// Describes the metrics of webhooks and creates their counters.
pub fn create_metrics() {
    describe_counter!(ATTEMPTS, "Webhooks that a receiver accepted, or that will be sent again.");
    for outcome in Outcome::ALL {
        counter!(ATTEMPTS, "outcome" => outcome.label()).increment(0);
    }
    describe_counter!(DROPPED, "Webhooks for registered receivers that were dropped: too old, or too many.");
    count_dropped(0);
}

/// Counts events that are dropped.
pub(super) fn count_dropped(events: u64) {
    counter!(DROPPED).increment(events);
}
