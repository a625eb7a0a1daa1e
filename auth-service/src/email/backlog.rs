//! Measures the mail that waits to be sent, of all replicas.

use std::time::Duration;

use jiff::Timestamp;
use metrics::{counter, describe_counter, describe_gauge, gauge};
use service_kit::collectors;
use service_kit::database::{Executor, Pool};
use service_kit::store::{StoreError, column};
use shared_claims::SharedClock;

use crate::background::Background;
use crate::polling::Polling;

/// Mails that a replica dealt with; label `outcome`.
const MAILS: &str = "auth_service_mails_total";
/// Mails in the outbox, the same in every replica.
const WAITING: &str = "auth_service_outbox_mails";
/// Age of the oldest of them; 0 if there is none.
const OLDEST: &str = "auth_service_outbox_oldest_age_seconds";

/// Time between two measurements, unless the outbox is polled less often: about that of two scrapes.
const INTERVAL: Duration = Duration::from_secs(15);
/// How often it wakes up to see whether a measurement is due: cheaply, in memory.
const TICK: Duration = Duration::from_secs(1);

const MEASURE: &str = "SELECT count(*) AS mails, min(created_at) AS oldest FROM outbox";

/// What became of a mail that was claimed.
#[derive(Debug, Clone, Copy)]
pub enum MailOutcome {
    /// The mail server accepted it.
    Sent,
    /// It will be tried again.
    Postponed,
    /// It will not be sent.
    GivenUp,
}

impl MailOutcome {
    const ALL: [Self; 3] = [Self::Sent, Self::Postponed, Self::GivenUp];

    /// Counts a mail.
    pub fn count(self) {
        counter!(MAILS, "outcome" => self.label()).increment(1);
    }

    fn label(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Postponed => "postponed",
            Self::GivenUp => "given_up",
        }
    }
}

/// Describes the metrics of mail and creates its counters.
pub fn create_metrics() {
    describe_counter!(MAILS, "Mails that this replica sent, postponed or gave up.");
    describe_gauge!(WAITING, "Mails in the outbox, of all replicas.");
    describe_gauge!(OLDEST, "Age of the oldest mail in the outbox, in seconds.");
    for outcome in MailOutcome::ALL {
        counter!(MAILS, "outcome" => outcome.label()).increment(0);
    }
}

/// Keeps the gauges of the outbox current.
pub struct Backlog {
    pool: Pool,
    clock: SharedClock,
    polling: Polling,
}

impl Backlog {
    /// Measures as often as the outbox is polled, but not more often than it is scraped.
    pub fn new(pool: Pool, clock: SharedClock, poll_interval: Duration) -> Self {
        // Due at once: mail may have been left when the service stopped.
        let polling = Polling::new(poll_interval, Timestamp::MIN).at_most_every(INTERVAL);
        Self { pool, clock, polling }
    }

    /// Starts it, on the runtime of the caller, if metrics are on.
    pub fn start(self, background: &Background) {
        if collectors::are_enabled() {
            background.spawn("mail backlog", Duration::ZERO, self.run());
        }
    }

    async fn run(mut self) {
        loop {
            let now = self.clock.now();
            if self.polling.is_due(TICK, now) {
                self.polling.begin(now);
                match self.measure(now).await {
                    Ok(()) => self.polling.succeed(),
                    // The mail worker reports the outage.
                    Err(error) => tracing::debug!(%error, "outbox not measured"),
                }
            }
            self.clock.sleep(TICK).await;
        }
    }

    async fn measure(&self, now: Timestamp) -> Result<(), StoreError> {
        let row = self.pool.query_one(MEASURE, &[]).await?;
        let mails: i64 = column(&row, "outbox", "mails")?;
        let oldest: Option<Timestamp> = column(&row, "outbox", "oldest")?;
        let age = oldest.map_or(0.0, |oldest| now.duration_since(oldest).as_secs_f64().max(0.0));
        gauge!(WAITING).set(collectors::value(usize::try_from(mails).unwrap_or_default()));
        gauge!(OLDEST).set(age);
        Ok(())
    }
}
