//! The least time an answer takes that must not tell whether there is such an account.

use std::time::Duration;

use tokio::time::Instant;

/// Longer than the look-up, two inserts and a commit that one of the cases takes, on a database that is busy.
const MIN: Duration = Duration::from_millis(100);

/// Runs from the first difference between the cases.
pub struct MinResponseTime(Instant);

impl MinResponseTime {
    /// Begins now.
    pub fn begin() -> Self {
        Self(Instant::now() + MIN)
    }

    /// Waits until the least time is over.
    pub async fn reach(self) {
        tokio::time::sleep_until(self.0).await;
    }
}
