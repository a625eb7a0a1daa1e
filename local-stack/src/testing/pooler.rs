//! A test's own PgBouncer in front of its database.

use std::path::Path;

use super::database::{Database, with_server};
use super::names::{creator, unique_name};
use super::outcome::{block_in_drop, must};
use crate::account::Account;
use crate::error::Result;
use crate::pgbouncer::{PgBouncer, PoolerOptions};

/// The prefix of their directory names.
const PREFIX: &str = "latchkey_pooler_";

/// A test's own PgBouncer in front of the cluster of a database, in transaction mode by default. Dropping this kills
/// and removes it.
///
/// It accepts the four roles with their passwords and every database of the cluster. Like PgBouncer with default
/// settings, it rejects clients that send startup parameters such as `options`.
#[derive(Debug)]
pub struct Pooler {
    pgbouncer: PgBouncer,
    port: u16,
}

impl Pooler {
    /// Starts a pooler in front of this database's cluster.
    ///
    /// # Panics
    /// If PgBouncer is not installed or does not start.
    pub async fn in_front_of(database: &Database, options: PoolerOptions) -> Self {
        must(Self::start(database, options).await)
    }

    async fn start(database: &Database, options: PoolerOptions) -> Result<Self> {
        let parent = std::env::temp_dir();
        remove_left_behind(&parent).await;
        let directory = parent.join(format!("{PREFIX}{}", unique_name("pooler")));
        let pgbouncer = database.cluster().pooler_in(directory);
        // From here on the directory is removed even on errors.
        let mut pooler = Self { pgbouncer, port: 0 };
        pooler.port = pooler.pgbouncer.start(database.server_port(), options).await?;
        Ok(pooler)
    }

    /// The port on loopback.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process id, while it runs.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        self.pgbouncer.pid().and_then(|pid| u32::try_from(pid).ok())
    }

    /// Returns a database URL for one of the four roles through this pooler. With it, the services start only if
    /// `DATABASE_POOLER` is `transaction`.
    #[must_use]
    pub fn url(&self, role_url: &str) -> String {
        with_server(role_url, &format!("127.0.0.1:{}", self.port))
    }

    /// Returns the database with its `service_url` through this pooler, and settings for services that match.
    #[must_use]
    pub fn database(&self, database: &Database) -> Database {
        database.clone().through_pooler(self.port)
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let pgbouncer = self.pgbouncer.clone();
        block_in_drop(async move { pgbouncer.remove().await });
    }
}

/// Removes poolers of killed test processes.
pub(super) async fn remove_left_behind(parent: &Path) {
    let (Ok(account), Ok(entries)) = (Account::for_postgres(), std::fs::read_dir(parent)) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with(PREFIX) && creator(&name).is_some_and(|process| !process.is_alive()) {
            // Another test process may be removing it too.
            let _ = PgBouncer::new(entry.path(), account.clone(), &[]).remove().await;
        }
    }
}
