//! A streaming standby of a cluster.

use std::time::Duration;

use tokio::time::Instant;

use super::definition::{Cluster, ClusterLock, TIMEOUT};
use crate::command::run;
use crate::connection::connect;
use crate::error::{DatabaseContext, Error, IoContext, Result};
use crate::location;

/// Settings of a cluster whose commits wait for its standby. `wal_keep_size` is generous, because a standby that falls
/// further behind could not catch up.
const SYNCHRONOUS: [(&str, &str); 3] =
    [("synchronous_standby_names", "*"), ("synchronous_commit", "on"), ("wal_keep_size", "1GB")];

impl Cluster {
    /// Makes commits wait for the standby after the next start. They block until
    /// [`start_standby`](Self::start_standby).
    ///
    /// # Errors
    /// If the settings cannot be written.
    pub(crate) fn require_standby(&self) -> Result<()> {
        self.configure(&SYNCHRONOUS)
    }

    /// Returns the standby in the cluster's directory, with the same roles and secrets. It is stopped and removed with
    /// the cluster.
    pub(crate) fn standby(&self) -> Self {
        let root = self.root.join("standby");
        Self { socket: location::socket_directory(&root), root, ..self.clone() }
    }

    /// Returns the standby's port if it runs and follows the cluster on this port.
    pub(crate) fn running_standby(&self, port: u16) -> Option<u16> {
        let standby = self.standby();
        let follows = standby.configured(&[("primary_conninfo", &self.conninfo(port))]);
        follows.then(|| standby.running_port())?
    }

    /// Starts a standby of the cluster, which runs on this port, unless it is running, and waits until it streams.
    /// Returns its port.
    ///
    /// Each start creates a new copy, so that the standby never has to catch up.
    ///
    /// # Errors
    /// If PostgreSQL's programs fail, or it does not stream in time.
    pub(crate) async fn start_standby(&self, lock: &ClusterLock, port: u16) -> Result<u16> {
        if let Some(standby_port) = self.running_standby(port) {
            return Ok(standby_port);
        }
        let standby = self.standby();
        standby.stop_in_mode("immediate").await?;
        location::make_directory(&standby.root)?;
        self.copy_to(&standby, port).await?;
        standby.configure(&[("primary_conninfo", &self.conninfo(port))])?;
        let standby_port = standby.start(lock).await?;
        self.wait_for_standby(port).await?;
        Ok(standby_port)
    }

    /// Promotes a standby, which runs on this port, and waits until it accepts writes. Its commits wait for no
    /// standby.
    ///
    /// # Errors
    /// If it is not a standby, or does not accept writes in time.
    pub(crate) async fn promote(&self, port: u16) -> Result<()> {
        let mut command = self.command(&self.programs().await?, "pg_ctl");
        command.args(["promote", "--silent", "--wait", "--timeout=60", "--pgdata"]).arg(self.data());
        run("pg_ctl promote", command).await?;
        let client = connect(&self.superuser_url(port, "postgres")).await?;
        let reason = "end the recovery of the standby";
        let deadline = Instant::now() + TIMEOUT;
        // `pg_ctl` reads the control file, which is written shortly before sessions can write.
        while !client.query("SELECT WHERE pg_is_in_recovery()", &[]).await.context(reason)?.is_empty() {
            if Instant::now() > deadline {
                return Err(Error::Refused(format!(
                    "cannot {reason}: see {}",
                    self.root.join("log").display()
                )));
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    }

    /// Replaces the standby's data with a copy by `pg_basebackup`.
    async fn copy_to(&self, standby: &Self, port: u16) -> Result<()> {
        let data = standby.data();
        if data.exists() {
            std::fs::remove_dir_all(&data).context("remove", &data)?;
        }
        let unfinished = standby.create_unfinished()?;
        let mut command = self.command(&self.programs().await?, "pg_basebackup");
        command.env("PGPASSWORD", self.secrets.superuser_password());
        command.args(["--no-password", "--host=127.0.0.1", "--username=postgres", "--checkpoint=fast"]);
        command.args(["--wal-method=stream", "--no-sync", "--port", &port.to_string(), "--pgdata"]);
        command.arg(&unfinished);
        run("pg_basebackup", command).await?;
        let conf = unfinished.join("postgresql.conf");
        let text = std::fs::read_to_string(&conf).context("read", &conf)?;
        let text = text.replace(&self.include(), &standby.include());
        std::fs::write(&conf, text).context("write", &conf)?;
        let signal = unfinished.join("standby.signal");
        std::fs::write(&signal, "").context("write", &signal)?;
        self.account.own(&signal)?;
        std::fs::rename(&unfinished, &data).context("create", &data)
    }

    fn conninfo(&self, port: u16) -> String {
        let password = self.secrets.superuser_password();
        format!("host=127.0.0.1 port={port} user=postgres password={password} application_name=standby")
    }

    async fn wait_for_standby(&self, port: u16) -> Result<()> {
        let client = connect(&self.superuser_url(port, "postgres")).await?;
        let streaming = "SELECT FROM pg_stat_replication WHERE state = 'streaming' AND sync_state = 'sync'";
        let deadline = Instant::now() + TIMEOUT;
        while client.query(streaming, &[]).await.context("look for the standby")?.is_empty() {
            if Instant::now() > deadline {
                let log = self.standby().root.join("log");
                return Err(Error::Refused(format!("the standby does not stream: see {}", log.display())));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }
}
