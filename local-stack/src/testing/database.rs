//! One database for one test.

use std::ops::Deref;
use std::process::Stdio;

use tokio::process::Command;

use super::shape::Shape;
use super::shared::{cluster, drop_database, unique_name};
use super::template::{Kind, clone_template};
use super::{block_in_drop, must};
use crate::cluster::Cluster;
use crate::command::forget_other_servers;
use crate::databases::connect;
use crate::error::{Doing, Error, Result};
use crate::secrets::Secrets;

/// What auth-service signs cookies and encrypts its key with.
#[derive(Debug, Clone)]
pub struct ServiceSecrets {
    /// Its setting `AUTH_SECRETS`.
    pub auth_secrets: String,
    /// Its setting `KEY_ENCRYPTION_KEYS`.
    pub key_encryption_keys: String,
}

impl ServiceSecrets {
    pub(super) fn of(secrets: &Secrets) -> Self {
        Self {
            auth_secrets: secrets.auth_secrets().to_owned(),
            key_encryption_keys: secrets.key_encryption_keys().to_owned(),
        }
    }
}

/// How to reach a database: as the service, as the owner of its tables, as superuser.
#[derive(Debug, Clone)]
pub struct Database {
    cluster: Cluster,
    port: u16,
    service_port: u16,
    pooled: bool,
    name: String,
    service_url: String,
    owner_url: String,
    superuser_url: String,
    secrets: ServiceSecrets,
}

impl Database {
    /// The database of this name on a cluster that runs on this port; `role` is `auth` or `tasks`.
    pub(super) fn on(cluster: &Cluster, port: u16, role: &str, name: &str) -> Self {
        let url = |role: String| cluster.role_url(&role, port, name);
        Self {
            cluster: cluster.clone(),
            port,
            service_port: port,
            pooled: false,
            name: name.to_owned(),
            service_url: url(format!("{role}_service")),
            owner_url: url(format!("{role}_owner")),
            superuser_url: cluster.superuser_url(port, name),
            secrets: ServiceSecrets::of(cluster.secrets()),
        }
    }

    /// The same database with the service's role going through a pooler on this port.
    pub(super) fn through_pooler(mut self, port: u16) -> Self {
        self.service_url = with_server(&self.service_url, &format!("127.0.0.1:{port}"));
        self.service_port = port;
        self.pooled = true;
        self
    }

    /// The same database with the service's role finding the writable one of several servers on these ports.
    pub(super) fn on_servers(mut self, ports: &[u16]) -> Self {
        let servers: Vec<String> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        self.service_url = with_server(&self.service_url, &servers.join(","));
        self
    }

    /// The one port where the service's role can write: the pooler's or the primary's.
    pub(super) fn service_port(&self) -> u16 {
        self.service_port
    }

    /// Whether the service's role goes through a pooler.
    pub(super) fn is_pooled(&self) -> bool {
        self.pooled
    }

    /// The cluster it is on.
    pub(super) fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The port of PostgreSQL itself, whatever way the service takes.
    pub(super) fn server_port(&self) -> u16 {
        self.port
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// For the role `auth_service` or `tasks_service`: the services' `DATABASE_URL`. It may name a pooler or several
    /// servers: see [`testing`](super).
    #[must_use]
    pub fn service_url(&self) -> String {
        self.service_url.clone()
    }

    /// For the role `auth_owner` or `tasks_owner`: the services' `MIGRATION_DATABASE_URL`.
    #[must_use]
    pub fn owner_url(&self) -> String {
        self.owner_url.clone()
    }

    /// For the superuser `postgres`.
    #[must_use]
    pub fn superuser_url(&self) -> String {
        self.superuser_url.clone()
    }

    /// A dump of it by `pg_dump`: plain SQL, with rows as INSERT statements.
    ///
    /// # Panics
    /// If `pg_dump` is missing or fails.
    pub async fn dump(&self) -> String {
        must(self.dumped().await)
    }

    async fn dumped(&self) -> Result<String> {
        let program = self.cluster.program("pg_dump").await?;
        let mut command = Command::new(&program);
        forget_other_servers(&mut command);
        command.env("PGPASSWORD", self.cluster.secrets().superuser_password());
        command.args(["--inserts", "--no-password", "--host=127.0.0.1", "--username=postgres", "--port"]);
        command.arg(self.port.to_string()).arg(&self.name).stdin(Stdio::null());
        let output = command.output().await.doing("run", &program)?;
        let [stdout, stderr] =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        if output.status.success() {
            return Ok(stdout);
        }
        let (program, status) = ("pg_dump".to_owned(), output.status.to_string());
        Err(Error::Command { program, status, output: stderr })
    }

    /// The secrets under which auth-service can use what the database holds.
    #[must_use]
    pub fn secrets(&self) -> &ServiceSecrets {
        &self.secrets
    }
}

/// A URL of ours with another server: `host:port`, or several of these with commas between them.
pub(super) fn with_server(url: &str, server: &str) -> String {
    let (role, place) = url.split_once('@').unwrap_or((url, ""));
    let (_, database) = place.split_once('/').unwrap_or_default();
    format!("{role}@{server}/{database}")
}

/// A database of a test's own on the shared cluster. It is dropped with this, whoever is connected to it.
#[derive(Debug)]
pub struct TestDatabase {
    database: Database,
    maintenance_url: String,
}

impl TestDatabase {
    /// For auth-service: migrated, with a signing key, without users.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn auth() -> Self {
        Self::of(Kind::Auth).await
    }

    /// For task-service: migrated, empty.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn tasks() -> Self {
        Self::of(Kind::Tasks).await
    }

    /// For auth-service, as an operator makes it: roles and grants are there, no table is.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn empty_auth() -> Self {
        Self::of(Kind::EmptyAuth).await
    }

    /// For task-service, as an operator makes it: roles and grants are there, no table is.
    ///
    /// # Panics
    /// If it cannot be made.
    pub async fn empty_tasks() -> Self {
        Self::of(Kind::EmptyTasks).await
    }

    async fn of(kind: Kind) -> Self {
        must(Self::make(kind).await)
    }

    async fn make(kind: Kind) -> Result<Self> {
        let cluster = cluster().await?;
        let name = unique_name(kind.name());
        let port = clone_template(cluster, kind, &name).await?;
        let database = Database::on(cluster, port, kind.role(), &name);
        // From here on it is dropped whatever happens.
        let mut made = Self { database, maintenance_url: cluster.superuser_url(port, "postgres") };
        made.database = Shape::chosen()?.lead_to(made.database.clone())?;
        Ok(made)
    }
}

impl Deref for TestDatabase {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.database
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let (url, name) = (self.maintenance_url.clone(), self.database.name.clone());
        block_in_drop(async move { drop_database(&connect(&url).await?, &name).await });
    }
}
