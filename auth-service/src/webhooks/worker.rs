//! Finds receivers with events that are due, and delivers to each of them in a task of its own. Any number of replicas may
//! do so at the same time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use service_kit::database::Pool;
use service_kit::store::StoreError;
use shared_claims::SharedClock;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::backlog::Backlog;
use super::delivery::{Delivery, End, later};
use super::receiver::Receiver;
use super::registry::MAX_RECEIVERS;
use super::secrets::Secrets;
use super::senders::Senders;
use super::store::receivers::{self as store, Candidate};
use crate::background::Background;
use crate::keys::KeyEncryptionKeys;
use crate::polling::{Activity, Polling};
use crate::retry;

/// How often the outbox is polled while there are receivers: how late an event is at most, while all goes well.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// Time for an attempt in flight when the service stops.
const GRACE: Duration = Duration::from_millis(1500);
/// One task for each receiver, and for that of the environment. So none waits for a slow one.
const MAX_TASKS: usize = MAX_RECEIVERS + 1;

/// Delivers events to all receivers.
pub struct Worker {
    /// The receiver of `WEBHOOK_URL`.
    pub environment: Option<Arc<Receiver>>,
    /// Decrypts the secrets of registered receivers.
    pub encryption: Arc<KeyEncryptionKeys>,
    /// Connections to the database.
    pub pool: Pool,
    /// The clock.
    pub clock: SharedClock,
    /// How often the database is polled for receivers while there are none.
    pub idle_interval: Duration,
    /// What this replica changes, which may be an event.
    pub activity: Activity,
}

impl Worker {
    /// Starts it, on the runtime of the caller. Events that are not delivered when it stops wait for the next start, or for
    /// another replica.
    pub fn start(self, background: &Background) {
        background.spawn("webhooks", GRACE, self.run(background.stopping()));
    }

    async fn run(self, stopping: CancellationToken) {
        let mut rounds = Rounds::default();
        let mut backlog = Backlog::new();
        let mut ticks = tokio::time::interval(POLL_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Due at once: events may have been left when the service stopped.
        let idle = self.idle_interval.max(POLL_INTERVAL);
        let mut polling = Polling::new(idle, Timestamp::MIN).after(&self.activity);
        let mut has_receivers = self.environment.is_some();
        loop {
            tokio::select! {
                () = stopping.cancelled() => break,
                Some(ended) = rounds.tasks.join_next_with_id() => {
                    rounds.end(ended, self.clock.now());
                    continue;
                }
                _ = ticks.tick() => {}
            }
            let now = self.clock.now();
            if !has_receivers && !polling.is_due(POLL_INTERVAL, now) {
                continue;
            }
            polling.begin(now);
            match self.poll(&mut rounds, &mut backlog, now, &stopping).await {
                Ok(found) => {
                    has_receivers = found || self.environment.is_some();
                    polling.succeed();
                }
                Err(error) => tracing::warn!(%error, "webhooks are not delivered: database error"),
            }
        }
        while rounds.tasks.join_next().await.is_some() {}
    }

    /// Starts a task for each receiver with events that are due. Returns whether any receiver is registered.
    async fn poll(
        &self,
        rounds: &mut Rounds,
        backlog: &mut Backlog,
        now: Timestamp,
        stopping: &CancellationToken,
    ) -> Result<bool, StoreError> {
        let skipped = rounds.skipped(self.environment.is_some(), now);
        let candidates = store::look(&self.pool, now, &skipped).await?;
        rounds.forget_missing(&candidates);
        let found = candidates.iter().any(|candidate| candidate.destination.is_some());
        for candidate in candidates.into_iter().filter(|candidate| candidate.is_due) {
            if rounds.tasks.len() >= MAX_TASKS {
                break;
            }
            let name = candidate.name.clone();
            let Some(receiver) = self.receiver(candidate, &mut rounds.senders) else {
                rounds.rest(name, false, now);
                continue;
            };
            let delivery = Delivery { pool: self.pool.clone(), clock: Arc::clone(&self.clock) };
            let stopping = stopping.clone();
            let task = rounds.tasks.spawn(async move { delivery.run(&receiver, &stopping).await });
            rounds.names.insert(task.id(), name);
        }
        backlog.bound(&self.pool, now).await?;
        Ok(found)
    }

    /// The receiver that a candidate is; `None` if nothing can be sent to it, which is logged.
    fn receiver(&self, candidate: Candidate, senders: &mut Senders) -> Option<Arc<Receiver>> {
        let Candidate { name, destination, .. } = candidate;
        let Some(destination) = destination else { return self.environment.clone() };
        let receiver = senders.receiver(&name, &destination, Secrets(&self.encryption));
        let report = |error| tracing::warn!(receiver = name, %error, "webhooks are not delivered");
        receiver.map(Arc::new).map_err(report).ok()
    }
}

/// The receivers that are being delivered to, and those that fail.
#[derive(Default)]
struct Rounds {
    tasks: JoinSet<End>,
    /// The receiver of each task.
    names: HashMap<Id, String>,
    resting: HashMap<String, Rest>,
    senders: Senders,
}

/// A receiver that fails gets nothing for a while, which grows. Otherwise its attempts would only cost time, and looking for
/// its due events among many would take long.
struct Rest {
    failures: i32,
    until: Timestamp,
}

impl Rounds {
    /// The receivers that get nothing now.
    fn skipped(&self, has_environment: bool, now: Timestamp) -> Vec<&str> {
        let resting = self.resting.iter().filter(|(_, rest)| rest.until > now).map(|(name, _)| name);
        let environment = (!has_environment).then_some(Receiver::ENVIRONMENT);
        self.names.values().chain(resting).map(String::as_str).chain(environment).collect()
    }

    /// Forgets failures of receivers that were removed.
    fn forget_missing(&mut self, candidates: &[Candidate]) {
        self.resting.retain(|name, _| candidates.iter().any(|candidate| candidate.name == *name));
    }

    fn end(&mut self, ended: Result<(Id, End), JoinError>, now: Timestamp) {
        let (id, end) = match ended {
            Ok((id, end)) => (id, end),
            Err(error) => {
                tracing::error!(%error, "webhook delivery panicked");
                (error.id(), End::Failing { accepted: false })
            }
        };
        let Some(name) = self.names.remove(&id) else { return };
        match end {
            End::Done => {
                self.resting.remove(&name);
            }
            End::Failing { accepted } => self.rest(name, accepted, now),
        }
    }

    /// Sends nothing to a receiver for a while, which grows unless it `accepted` something since.
    fn rest(&mut self, name: String, accepted: bool, now: Timestamp) {
        let rest = self.resting.entry(name).or_insert(Rest { failures: 0, until: now });
        rest.failures = if accepted { 1 } else { rest.failures.saturating_add(1) };
        rest.until = later(now, retry::wait(rest.failures));
    }
}
