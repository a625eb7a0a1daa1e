//! Keeps the keys of a replica up to date, and does what is due for all of them.

use std::future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use service_kit::health::Dependency;
use service_kit::store::StoreError;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::contract::SHORT_REFRESH_INTERVAL;
use super::key_ring::KeyRing;
use crate::error::ApiError;
use crate::polling::Polling;

/// How often it is checked whether a look is due, where the refresh interval is long; also how soon a failed one is
/// repeated.
const TICK: Duration = Duration::from_secs(1);
/// How long a round may take: longer than the making of the largest key. A connection that lost its other end would hold
/// it up for minutes; the next look tells, and takes another one.
const ROUND_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a change that is under way may take when the service stops. One that is cut off has not happened.
const STOP_TIMEOUT: Duration = Duration::from_millis(500);

/// What looks after the keys in the background. It goes on when this is dropped.
pub struct KeyRefresher {
    task: JoinHandle<()>,
    stop: watch::Sender<bool>,
}

impl KeyRefresher {
    /// Starts it, on the runtime of the caller.
    pub fn start(ring: Arc<KeyRing>) -> Self {
        let (stop, told) = watch::channel(false);
        let polling = Polling::new(ring.contract().refresh_interval, ring.keeper().clock.now());
        let work = Work { ring, polling, failing: false };
        Self { task: tokio::spawn(work.run(told)), stop }
    }

    /// Stops it.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        if timeout(STOP_TIMEOUT, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

struct Work {
    ring: Arc<KeyRing>,
    polling: Polling,
    failing: bool,
}

impl Work {
    async fn run(mut self, mut told: watch::Receiver<bool>) {
        let ring = Arc::clone(&self.ring);
        let interval = ring.contract().refresh_interval;
        let tick = if interval <= SHORT_REFRESH_INTERVAL { interval } else { TICK };
        loop {
            tokio::select! {
                () = stopped(&mut told) => return,
                () = ring.keeper().clock.sleep(tick) => {}
            }
            let now = ring.keeper().clock.now();
            if !self.polling.is_due(tick, now) {
                continue;
            }
            self.polling.begin(now);
            let outcome = match timeout(ROUND_TIMEOUT, self.round()).await {
                Ok(outcome) => outcome,
                Err(late) => Err(StoreError::Unavailable(late.into()).into()),
            };
            if outcome.is_ok() {
                self.polling.succeed();
            }
            self.tell(outcome);
        }
    }

    async fn round(&self) -> Result<(), ApiError> {
        self.ring.note_token_life_if_due().await?;
        self.ring.tend().await
    }

    /// Once for each outage, not once a second.
    fn tell(&mut self, outcome: Result<(), ApiError>) {
        match &outcome {
            Ok(()) if self.failing => tracing::info!("the signing keys are looked after again"),
            Err(error) if !self.failing => tracing::warn!(%error, "the signing keys cannot be looked after"),
            Ok(()) | Err(_) => {}
        }
        self.failing = outcome.is_err();
    }
}

/// Comes back when it is told to stop. Who starts it and keeps no hold of it never tells it.
async fn stopped(told: &mut watch::Receiver<bool>) {
    if told.wait_for(|stop| *stop).await.is_err() {
        future::pending::<()>().await;
    }
}

/// For `/readyz`: whether this replica may sign.
pub struct KeysDependency(pub Arc<KeyRing>);

impl Dependency for KeysDependency {
    fn name(&self) -> &'static str {
        "the signing keys"
    }

    fn check(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(future::ready(self.0.is_ready()))
    }
}
