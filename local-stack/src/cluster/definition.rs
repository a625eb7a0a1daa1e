//! The cluster, its files and its URLs.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::account::Account;
use crate::error::{IoContext, Result};
use crate::location;
use crate::lock::lock_file;
use crate::secrets::Secrets;

/// Maximum time for a start or a stop. A start includes crash recovery.
pub(super) const TIMEOUT: Duration = Duration::from_secs(60);

/// The file that is locked while a cluster is created, started or stopped.
const LOCK: &str = "lock";

/// The settings of a cluster.
#[derive(Debug, Clone, Copy)]
pub struct ClusterOptions {
    /// Whether commits survive a crash. Tests are several times faster without.
    pub durable: bool,
    /// Maximum number of connections.
    pub max_connections: u16,
    /// Whether unusable data may be deleted and recreated.
    pub disposable: bool,
}

/// A cluster in its own directory, with `data/`, `log`, `secrets.env`, `lock`, `server.conf` and its socket.
///
/// Tests may add `pooler/` (PgBouncer), `standby/` (another cluster) and `settings.conf`.
#[derive(Debug, Clone)]
pub struct Cluster {
    pub(super) root: PathBuf,
    pub(super) socket: PathBuf,
    pub(super) account: Account,
    pub(super) options: ClusterOptions,
    pub(super) secrets: Secrets,
}

/// The lock that is held while a cluster is created, started or stopped. Other processes wait for it.
#[derive(Debug)]
pub struct ClusterLock {
    _file: File,
}

impl Cluster {
    /// Opens the cluster in this directory, creating the directory if needed. Does not start it.
    ///
    /// For root the directory may be a different one (see [`Cluster::root`]), because the account that runs PostgreSQL
    /// needs access.
    ///
    /// # Errors
    /// If the directory or its secrets cannot be created or read.
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

    /// The directory: the requested one, or one in `/var/tmp` if the account that runs PostgreSQL cannot access that.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The passwords of the roles and the secrets of the services.
    #[must_use]
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// The URL of a database for one of the four roles. The port is the one that [`start`](Self::start) returns.
    #[must_use]
    pub fn role_url(&self, role: &str, port: u16, database: &str) -> String {
        url(role, self.secrets.role_password(role), port, database)
    }

    /// The URL of a database for the superuser.
    #[must_use]
    pub fn superuser_url(&self, port: u16, database: &str) -> String {
        url("postgres", self.secrets.superuser_password(), port, database)
    }

    /// Acquires the lock, waiting until no other process creates, starts or stops this cluster.
    ///
    /// # Errors
    /// If the lock file cannot be created.
    pub async fn lock(&self) -> Result<ClusterLock> {
        Ok(ClusterLock { _file: lock_file(&self.root.join(LOCK)).await? })
    }

    /// The server's log since its last start.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn log(&self) -> Result<String> {
        let path = self.root.join("log");
        let bytes = std::fs::read(&path).context("read", &path)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    pub(super) fn data(&self) -> PathBuf {
        self.root.join("data")
    }
}

fn url(role: &str, password: &str, port: u16, database: &str) -> String {
    format!("postgres://{role}:{password}@127.0.0.1:{port}/{database}")
}
