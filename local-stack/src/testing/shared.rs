//! The cluster that all tests of a checkout share.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::OnceCell;
use tokio_postgres::Client;

use super::database::ServiceSecrets;
use super::shape::Shape;
use super::{must, pooler, private};
use crate::cluster::{Cluster, ClusterOptions};
use crate::databases::connect;
use crate::error::{Asking, Result};
use crate::process_id::ProcessId;

/// Tests lose nothing when the machine crashes, so nothing is made to survive it.
const OPTIONS: ClusterOptions = ClusterOptions { durable: false, max_connections: 300, disposable: true };

static CLUSTER: OnceCell<Cluster> = OnceCell::const_new();
static SWEPT: OnceCell<()> = OnceCell::const_new();

/// The cluster, which may not run.
pub(super) async fn cluster() -> Result<&'static Cluster> {
    let directory = crate::workspace::state_directory()?.join(Shape::chosen()?.directory());
    CLUSTER.get_or_try_init(|| Cluster::open(&directory, OPTIONS)).await
}

/// The secrets of auth-service that the signing key in the template was encrypted under.
pub async fn secrets() -> ServiceSecrets {
    ServiceSecrets::of(must(cluster().await).secrets())
}

/// Stops the clusters of all kinds of test runs, if they run, with their poolers and standbys. Removes what killed test
/// processes left of their own clusters and poolers.
///
/// # Errors
/// If one does not stop.
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

/// A name for a database of this process that no other process and no other call gets.
pub(super) fn unique_name(kind: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let ProcessId { pid, start } = ProcessId::own();
    format!("test_{kind}_{pid}_{start}_{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The process that made the database or directory of this name.
pub(super) fn maker(name: &str) -> Option<ProcessId> {
    let mut parts = name.rsplit('_').skip(1);
    let start = parts.next()?.parse().ok()?;
    let pid = parts.next()?.parse().ok()?;
    Some(ProcessId { pid, start })
}

/// Drops, once in each test process, the databases of test processes that ended without doing so.
pub(super) async fn sweep(superuser: &Client) -> Result<()> {
    SWEPT.get_or_try_init(|| sweep_now(superuser)).await.copied()
}

async fn sweep_now(superuser: &Client) -> Result<()> {
    let query = r"SELECT datname FROM pg_database WHERE datname LIKE 'test\_%'";
    for row in superuser.query(query, &[]).await.asking("list the databases")? {
        let name: String = row.try_get(0).asking("list the databases")?;
        if maker(&name).is_some_and(|process| !process.is_alive()) {
            // Another process may sweep the same one.
            let _ = drop_database(superuser, &name).await;
        }
    }
    Ok(())
}

/// Drops a database of ours, whoever is connected to it.
pub(super) async fn drop_database(superuser: &Client, name: &str) -> Result<()> {
    let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    superuser.batch_execute(&statement).await.asking(&format!("drop the database {name}"))
}

/// A superuser's connection, if the cluster runs with everything beside it.
pub(super) async fn superuser(cluster: &Cluster) -> Result<Option<(Client, u16)>> {
    let Some(port) = Shape::chosen()?.running_port(cluster) else { return Ok(None) };
    Ok(Some((connect(&cluster.superuser_url(port, "postgres")).await?, port)))
}
