//! Metrics of the hashing threads and their queue.

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use service_kit::collectors::value;

/// Passwords that were not hashed; label `lane`: `known` or `strangers`.
const REFUSED: &str = "auth_service_hashes_refused_total";
/// Time that a hash takes, without the wait.
const DURATION: &str = "auth_service_hash_duration_seconds";
/// Passwords that wait to be hashed; label `lane`.
const WAITING: &str = "auth_service_hashes_waiting";
/// Passwords that may wait in each lane.
const MAX_WAITING: &str = "auth_service_hashes_max_waiting";
/// Hashes that are being computed.
const RUNNING: &str = "auth_service_hashes_running";
/// Hashes that are computed at a time.
const MAX_RUNNING: &str = "auth_service_hashes_max_running";

/// The lane of known devices.
pub(super) const KNOWN: &str = "known";
/// The lane of all others.
pub(super) const STRANGERS: &str = "strangers";

/// Describes the metrics and creates the counters.
pub(super) fn create() {
    describe_counter!(REFUSED, "Passwords that were not hashed, because too many waited.");
    describe_histogram!(DURATION, "Time that a password hash takes, without the wait, in seconds.");
    describe_gauge!(WAITING, "Passwords that wait to be hashed.");
    describe_gauge!(MAX_WAITING, "Passwords that may wait in each lane.");
    describe_gauge!(RUNNING, "Password hashes that are being computed.");
    describe_gauge!(MAX_RUNNING, "Password hashes that are computed at a time.");
    for lane in [KNOWN, STRANGERS] {
        counter!(REFUSED, "lane" => lane).increment(0);
    }
}

/// Counts a password that was not hashed.
pub(super) fn refused(lane: &'static str) {
    counter!(REFUSED, "lane" => lane).increment(1);
}

/// The histogram of the time that a hash takes.
pub(super) fn durations() -> metrics::Histogram {
    histogram!(DURATION)
}

/// The state of the threads and their queue.
pub(super) struct PoolState {
    pub known: usize,
    pub strangers: usize,
    pub lane_capacity: usize,
    pub running: usize,
    pub at_a_time: usize,
}

impl PoolState {
    /// Updates the gauges.
    pub(super) fn show(&self) {
        gauge!(WAITING, "lane" => KNOWN).set(value(self.known));
        gauge!(WAITING, "lane" => STRANGERS).set(value(self.strangers));
        gauge!(MAX_WAITING).set(value(self.lane_capacity));
        gauge!(RUNNING).set(value(self.running));
        gauge!(MAX_RUNNING).set(value(self.at_a_time));
    }
}
