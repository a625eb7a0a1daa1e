//! Keeps the keys of a replica up to date, and makes the changes that are due for all replicas.

use std::future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use service_kit::health::Dependency;
use service_kit::store::StoreError;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::error::KeyError;
use super::key_ring::KeyRing;
use super::rotation_policy::SHORT_REFRESH_INTERVAL;
use crate::background::Background;
use crate::polling::Polling;

/// How often a long refresh interval is checked for its end; also how soon a failed refresh is repeated.
const TICK: Duration = Duration::from_secs(1);
/// Maximum duration of a round: longer than generating the largest key takes. A connection whose peer is gone would block
/// it for minutes; the next round opens another one.
const ROUND_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a change in flight may take when the service stops. One that is cut off is rolled back.
const STOP_TIMEOUT: Duration = Duration::from_millis(500);

/// Keeps the keys of this replica up to date in the background, and makes the changes that are due.
pub struct KeyRefresher {
    ring: Arc<KeyRing>,
    polling: Polling,
    failing: bool,
}

impl KeyRefresher {
    /// Starts it, on the runtime of the caller.
    pub fn start(ring: Arc<KeyRing>, background: &Background) {
        let polling = Polling::new(ring.rotation_policy().refresh_interval, ring.rotation().clock.now());
        let refresher = Self { ring, polling, failing: false };
        background.spawn("key rotation", STOP_TIMEOUT, refresher.run(background.stopping()));
    }

    async fn run(mut self, stopping: CancellationToken) {
        let ring = Arc::clone(&self.ring);
        let interval = ring.rotation_policy().refresh_interval;
        let tick = if interval <= SHORT_REFRESH_INTERVAL { interval } else { TICK };
        loop {
            tokio::select! {
                () = stopping.cancelled() => return,
                () = ring.rotation().clock.sleep(tick) => {}
            }
            let now = ring.rotation().clock.now();
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
            self.log(outcome);
        }
    }

    async fn round(&self) -> Result<(), KeyError> {
        self.ring.record_token_lifetime_if_due().await?;
        self.ring.maintain().await
    }

    /// Logs once for each outage, not once a second.
    fn log(&mut self, outcome: Result<(), KeyError>) {
        match &outcome {
            Ok(()) if self.failing => tracing::info!("signing-key refresh recovered"),
            Err(error) if !self.failing => tracing::warn!(%error, "signing-key refresh failed"),
            Ok(()) | Err(_) => {}
        }
        self.failing = outcome.is_err();
    }
}

/// Reports to `/readyz` whether this replica may sign.
pub struct KeysDependency(pub Arc<KeyRing>);

impl Dependency for KeysDependency {
    fn name(&self) -> &'static str {
        "the signing keys"
    }

    fn check(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(future::ready(self.0.is_ready()))
    }
}
