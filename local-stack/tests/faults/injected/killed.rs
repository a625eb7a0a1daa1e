//! Processes that are killed: SIGKILL, without a chance to finish anything.

use std::time::Duration;

use tokio::time::Instant;

use super::{Cluster, Target};

/// The longest time between two kills, and the longest time that a process is away.
const BETWEEN: Duration = Duration::from_secs(3);
const AWAY: Duration = Duration::from_secs(2);

impl Target<'_> {
    pub(super) async fn kill_services(&mut self) {
        let end = Instant::now() + self.time;
        while Instant::now() < end {
            self.pause(BETWEEN).await;
            let began = self.recorder.now();
            let number = self.random.usize(0..2);
            let both_auth = self.random.u8(0..4) == 0;
            if both_auth {
                for replica in &mut self.system.auth {
                    replica.kill().await;
                }
            } else if self.random.bool() {
                self.system.auth[number].kill().await;
            } else {
                self.system.tasks[number].kill().await;
            }
            self.pause(AWAY).await;
            for replica in self.system.auth.iter_mut().chain(&mut self.system.tasks) {
                if replica.id().is_none() {
                    replica.restart_with(&[]).await;
                }
            }
            self.system.wait_ready().await;
            if both_auth {
                self.recorder.issuer_away(began);
            }
        }
    }

    pub(super) async fn kill_database(&mut self) {
        let Cluster::Single(cluster) = &*self.cluster else { return };
        let end = Instant::now() + self.time;
        while Instant::now() < end {
            tokio::time::sleep(BETWEEN.mul_f64(self.random.f64())).await;
            let began = self.recorder.now();
            cluster.kill().await;
            tokio::time::sleep(AWAY.mul_f64(self.random.f64())).await;
            cluster.start().await;
            self.system.wait_ready().await;
            self.recorder.issuer_away(began);
        }
    }

    /// Happens once: the old primary cannot come back.
    pub(super) async fn fail_over(&mut self) {
        let Cluster::Replicated(cluster) = &mut *self.cluster else { return };
        tokio::time::sleep(self.time / 3).await;
        let began = self.recorder.now();
        cluster.kill_primary().await;
        cluster.promote().await;
        self.system.wait_ready().await;
        self.recorder.issuer_away(began);
        tokio::time::sleep(self.time / 3).await;
    }
}
