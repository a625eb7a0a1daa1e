//! A test's own PostgreSQL, for tests that kill it.

use std::path::Path;

use super::database::Database;
use super::names::{creator, unique_name};
use super::outcome::{block_in_drop, must};
use super::shape::Shape;
use super::template::migrate;
use crate::cluster::{Cluster, ClusterLock, ClusterOptions};
use crate::databases;
use crate::error::Result;
use crate::pgbouncer::PoolerOptions;
use crate::secrets::ROLES;
use crate::workspace::{Binary, build_binaries};

/// Commits survive a kill. `initdb` does not wait for the disk.
const OPTIONS: ClusterOptions = ClusterOptions { durable: true, max_connections: 100, disposable: true };

/// The prefix of their directory names.
const PREFIX: &str = "latchkey_";

/// A durable cluster in a temporary directory, with both databases migrated. Dropping this removes it.
#[derive(Debug)]
pub struct PrivateCluster {
    cluster: Cluster,
    port: u16,
    auth: Database,
    tasks: Database,
}

/// Creates and starts a [`PrivateCluster`]. This takes a few seconds.
///
/// # Panics
/// If it cannot be created.
pub async fn private_cluster() -> PrivateCluster {
    must(PrivateCluster::make().await)
}

/// The same in this directory, with these settings, which override its own. Services connect to it directly.
///
/// # Panics
/// If it cannot be created.
pub async fn private_cluster_in(directory: &Path, settings: &[(&str, &str)]) -> PrivateCluster {
    let cluster = must(PrivateCluster::without_pooler_in(directory).await);
    cluster.restart_with(settings).await;
    cluster
}

impl PrivateCluster {
    async fn make() -> Result<Self> {
        let mut made = Self::without_pooler().await?;
        if Shape::selected()? == Shape::Pooler {
            made.add_pooler().await?;
        }
        Ok(made)
    }

    /// Creates a cluster whose services always connect directly.
    pub(super) async fn without_pooler() -> Result<Self> {
        Self::without_pooler_in(&std::env::temp_dir()).await
    }

    async fn without_pooler_in(parent: &Path) -> Result<Self> {
        build_binaries().await?;
        remove_left_behind(parent).await;
        let directory = parent.join(format!("{PREFIX}{}", unique_name("private")));
        let cluster = Cluster::open(&directory, OPTIONS).await?;
        let port = cluster.start(&cluster.lock().await?).await?;
        let auth = Database::on(&cluster, port, "auth", "auth");
        let tasks = Database::on(&cluster, port, "tasks", "tasks");
        // From here on the cluster is removed even on errors.
        let made = Self { cluster, port, auth, tasks };
        databases::make(&made.cluster, port).await?;
        migrate(Binary::AuthService, &made.auth).await?;
        migrate(Binary::TaskService, &made.tasks).await?;
        Ok(made)
    }

    /// The cluster itself.
    pub(super) fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The port of the server.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Restarts the server on the same port, to apply settings that require a restart.
    pub(super) async fn restart(&self, lock: &ClusterLock) -> Result<()> {
        self.cluster.stop(lock).await?;
        self.cluster.start_on(lock, Some(self.port)).await.map(drop)
    }

    /// Connects the services through a pooler, which keeps running when the server is killed.
    async fn add_pooler(&mut self) -> Result<()> {
        let pooler = self.cluster.pooler().start(self.port, PoolerOptions::default()).await?;
        self.auth = self.auth.clone().through_pooler(pooler);
        self.tasks = self.tasks.clone().through_pooler(pooler);
        Ok(())
    }

    /// auth-service's database.
    #[must_use]
    pub fn auth(&self) -> &Database {
        &self.auth
    }

    /// task-service's database.
    #[must_use]
    pub fn tasks(&self) -> &Database {
        &self.tasks
    }

    /// Kills the server with SIGKILL, like a crash.
    pub async fn kill(&self) {
        self.cluster.kill().await;
    }

    /// Restarts the server on the same port with these settings, which override its own.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn restart_with(&self, settings: &[(&str, &str)]) {
        must(self.cluster.configure(settings));
        let lock = must(self.cluster.lock().await);
        must(self.restart(&lock).await);
    }

    /// Runs the script for databases and roles again, as an operator may at any time.
    ///
    /// # Panics
    /// If the script fails.
    pub async fn make_databases_again(&self) {
        must(databases::make(&self.cluster, self.port).await);
    }

    /// The passwords of the four roles.
    #[must_use]
    pub fn role_passwords(&self) -> [&str; 4] {
        ROLES.map(|role| self.cluster.secrets().role_password(role))
    }

    /// PostgreSQL's log since its last start.
    ///
    /// # Panics
    /// If it cannot be read.
    #[must_use]
    pub fn server_log(&self) -> String {
        must(self.cluster.log())
    }

    /// Starts the server again on the same port and waits for its recovery.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start(&self) {
        let lock = must(self.cluster.lock().await);
        must(self.cluster.start_on(&lock, Some(self.port)).await);
    }
}

impl Drop for PrivateCluster {
    fn drop(&mut self) {
        let cluster = self.cluster.clone();
        block_in_drop(async move { cluster.remove().await });
    }
}

/// Removes clusters of killed test processes.
pub(super) async fn remove_left_behind(parent: &Path) {
    let Ok(entries) = std::fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let ours = name.starts_with(PREFIX) && entry.path().join("data").exists();
        if ours && creator(&name).is_some_and(|process| !process.is_alive()) {
            // Another test process may be removing it too.
            if let Ok(cluster) = Cluster::open(&entry.path(), OPTIONS).await {
                let _ = cluster.remove().await;
            }
        }
    }
}
