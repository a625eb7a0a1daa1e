//! Starting, stopping and killing the server.

use std::path::Path;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::Instant;

use super::definition::{Cluster, ClusterLock, TIMEOUT};
use super::pid_file::PidFile;
use crate::command::run;
use crate::error::{Error, IoContext, Result};
use crate::location;
use crate::process_id::{children, command_line};

impl Cluster {
    /// Returns its port on loopback if it accepts connections. Reads its `postmaster.pid` only.
    #[must_use]
    pub fn running_port(&self) -> Option<u16> {
        let file = PidFile::read(&self.data())?;
        (file.ready && self.is_server(file.pid)).then_some(file.port)
    }

    /// Starts the cluster on a free port unless it is running, creating the data if needed. Returns the port.
    ///
    /// # Errors
    /// If PostgreSQL is not installed, or its programs fail. The error contains their output.
    pub async fn start(&self, lock: &ClusterLock) -> Result<u16> {
        self.start_on(lock, None).await
    }

    /// Like [`start`](Self::start), on this port if the cluster is not running yet.
    ///
    /// # Errors
    /// Like `start`, and if the port is in use.
    pub async fn start_on(&self, _lock: &ClusterLock, port: Option<u16>) -> Result<u16> {
        if let Some(port) = self.settled().await? {
            return Ok(port);
        }
        let programs = self.create_data().await?;
        self.remove_stale_pid_file()?;
        location::make_socket_directory(&self.socket, &self.account)?;
        let deadline = Instant::now() + TIMEOUT;
        loop {
            let port = match port {
                Some(port) => port,
                None => free_port()?,
            };
            let Err(error) = self.launch(&programs, port).await else { return Ok(port) };
            // Another program can take the port before PostgreSQL binds it. After a kill, the last server processes
            // need a moment to exit.
            let text = error.to_string();
            let transient =
                ["Address already in use", "pre-existing shared memory block", "could not create any TCP/IP"];
            if !transient.iter().any(|reason| text.contains(reason)) || Instant::now() > deadline {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Stops the cluster with its pooler and its standby. Disconnects clients and writes all data.
    ///
    /// # Errors
    /// If it does not stop.
    pub async fn stop(&self, _lock: &ClusterLock) -> Result<()> {
        self.pooler().stop().await?;
        self.stop_in_mode("fast").await?;
        self.standby().stop_in_mode("fast").await
    }

    /// Stops the cluster and deletes it with all its data.
    ///
    /// # Errors
    /// If it does not stop, or its directory cannot be removed.
    pub async fn remove(&self) -> Result<()> {
        let _lock = self.lock().await?;
        self.pooler().stop().await?;
        self.stop_in_mode("immediate").await?;
        let standby = self.standby();
        standby.stop_in_mode("immediate").await?;
        for directory in [&standby.socket, &self.socket, &self.root] {
            if directory.exists() {
                std::fs::remove_dir_all(directory).context("remove", directory)?;
            }
        }
        Ok(())
    }

    pub(super) async fn stop_in_mode(&self, mode: &str) -> Result<()> {
        if self.settled().await?.is_none() {
            return Ok(());
        }
        let programs = self.programs().await?;
        let mut command = self.command(&programs, "pg_ctl");
        command
            .args(["stop", "--silent", "--wait", "--timeout=60", "--mode", mode, "--pgdata"])
            .arg(self.data());
        run("pg_ctl stop", command).await
    }

    /// Kills the server with SIGKILL, like a crash: nothing is written and connections are lost. Kills its backends
    /// too: an orphaned backend could execute another statement before it notices.
    pub async fn kill(&self) {
        let Some(file) = PidFile::read(&self.data()) else { return };
        let backends = children(file.pid);
        while self.is_server(file.pid) || backends.iter().any(|pid| command_line(*pid).is_some()) {
            for pid in backends.iter().chain([&file.pid]) {
                let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Waits until the server is neither starting nor stopping. Returns its port if it is running.
    async fn settled(&self) -> Result<Option<u16>> {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            match PidFile::read(&self.data()) {
                Some(file) if self.is_server(file.pid) && file.ready => return Ok(Some(file.port)),
                Some(file) if self.is_server(file.pid) && Instant::now() < deadline => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                Some(file) if self.is_server(file.pid) => {
                    let text = format!(
                        "PostgreSQL (process {}) neither starts nor stops. See {}",
                        file.pid,
                        self.root.join("log").display()
                    );
                    return Err(Error::Refused(text));
                }
                _ => return Ok(None),
            }
        }
    }

    /// Whether this process is the server of this data directory.
    fn is_server(&self, pid: i32) -> bool {
        command_line(pid).is_some_and(|line| line.contains(&*self.data().to_string_lossy()))
    }

    /// Removes a stale `postmaster.pid`. After a crash of the machine its process id may belong to another process,
    /// and after a kill to one that has not been reaped. PostgreSQL would take either for another server with the same
    /// data. (If the process id is unused, PostgreSQL handles this itself.)
    fn remove_stale_pid_file(&self) -> Result<()> {
        let path = self.data().join("postmaster.pid");
        match PidFile::read(&self.data()) {
            Some(file) if kill(Pid::from_raw(file.pid), None) != Err(Errno::ESRCH) => {
                std::fs::remove_file(&path).context("remove", &path)
            }
            _ => Ok(()),
        }
    }
}

/// Returns a loopback port that is free now.
fn free_port() -> Result<u16> {
    let bound = std::net::TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    Ok(bound.context("find a free port on", Path::new("127.0.0.1"))?.port())
}
