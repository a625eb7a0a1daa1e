//! Tasks that run beside the requests: key rotation, status lists, mail delivery.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Tasks that are stopped together. They keep running when this is dropped.
#[derive(Debug, Default)]
pub struct Background {
    tasks: TaskTracker,
    stopping: CancellationToken,
}

impl Background {
    /// Cancelled when the tasks have to stop. A task that finishes work in flight first watches it.
    pub fn stopping(&self) -> CancellationToken {
        self.stopping.clone()
    }

    /// Runs `task` on the runtime of the caller. When the tasks have to stop it may take `grace` to end; after that it is
    /// dropped.
    pub fn spawn(
        &self,
        name: &'static str,
        grace: Duration,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        let stopping = self.stopping();
        self.tasks.spawn(async move {
            let overdue = async {
                stopping.cancelled().await;
                sleep(grace).await;
            };
            tokio::select! {
                () = task => {}
                () = overdue => {
                    if !grace.is_zero() {
                        tracing::warn!(task = name, "background task cancelled before it finished");
                    }
                }
            }
        });
    }

    /// Stops the tasks and waits until all have ended.
    pub async fn stop(self) {
        self.stopping.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_task_finishes_what_is_in_flight_and_one_that_does_not_end_is_dropped() {
        let (background, finished) = (Background::default(), Arc::new(AtomicBool::new(false)));
        let (stopping, done) = (background.stopping(), Arc::clone(&finished));
        background.spawn("in time", Duration::from_secs(3600), async move {
            stopping.cancelled().await;
            tokio::task::yield_now().await;
            done.store(true, Ordering::Relaxed);
        });
        background.spawn("stuck", Duration::from_millis(1), pending());
        background.spawn("without grace", Duration::ZERO, pending());
        background.stop().await;
        assert!(finished.load(Ordering::Relaxed));
    }

    #[tokio::test]
    async fn a_task_that_panics_does_not_hold_up_the_end() {
        let background = Background::default();
        background.spawn("panics", Duration::from_secs(3600), async { panic!("on purpose") });
        background.stop().await;
    }
}
