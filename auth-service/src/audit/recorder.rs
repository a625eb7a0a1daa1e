//! Storing refusals once a minute.

use std::sync::Arc;
use std::time::Duration;

use service_kit::database::Pool;
use shared_claims::SharedClock;

use super::refusals::Refusals;
use super::store;
use crate::background::Background;

/// How often refusals are stored. What is counted since then is lost if the process is killed.
const INTERVAL: Duration = Duration::from_secs(60);
/// Time for the last statement when the service stops.
const GRACE: Duration = Duration::from_secs(2);

/// Stores refusals in the background.
pub struct RefusalRecorder {
    /// Counts them.
    pub refusals: Arc<Refusals>,
    /// Connections to the database.
    pub pool: Pool,
    /// The clock.
    pub clock: SharedClock,
}

impl RefusalRecorder {
    /// Starts it, on the runtime of the caller. It stores the rest when the service stops.
    pub fn start(self, background: &Background) {
        let stopping = background.stopping();
        background.spawn("audit log", GRACE, async move {
            let (clock, mut stops) = (Arc::clone(&self.clock), false);
            while !stops {
                tokio::select! {
                    () = stopping.cancelled() => stops = true,
                    () = clock.sleep(INTERVAL) => {}
                }
                self.store().await;
            }
        });
    }

    /// Stores what was counted. If that fails, it is counted with the next.
    async fn store(&self) {
        let counted = self.refusals.take();
        if counted.is_empty() {
            return;
        }
        if let Err(error) = store::insert_refusals(&self.pool, &counted, self.clock.now()).await {
            tracing::warn!(%error, "refusals not recorded in the audit log yet");
            counted.into_iter().for_each(|refusal| self.refusals.add(refusal));
        }
    }
}
