//! A minimum response time, so that timing does not reveal whether an account exists.

use std::time::Duration;

use tokio::time::Instant;

/// Longer than the longest case takes on a busy database: a query, two inserts and a commit.
const MIN: Duration = Duration::from_millis(100);

/// Starts where the cases begin to differ.
pub struct MinResponseTime(Instant);

impl MinResponseTime {
    pub fn begin() -> Self {
        Self(Instant::now() + MIN)
    }

    /// Waits until the minimum time has passed.
    pub async fn reach(self) {
        tokio::time::sleep_until(self.0).await;
    }
}
