//! A database with the URLs for its service, owner and superuser.

use std::process::Stdio;

use tokio::process::Command;
use url::Url;

use super::outcome::must;
use crate::cluster::Cluster;
use crate::command::forget_other_servers;
use crate::error::{Error, IoContext, Result};
use crate::secrets::Secrets;

/// The secrets with which auth-service signs cookies and encrypts its signing key.
#[derive(Debug, Clone)]
pub struct ServiceSecrets {
    /// The value of `AUTH_SECRETS`.
    pub auth_secrets: String,
    /// The value of `KEY_ENCRYPTION_KEYS`.
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

/// A database with its URLs for the service, for the owner of the tables, and for the superuser.
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
    /// Returns a database of a cluster that runs on this port. `role` is `auth` or `tasks`.
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

    /// Returns a database on another server, whose roles have the passwords of this cluster. `url` is a superuser's.
    ///
    /// # Errors
    /// If the URL names no user, host or database.
    pub(super) fn at(cluster: &Cluster, role: &str, url: &Url) -> Result<Self> {
        let refused = || Error::Refused("a database URL needs a user, a host and a database".to_owned());
        let name = url.path().trim_start_matches('/').to_owned();
        let port = url.port().unwrap_or(5432);
        let url_of = |role: String| {
            let mut url = url.clone();
            url.set_username(&role).ok()?;
            url.set_password(Some(cluster.secrets().role_password(&role))).ok()?;
            Some(url.to_string()).filter(|_| !name.is_empty())
        };
        Ok(Self {
            cluster: cluster.clone(),
            port,
            service_port: port,
            pooled: false,
            service_url: url_of(format!("{role}_service")).ok_or_else(refused)?,
            owner_url: url_of(format!("{role}_owner")).ok_or_else(refused)?,
            superuser_url: url.to_string(),
            name,
            secrets: ServiceSecrets::of(cluster.secrets()),
        })
    }

    /// Returns the database with the service's URL through a pooler on this port.
    pub(super) fn through_pooler(mut self, port: u16) -> Self {
        self.service_url = with_server(&self.service_url, &format!("127.0.0.1:{port}"));
        self.service_port = port;
        self.pooled = true;
        self
    }

    /// Returns the database with the service's URL naming several servers on these ports.
    pub(super) fn on_servers(mut self, ports: &[u16]) -> Self {
        let servers: Vec<String> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
        self.service_url = with_server(&self.service_url, &servers.join(","));
        self
    }

    /// The port where the service can write: the pooler's or the primary's.
    pub(super) fn service_port(&self) -> u16 {
        self.service_port
    }

    /// Whether the service connects through a pooler.
    pub(super) fn is_pooled(&self) -> bool {
        self.pooled
    }

    /// The cluster of the database.
    pub(super) fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The port of PostgreSQL itself, however the service connects.
    pub(super) fn server_port(&self) -> u16 {
        self.port
    }

    /// The name of the database.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The URL for the role `auth_service` or `tasks_service`: the service's `DATABASE_URL`. It may name a pooler or
    /// several servers: see [`testing`](super).
    #[must_use]
    pub fn service_url(&self) -> String {
        self.service_url.clone()
    }

    /// The URL for the role `auth_owner` or `tasks_owner`: the service's `MIGRATION_DATABASE_URL`.
    #[must_use]
    pub fn owner_url(&self) -> String {
        self.owner_url.clone()
    }

    /// The URL for the superuser `postgres`.
    #[must_use]
    pub fn superuser_url(&self) -> String {
        self.superuser_url.clone()
    }

    /// Dumps the database with `pg_dump`: plain SQL, with rows as INSERT statements.
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
        let output = command.output().await.context("run", &program)?;
        let [stdout, stderr] =
            [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        if output.status.success() {
            return Ok(stdout);
        }
        let (program, status) = ("pg_dump".to_owned(), output.status.to_string());
        Err(Error::Command { program, status, output: stderr })
    }

    /// The secrets with which auth-service can use the data in the database.
    #[must_use]
    pub fn secrets(&self) -> &ServiceSecrets {
        &self.secrets
    }
}

/// Replaces the server in a database URL with `host:port`, or several of these separated by commas.
pub(super) fn with_server(url: &str, server: &str) -> String {
    let (role, place) = url.split_once('@').unwrap_or((url, ""));
    let (_, database) = place.split_once('/').unwrap_or_default();
    format!("{role}@{server}/{database}")
}
