//! A private PostgreSQL cluster: made, started, found again, stopped.

mod data;
mod pooler;
mod server;
mod standby;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::Instant;

use self::server::PidFile;
use crate::account::Account;
use crate::command::run;
use crate::error::{Doing, Error, Result};
use crate::location;
use crate::lock::lock_file;
use crate::process_id::{children, command_line};
use crate::secrets::Secrets;

/// How long a start or a stop may take. Recovery after a crash is part of a start.
const PATIENCE: Duration = Duration::from_secs(60);

/// The file that is locked while a cluster is made, started or stopped.
const LOCK: &str = "lock";

/// How a cluster is run.
#[derive(Debug, Clone, Copy)]
pub struct ClusterOptions {
    /// Whether what was committed survives a crash. Off, tests are several times faster.
    pub durable: bool,
    /// How many connections it takes at once.
    pub max_connections: u16,
    /// Whether the data may be thrown away and made anew when they cannot be used any more.
    pub disposable: bool,
}

/// A cluster in a directory of its own: `data/`, `log`, `secrets.env`, `lock`, `server.conf` and its socket.
///
/// For tests there may be `pooler/` (PgBouncer), `standby/` (a cluster again) and `settings.conf` besides.
#[derive(Debug, Clone)]
pub struct Cluster {
    root: PathBuf,
    socket: PathBuf,
    account: Account,
    options: ClusterOptions,
    secrets: Secrets,
}

/// Held while a cluster is made, started or stopped: other processes wait for it.
#[derive(Debug)]
pub struct ClusterLock {
    _file: File,
}

impl Cluster {
    /// The cluster in this directory, which is made if it is not there. Starts nothing.
    ///
    /// As root the directory may have to be elsewhere (see [`Cluster::root`]), because the account that runs
    /// PostgreSQL has to reach it.
    ///
    /// # Errors
    /// If the directory or the secrets in it cannot be made or read.
    pub async fn open(root: &Path, options: ClusterOptions) -> Result<Self> {
        let account = Account::for_postgres()?;
        let root = location::reachable(root, &account).await?;
        let socket = location::socket_directory(&root);
        let secrets_file = root.join("secrets.env");
        let secrets = match Secrets::load(&secrets_file)? {
            Some(secrets) => secrets,
            None => {
                let _lock = lock_file(&root.join(LOCK)).await?;
                Secrets::load_or_create(&secrets_file)?
            }
        };
        Ok(Self { root, socket, account, options, secrets })
    }

    /// Where it is: the directory asked for, or one under `/var/tmp` if that is out of reach for the account
    /// that runs PostgreSQL.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The passwords of its roles, and the secrets of the services that use it.
    #[must_use]
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// The URL of one of its databases for one of the four roles. The port is that of [`start`](Self::start).
    #[must_use]
    pub fn role_url(&self, role: &str, port: u16, database: &str) -> String {
        url(role, self.secrets.role_password(role), port, database)
    }

    /// The URL of one of its databases for the superuser.
    #[must_use]
    pub fn superuser_url(&self, port: u16, database: &str) -> String {
        url("postgres", self.secrets.superuser_password(), port, database)
    }

    /// Waits until no other process makes, starts or stops this cluster.
    ///
    /// # Errors
    /// If the lock file cannot be made.
    pub async fn lock(&self) -> Result<ClusterLock> {
        Ok(ClusterLock { _file: lock_file(&self.root.join(LOCK)).await? })
    }

    /// Its port on loopback, if it runs and takes connections. Asks nobody: reads its `postmaster.pid`.
    #[must_use]
    pub fn running_port(&self) -> Option<u16> {
        let file = PidFile::read(&self.data())?;
        (file.ready && self.is_server(file.pid)).then_some(file.port)
    }

    /// Starts it, after making it if needed, on a free port; or finds it running. Answers its port.
    ///
    /// # Errors
    /// If PostgreSQL is not installed, or its programs fail; the error holds what they said.
    pub async fn start(&self, lock: &ClusterLock) -> Result<u16> {
        self.start_on(lock, None).await
    }

    /// Like [`start`](Self::start), on this port if it does not run yet.
    ///
    /// # Errors
    /// As `start`, and if the port is taken.
    pub async fn start_on(&self, _lock: &ClusterLock, port: Option<u16>) -> Result<u16> {
        if let Some(port) = self.settled().await? {
            return Ok(port);
        }
        let programs = self.make_data().await?;
        self.remove_foreign_pid_file()?;
        location::make_socket_directory(&self.socket, &self.account)?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let port = match port {
                Some(port) => port,
                None => free_port()?,
            };
            let Err(error) = self.launch(&programs, port).await else { return Ok(port) };
            // Another program can take the port between our look and PostgreSQL's; and after a kill, the last
            // server processes need a moment to go.
            let text = error.to_string();
            let passing =
                ["Address already in use", "pre-existing shared memory block", "could not create any TCP/IP"];
            if !passing.iter().any(|reason| text.contains(reason)) || Instant::now() > deadline {
                return Err(error);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Stops it if it runs, with its pooler and its standby: clients are disconnected, everything is written.
    ///
    /// # Errors
    /// If it does not stop.
    pub async fn stop(&self, _lock: &ClusterLock) -> Result<()> {
        self.pooler().stop().await?;
        self.stop_in_mode("fast").await?;
        self.standby().stop_in_mode("fast").await
    }

    /// Stops it and removes it with all its data.
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
                std::fs::remove_dir_all(directory).doing("remove", directory)?;
            }
        }
        Ok(())
    }

    async fn stop_in_mode(&self, mode: &str) -> Result<()> {
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

    /// Ends the server with SIGKILL, as a crash would: nothing is written, clients are cut off. Its backends are killed
    /// too: one that is left alone may answer another statement before it notices.
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

    /// The path of one of PostgreSQL's programs, such as `psql`, that fits this cluster.
    pub(crate) async fn program(&self, name: &str) -> Result<PathBuf> {
        Ok(self.programs().await?.path(name))
    }

    /// The server's log since its last start.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn log(&self) -> Result<String> {
        let path = self.root.join("log");
        let bytes = std::fs::read(&path).doing("read", &path)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    /// Waits out a server that is starting or stopping: then it is up on a port, or down.
    async fn settled(&self) -> Result<Option<u16>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match PidFile::read(&self.data()) {
                Some(file) if self.is_server(file.pid) && file.ready => return Ok(Some(file.port)),
                Some(file) if self.is_server(file.pid) && Instant::now() < deadline => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                Some(file) if self.is_server(file.pid) => {
                    let text = format!(
                        "PostgreSQL (process {}) neither starts nor stops: see {}",
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

    /// After a crash of the whole machine the number in `postmaster.pid` may belong to anybody, and after a kill to a
    /// process that nobody has reaped yet: PostgreSQL would take either for another server of the same data. (When
    /// the number is free it looks further by itself.)
    fn remove_foreign_pid_file(&self) -> Result<()> {
        let path = self.data().join("postmaster.pid");
        match PidFile::read(&self.data()) {
            Some(file) if kill(Pid::from_raw(file.pid), None) != Err(Errno::ESRCH) => {
                std::fs::remove_file(&path).doing("remove", &path)
            }
            _ => Ok(()),
        }
    }
}

fn url(role: &str, password: &str, port: u16, database: &str) -> String {
    format!("postgres://{role}:{password}@127.0.0.1:{port}/{database}")
}

/// A loopback port that is free now.
fn free_port() -> Result<u16> {
    let bound = std::net::TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    Ok(bound.doing("find a free port on", Path::new("127.0.0.1"))?.port())
}
