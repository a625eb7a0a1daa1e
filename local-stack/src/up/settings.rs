//! What can be chosen about the stack, and what follows from it for each service.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use tokio::process::Command;
use url::Url;

use crate::error::{Doing, Error, Result};
use crate::page::{Addresses, Page, ServiceAddresses};
use crate::secrets::Secrets;
use crate::workspace::{root, state_directory};

/// The settings of the stack itself. Everything else in the environment is for the services.
#[derive(Debug, Clone, clap::Args)]
pub struct Settings {
    /// Port of auth-service.
    #[arg(long, env = "AUTH_PORT", default_value_t = 8081)]
    pub auth_port: u16,
    /// Port of task-service.
    #[arg(long, env = "TASKS_PORT", default_value_t = 8082)]
    pub tasks_port: u16,
    /// Port of the web page, whose origin the services trust.
    #[arg(long, env = "WEB_PORT", default_value_t = 3000)]
    pub web_port: u16,
    /// The built page; by default `web/out` of this checkout. Where there is none, the services run without it.
    #[arg(long, env = "WEB_DIRECTORY")]
    pub web_directory: Option<PathBuf>,
    /// Address that the services and the page listen on, without a port.
    #[arg(long, env = "BIND", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub bind: IpAddr,
    /// An existing database for auth-service, instead of the private PostgreSQL.
    #[arg(long, env = "AUTH_DATABASE_URL", hide_env_values = true)]
    pub auth_database_url: Option<String>,
    /// The same database for its owner, to migrate it. Without it, it is used as it is.
    #[arg(long, env = "AUTH_MIGRATION_DATABASE_URL", hide_env_values = true)]
    pub auth_migration_database_url: Option<String>,
    /// An existing database for task-service, instead of the private PostgreSQL.
    #[arg(long, env = "TASKS_DATABASE_URL", hide_env_values = true)]
    pub tasks_database_url: Option<String>,
    /// The same database for its owner, to migrate it. Without it, it is used as it is.
    #[arg(long, env = "TASKS_MIGRATION_DATABASE_URL", hide_env_values = true)]
    pub tasks_migration_database_url: Option<String>,
}

/// What of the environment never reaches a service as it is: it is ours, or would mean the same thing to both.
const WITHHELD: [&str; 11] = [
    "BIND",
    "DATABASE_URL",
    "MIGRATION_DATABASE_URL",
    "AUTH_DATABASE_URL",
    "AUTH_MIGRATION_DATABASE_URL",
    "TASKS_DATABASE_URL",
    "TASKS_MIGRATION_DATABASE_URL",
    "AUTH_PORT",
    "TASKS_PORT",
    "WEB_PORT",
    "WEB_DIRECTORY",
];

/// How a service and its migrations reach their database.
#[derive(Debug, Clone)]
pub(super) struct DatabaseUrls {
    pub(super) service: String,
    /// `None` leaves the database as it is.
    pub(super) owner: Option<String>,
}

impl Settings {
    /// The existing database of auth-service, if one is named.
    pub(super) fn existing_auth(&self) -> Result<Option<DatabaseUrls>> {
        existing("AUTH", self.auth_database_url.as_deref(), self.auth_migration_database_url.as_deref())
    }

    /// The existing database of task-service, if one is named.
    pub(super) fn existing_tasks(&self) -> Result<Option<DatabaseUrls>> {
        existing("TASKS", self.tasks_database_url.as_deref(), self.tasks_migration_database_url.as_deref())
    }

    /// Where a service on this port is reached from this machine.
    pub(super) fn local_url(&self, port: u16) -> String {
        let host = match self.bind {
            IpAddr::V4(Ipv4Addr::UNSPECIFIED) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(Ipv6Addr::UNSPECIFIED) => IpAddr::V6(Ipv6Addr::LOCALHOST),
            address => address,
        };
        format!("http://{}", SocketAddr::new(host, port))
    }

    /// Where a person is told to find a service on this port.
    pub(super) fn public_url(&self, port: u16) -> String {
        if self.bind.is_loopback() || self.bind.is_unspecified() {
            format!("http://localhost:{port}")
        } else {
            self.local_url(port)
        }
    }

    /// Where the page is, if it was built.
    pub(super) fn page_directory(&self) -> Result<PathBuf> {
        match &self.web_directory {
            Some(directory) => Ok(directory.clone()),
            None => Ok(root()?.join("web/out")),
        }
    }

    /// The page, if it was built.
    pub(super) fn page(&self) -> Result<Option<Page>> {
        let default = ServiceAddresses {
            auth: self.public_url(self.auth_port),
            tasks: self.public_url(self.tasks_port),
        };
        let addresses = Addresses::local(self.auth_port, self.tasks_port, default);
        Ok(Page::open(&self.page_directory()?, addresses))
    }

    /// auth-service's settings.
    pub(super) fn configure_auth(
        &self,
        command: &mut Command,
        database: &DatabaseUrls,
        secrets: &Secrets,
        mail: Option<&Path>,
    ) {
        withhold(command);
        command.env("DATABASE_URL", &database.service).env("BIND", self.socket(self.auth_port).to_string());
        default(command, "BASE_URL", &self.public_url(self.auth_port));
        default(command, "AUTH_SECRETS", secrets.auth_secrets());
        default(command, "KEY_ENCRYPTION_KEYS", secrets.key_encryption_keys());
        default(command, "TRUSTED_ORIGINS", &self.page_origins());
        // What a deployment chooses is here to be tried.
        default(command, "DELETE_USER_ENABLED", "true");
        default(command, "CHANGE_EMAIL_ENABLED", "true");
        if let Some(directory) = mail.and_then(|directory| Url::from_file_path(directory).ok()) {
            command.env("MAIL_URL", directory.as_str());
        }
    }

    /// task-service's settings.
    pub(super) fn configure_tasks(&self, command: &mut Command, database: &DatabaseUrls) {
        withhold(command);
        command.env_remove("AUTH_SECRETS").env_remove("KEY_ENCRYPTION_KEYS").env_remove("MAIL_URL");
        command.env("DATABASE_URL", &database.service).env("BIND", self.socket(self.tasks_port).to_string());
        let base_url = set("BASE_URL").unwrap_or_else(|| self.public_url(self.auth_port));
        default(command, "AUTH_ISSUER", &set("JWT_ISSUER").unwrap_or_else(|| base_url.clone()));
        default(command, "AUTH_AUDIENCE", &set("JWT_AUDIENCE").unwrap_or(base_url));
        let auth_url = self.local_url(self.auth_port);
        default(command, "JWKS_URL", &format!("{auth_url}/.well-known/jwks.json"));
        default(command, "STATUS_LIST_URL", &format!("{auth_url}/.well-known/status-lists"));
        default(command, "CORS_ORIGINS", &self.page_origins());
    }

    /// The directory that mail goes to, unless the environment sends it elsewhere.
    pub(super) fn mail_directory() -> Result<Option<PathBuf>> {
        if set("MAIL_URL").or_else(|| set("MAIL_URL_FILE")).is_some() {
            return Ok(None);
        }
        let directory = state_directory()?.join("mail");
        std::path::absolute(&directory).doing("find", &directory).map(Some)
    }

    /// Where something on this port listens.
    pub(super) fn socket(&self, port: u16) -> SocketAddr {
        SocketAddr::new(self.bind, port)
    }

    /// A browser takes the two names of this machine for two origins, and an address beyond it for a third.
    fn page_origins(&self) -> String {
        let mut origins = format!("http://localhost:{0},http://127.0.0.1:{0}", self.web_port);
        let public = self.public_url(self.web_port);
        if !origins.split(',').any(|origin| origin == public) {
            origins.push(',');
            origins.push_str(&public);
        }
        origins
    }
}

fn existing(prefix: &str, service: Option<&str>, owner: Option<&str>) -> Result<Option<DatabaseUrls>> {
    let given = |url: Option<&str>| url.filter(|url| !url.is_empty()).map(str::to_owned);
    match (given(service), given(owner)) {
        (Some(service), owner) => Ok(Some(DatabaseUrls { service, owner })),
        (None, None) => Ok(None),
        (None, Some(_)) => Err(Error::Refused(format!(
            "{prefix}_MIGRATION_DATABASE_URL is set and {prefix}_DATABASE_URL is not: set both, or neither to use the \
             private PostgreSQL."
        ))),
    }
}

/// Takes away from a command what only the stack itself reads.
pub(super) fn withhold(command: &mut Command) {
    for name in WITHHELD {
        command.env_remove(name);
    }
}

fn default(command: &mut Command, name: &str, value: &str) {
    if set(name).is_none() {
        command.env(name, value);
    }
}

fn set(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
