//! The settings of the stack, and the services' settings derived from them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};

use tokio::process::Command;
use url::Url;

use crate::error::{Error, IoContext, Result};
use crate::page::{Page, PageConfig, ServiceUrls};
use crate::secrets::Secrets;
use crate::workspace::{root, state_directory};

/// The settings of the stack itself. All other environment variables are passed on to the services.
#[derive(Debug, Clone, clap::Args)]
pub struct Settings {
    /// Port of auth-service.
    #[arg(long, env = "AUTH_PORT", default_value_t = 8081)]
    pub auth_port: u16,
    /// Port of task-service.
    #[arg(long, env = "TASKS_PORT", default_value_t = 8082)]
    pub tasks_port: u16,
    /// Port of the web page. The services trust its origin.
    #[arg(long, env = "WEB_PORT", default_value_t = 3000)]
    pub web_port: u16,
    /// Directory of the built page; by default `web/out` in this checkout. Without a built page, only the services
    /// run.
    #[arg(long, env = "WEB_DIRECTORY")]
    pub web_directory: Option<PathBuf>,
    /// IP address that the services and the page listen on.
    #[arg(long, env = "BIND", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub bind: IpAddr,
    /// URL of an existing database for auth-service, instead of the private PostgreSQL.
    #[arg(long, env = "AUTH_DATABASE_URL", hide_env_values = true)]
    pub auth_database_url: Option<String>,
    /// URL of the same database for its owner, to migrate it. Without it, the database is not migrated.
    #[arg(long, env = "AUTH_MIGRATION_DATABASE_URL", hide_env_values = true)]
    pub auth_migration_database_url: Option<String>,
    /// URL of an existing database for task-service, instead of the private PostgreSQL.
    #[arg(long, env = "TASKS_DATABASE_URL", hide_env_values = true)]
    pub tasks_database_url: Option<String>,
    /// URL of the same database for its owner, to migrate it. Without it, the database is not migrated.
    #[arg(long, env = "TASKS_MIGRATION_DATABASE_URL", hide_env_values = true)]
    pub tasks_migration_database_url: Option<String>,
}

/// Environment variables that are not passed on to the services unchanged: they configure the stack, or would apply to
/// both services.
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

/// The URLs of a service's database.
#[derive(Debug, Clone)]
pub(super) struct DatabaseUrls {
    pub(super) service: String,
    /// `None` skips the migrations.
    pub(super) owner: Option<String>,
}

impl Settings {
    /// The existing database of auth-service, if one is set.
    pub(super) fn existing_auth(&self) -> Result<Option<DatabaseUrls>> {
        existing("AUTH", self.auth_database_url.as_deref(), self.auth_migration_database_url.as_deref())
    }

    /// The existing database of task-service, if one is set.
    pub(super) fn existing_tasks(&self) -> Result<Option<DatabaseUrls>> {
        existing("TASKS", self.tasks_database_url.as_deref(), self.tasks_migration_database_url.as_deref())
    }

    /// The URL of a service on this port, for other processes on this machine.
    pub(super) fn local_url(&self, port: u16) -> String {
        let host = match self.bind {
            IpAddr::V4(Ipv4Addr::UNSPECIFIED) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(Ipv6Addr::UNSPECIFIED) => IpAddr::V6(Ipv6Addr::LOCALHOST),
            address => address,
        };
        format!("http://{}", SocketAddr::new(host, port))
    }

    /// The URL of a service on this port, for users.
    pub(super) fn public_url(&self, port: u16) -> String {
        if self.bind.is_loopback() || self.bind.is_unspecified() {
            format!("http://localhost:{port}")
        } else {
            self.local_url(port)
        }
    }

    /// The directory of the page, which may not have been built.
    pub(super) fn page_directory(&self) -> Result<PathBuf> {
        match &self.web_directory {
            Some(directory) => Ok(directory.clone()),
            None => Ok(root()?.join("web/out")),
        }
    }

    /// The page, if it was built.
    pub(super) fn page(&self) -> Result<Option<Page>> {
        let default =
            ServiceUrls { auth: self.public_url(self.auth_port), tasks: self.public_url(self.tasks_port) };
        let config = PageConfig::local(self.auth_port, self.tasks_port, default);
        Ok(Page::open(&self.page_directory()?, config))
    }

    /// Adds auth-service's settings to a command.
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
        default(command, "WEBHOOK_SECRET", secrets.webhook_secret());
        let webhook = format!("{}/webhooks/auth-service", self.local_url(self.tasks_port));
        default(command, "WEBHOOK_URL", &webhook);
        default(command, "TRUSTED_ORIGINS", &self.page_origins());
        // Optional features are enabled, so that they can be tried.
        default(command, "DELETE_USER_ENABLED", "true");
        default(command, "CHANGE_EMAIL_ENABLED", "true");
        if let Some(directory) = mail.and_then(|directory| Url::from_file_path(directory).ok()) {
            command.env("MAIL_URL", directory.as_str());
        }
    }

    /// Adds task-service's settings to a command.
    pub(super) fn configure_tasks(&self, command: &mut Command, database: &DatabaseUrls, secrets: &Secrets) {
        withhold(command);
        command.env_remove("AUTH_SECRETS").env_remove("KEY_ENCRYPTION_KEYS").env_remove("MAIL_URL");
        command.env("DATABASE_URL", &database.service).env("BIND", self.socket(self.tasks_port).to_string());
        let base_url = set("BASE_URL").unwrap_or_else(|| self.public_url(self.auth_port));
        default(command, "AUTH_ISSUER", &set("JWT_ISSUER").unwrap_or_else(|| base_url.clone()));
        default(command, "AUTH_AUDIENCE", &set("JWT_AUDIENCE").unwrap_or(base_url));
        let auth_url = self.local_url(self.auth_port);
        default(command, "JWKS_URL", &format!("{auth_url}/.well-known/jwks.json"));
        default(command, "STATUS_LIST_URL", &format!("{auth_url}/.well-known/status-lists"));
        default(command, "WEBHOOK_SECRET", secrets.webhook_secret());
        default(command, "CORS_ORIGINS", &self.page_origins());
    }

    /// The directory that emails are written to, unless the environment sets another destination.
    pub(super) fn mail_directory() -> Result<Option<PathBuf>> {
        if set("MAIL_URL").or_else(|| set("MAIL_URL_FILE")).is_some() {
            return Ok(None);
        }
        let directory = state_directory()?.join("mail");
        std::path::absolute(&directory).context("find", &directory).map(Some)
    }

    /// The socket address for this port.
    pub(super) fn socket(&self, port: u16) -> SocketAddr {
        SocketAddr::new(self.bind, port)
    }

    /// The origins of the page: browsers treat the two names of this machine and its public URL as different origins.
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

/// Removes the variables that only the stack reads from a command's environment.
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
