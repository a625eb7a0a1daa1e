//! The clocks of this machine, PostgreSQL and both services.

use jiff::{SignedDuration, Timestamp};
use service_kit::database::{self, Pool};
use shared_claims::{Clock, SystemClock};

use super::report::Finding;

const DATABASE: &str = "clock.database";

/// By how much the `Date` header is less exact than a clock.
pub const DATE_RESOLUTION: SignedDuration = SignedDuration::from_secs(1);

/// What another clock showed when this machine's clock showed `local`.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    pub remote: Timestamp,
    pub local: Timestamp,
    /// The largest possible error of `local`.
    pub error: SignedDuration,
}

impl Reading {
    /// How far the other clock is ahead of this machine's.
    fn ahead(&self) -> SignedDuration {
        self.remote.duration_since(self.local)
    }
}

/// Compares PostgreSQL's clock with this machine's.
pub async fn database(pool: Option<&Pool>, tolerance: SignedDuration) -> Finding {
    let Some(pool) = pool else { return Finding::skipped(DATABASE, "the database cannot be reached") };
    let sent = SystemClock.now();
    match database::clock(pool).await {
        Err(error) => Finding::skipped(DATABASE, error.to_string()),
        Ok(remote) => {
            let half = SystemClock.now().duration_since(sent) / 2;
            compare(DATABASE, "PostgreSQL", Reading { remote, local: sent + half, error: half }, tolerance)
        }
    }
}

/// Compares the clock of `who` with this machine's. More than `tolerance` (CLOCK_SKEW) is a fault: verifiers refuse tokens
/// that expired, or that were issued in the future, by more than that.
pub fn compare(check: &'static str, who: &str, reading: Reading, tolerance: SignedDuration) -> Finding {
    let ahead = reading.ahead();
    if ahead.abs() <= tolerance.saturating_add(reading.error) {
        return Finding::ok(check, format!("the clock of {who} agrees with this machine's"));
    }
    let size = SignedDuration::from_secs(ahead.abs().as_secs());
    let direction = if ahead.is_negative() { "behind" } else { "ahead of" };
    Finding::fault(
        check,
        format!("the clock of {who} is {size:#} {direction} this machine's; CLOCK_SKEW allows {tolerance:#}"),
        format!("Synchronize the clocks of both machines with NTP: the one of {who}, or this one"),
    )
}

#[cfg(test)]
mod tests {
    use super::super::report::Status;
    use super::*;

    #[test]
    fn only_a_certain_difference_counts() {
        let local = Timestamp::UNIX_EPOCH;
        let status = |ahead: i64, error: i64| {
            let (remote, error) =
                (local + SignedDuration::from_secs(ahead), SignedDuration::from_secs(error));
            compare("clock", "it", Reading { remote, local, error }, SignedDuration::from_secs(30)).status
        };
        for (ahead, error, expected) in [
            (0, 0, Status::Ok),
            (30, 0, Status::Ok),
            (31, 0, Status::Fault),
            (-31, 0, Status::Fault),
            (-35, 5, Status::Ok),
        ] {
            assert_eq!(status(ahead, error), expected, "{ahead} {error}");
        }
    }
}
