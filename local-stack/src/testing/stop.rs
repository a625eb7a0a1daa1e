//! Stops the servers that tests have started.

use super::shape::Shape;
use super::shared::OPTIONS;
use super::{pooler, private};
use crate::cluster::Cluster;
use crate::error::Result;

/// Stops the shared clusters of all test runs with their poolers and standbys. Removes clusters and poolers of killed
/// test processes.
///
/// # Errors
/// If a cluster does not stop.
pub async fn stop() -> Result<()> {
    let state = crate::workspace::state_directory()?;
    let temporary = std::env::temp_dir();
    private::remove_left_behind(&temporary).await;
    pooler::remove_left_behind(&temporary).await;
    for shape in [Shape::Direct, Shape::Standby] {
        let directory = state.join(shape.directory());
        if directory.exists() {
            let cluster = Cluster::open(&directory, OPTIONS).await?;
            let lock = cluster.lock().await?;
            cluster.stop(&lock).await?;
        }
    }
    Ok(())
}
