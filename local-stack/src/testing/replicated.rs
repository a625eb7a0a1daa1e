//! A test's own primary and synchronous standby, for failover tests.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::net::TcpSocket;
use tokio::time::Instant;

use super::database::Database;
use super::outcome::must;
use super::private::PrivateCluster;
use crate::cluster::Cluster;
use crate::connection::connect;
use crate::error::{DatabaseContext, IoContext, Result};

/// Maximum time for the sockets of a killed server to release its port.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A durable primary whose commits wait for its standby, with both databases migrated. Services always connect
/// directly. Dropping this removes everything.
#[derive(Debug)]
pub struct ReplicatedCluster {
    primary: PrivateCluster,
    standby: Cluster,
    standby_port: u16,
    auth: Database,
    tasks: Database,
    /// A socket bound to the port of a killed primary, so that no other server gets it. It does not listen, so
    /// connections are refused.
    fence: Option<TcpSocket>,
}

/// Creates and starts a [`ReplicatedCluster`]. This takes several seconds.
///
/// # Panics
/// If it cannot be created.
pub async fn replicated_cluster() -> ReplicatedCluster {
    must(ReplicatedCluster::make().await)
}

impl ReplicatedCluster {
    async fn make() -> Result<Self> {
        let primary = PrivateCluster::without_pooler().await?;
        let (cluster, port) = (primary.cluster(), primary.port());
        let lock = cluster.lock().await?;
        cluster.require_standby()?;
        primary.restart(&lock).await?;
        let standby_port = cluster.start_standby(&lock, port).await?;
        drop(lock);
        let on_both = |database: &Database| database.clone().on_servers(&[port, standby_port]);
        let (auth, tasks) = (on_both(primary.auth()), on_both(primary.tasks()));
        let standby = cluster.standby();
        Ok(Self { primary, standby, standby_port, auth, tasks, fence: None })
    }

    /// auth-service's database. `service_url` names both servers, the original primary first. The URLs of the owner
    /// and the superuser name the original primary only.
    #[must_use]
    pub fn auth(&self) -> &Database {
        &self.auth
    }

    /// task-service's database, with URLs like those of [`auth`](Self::auth).
    #[must_use]
    pub fn tasks(&self) -> &Database {
        &self.tasks
    }

    /// auth-service's database on the standby, which [`promote`](Self::promote) makes the new primary. All URLs name
    /// that server only.
    #[must_use]
    pub fn standby_auth(&self) -> Database {
        Database::on(&self.standby, self.standby_port, "auth", "auth")
    }

    /// task-service's database on the standby, with URLs like those of [`standby_auth`](Self::standby_auth).
    #[must_use]
    pub fn standby_tasks(&self) -> Database {
        Database::on(&self.standby, self.standby_port, "tasks", "tasks")
    }

    /// Kills the primary with all its processes (SIGKILL), like a power failure. It cannot be restarted: its port
    /// refuses connections from now on.
    ///
    /// # Panics
    /// If it is not running.
    pub async fn kill_primary(&mut self) {
        must(self.kill_and_fence().await);
    }

    async fn kill_and_fence(&mut self) -> Result<()> {
        let (cluster, port) = (self.primary.cluster(), self.primary.port());
        let client = connect(&cluster.superuser_url(port, "postgres")).await?;
        let processes = client.query("SELECT pid FROM pg_stat_activity", &[]).await;
        let processes = processes.context("list the processes of the primary")?;
        cluster.kill().await;
        // Without the postmaster they would exit by themselves, but only after their current work, e.g. a commit.
        for process in processes.iter().filter_map(|row| row.try_get(0).ok()) {
            let _ = kill(Pid::from_raw(process), Signal::SIGKILL);
        }
        self.fence = Some(reserve(port).await?);
        Ok(())
    }

    /// Promotes the standby and waits until it accepts writes. Its commits wait for no other server.
    ///
    /// # Panics
    /// If it does not become writable.
    pub async fn promote(&self) {
        must(self.standby.promote(self.standby_port).await);
    }
}

/// Binds a loopback port without listening on it.
async fn reserve(port: u16) -> Result<TcpSocket> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let bind = || -> std::io::Result<TcpSocket> {
        let socket = TcpSocket::new_v4()?;
        // The dead server's connections may still be closing.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(socket)
    };
    let deadline = Instant::now() + TIMEOUT;
    loop {
        match bind() {
            Err(_) if Instant::now() < deadline => tokio::time::sleep(Duration::from_millis(2)).await,
            bound => return bound.context("reserve the port of", Path::new(&address.to_string())),
        }
    }
}
