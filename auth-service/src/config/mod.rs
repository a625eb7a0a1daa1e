//! Every setting: an environment variable with a default, or an error that names it.

mod accounts;
mod identity;
mod keys;
mod links;
mod mail;
mod passwords;
mod routes;
mod sessions;
mod tokens;
mod weaknesses;

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args};
use jiff::SignedDuration;
use secrecy::SecretString;
use service_kit::cors::AllowedHeaders;
use service_kit::database::Pooler;
use service_kit::lifecycle::ConnectionLimit;
use service_kit::response_headers::Hsts;
use service_kit::secret::{self, SecretError};
use service_kit::settings;
use service_kit::telemetry::LogFormat;
use url::Url;

pub use self::accounts::{AccountConfig, MailNeeded, NoPasswordFits};
pub use self::identity::PublicCredentials;
pub use self::keys::KeyConfig;
pub use self::links::{LinkConfig, PolledTooLate};
pub use self::mail::{MailConfig, MailError};
pub use self::passwords::PasswordConfig;
pub use self::routes::{RouteConfig, UnknownPath};
pub use self::sessions::{CookieError, SessionConfig};
pub use self::tokens::TokenConfig;
use crate::client_address::{AddressHeaders, TrustedProxies};
use crate::keys::KeyEncryptionKeys;
use crate::passwords::Cost;
use crate::protocol::auth_secrets::AuthSecrets;
use service_kit::origins::OriginPatterns;

/// The settings of `serve`.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// PostgreSQL, database `auth`, as the service role: postgres://auth_service:...@host/auth
    #[arg(long, env, hide_env_values = true)]
    pub database_url: Option<SecretString>,
    /// A file that holds DATABASE_URL
    #[arg(long, env, value_parser = settings::file_path())]
    pub database_url_file: Option<PathBuf>,
    /// Must not be set here: the owner role is for `migrate` alone
    #[arg(long, env, hide_env_values = true)]
    pub migration_database_url: Option<SecretString>,
    /// Must not be set here either
    #[arg(long, env, value_parser = settings::file_path())]
    pub migration_database_url_file: Option<PathBuf>,
    /// The most connections to PostgreSQL, shared out among the worker threads (one a core) with at least one for
    /// each; one more serves the health checks, one looks after
    /// the signing keys, and one sends mail
    #[arg(long, env, default_value = "16")]
    pub database_pool_size: NonZeroUsize,
    /// What stands between this service and PostgreSQL
    #[arg(long, env, value_enum, default_value_t = Pooler::None)]
    pub database_pooler: Pooler,
    /// The address to listen on; port 0 takes a free one
    #[arg(long, env, default_value = "127.0.0.1:8081")]
    pub bind: SocketAddr,
    /// How many clients may be connected
    #[command(flatten)]
    pub connection_limit: ConnectionLimit,
    /// The address of figures for Prometheus, at /metrics; without it there are none
    #[arg(long, env)]
    pub metrics_bind: Option<SocketAddr>,
    /// Where browsers reach this service; https here makes cookies `Secure`
    #[arg(long, env, default_value = "http://localhost:8081", value_parser = identity::base_url)]
    pub base_url: Url,
    /// Whether browsers are told to use https alone for a year (Strict-Transport-Security): off, for this host, or for
    /// its subdomains too [default: host if BASE_URL is https and its host is a domain other than localhost]
    #[arg(long, env, value_enum)]
    pub hsts: Option<Hsts>,
    /// Secrets of cookies, comma-separated: the first signs (32 bytes or more), all verify (16 or more)
    #[arg(long, env, hide_env_values = true)]
    pub auth_secrets: Option<SecretString>,
    /// A file that holds AUTH_SECRETS
    #[arg(long, env, value_parser = settings::file_path())]
    pub auth_secrets_file: Option<PathBuf>,
    /// Keys that encrypt private keys at rest, comma-separated, base64 of 32 bytes each: the first encrypts, all decrypt
    #[arg(long, env, hide_env_values = true)]
    pub key_encryption_keys: Option<SecretString>,
    /// A file that holds KEY_ENCRYPTION_KEYS
    #[arg(long, env, value_parser = settings::file_path())]
    pub key_encryption_keys_file: Option<PathBuf>,
    /// Origins whose pages may call with credentials, comma-separated, besides that of BASE_URL (under each of the names
    /// localhost, 127.0.0.1 and ::1 if it has one of them); `*` and `?` stand for any text and any character:
    /// https://*.example.com
    #[arg(long, env, default_value = "")]
    pub trusted_origins: OriginPatterns,
    /// Request headers that pages of these origins may send besides Authorization, Content-Type and those of tracing
    /// (traceparent, tracestate, baggage, sentry-trace); names separated by commas
    #[arg(long, env, default_value = "")]
    pub cors_allowed_headers: AllowedHeaders,
    /// What an account may be and do
    #[command(flatten)]
    pub accounts: AccountConfig,
    /// Which passwords may be chosen
    #[command(flatten)]
    pub passwords: PasswordConfig,
    /// Links in mail
    #[command(flatten)]
    pub links: LinkConfig,
    /// Sessions and their cookies
    #[command(flatten)]
    pub sessions: SessionConfig,
    /// Access tokens
    #[command(flatten)]
    pub tokens: TokenConfig,
    /// Signing keys
    #[command(flatten)]
    pub keys: KeyConfig,
    /// Mail
    #[command(flatten)]
    pub mail: MailConfig,
    /// bcrypt's cost, 4 to 31; below 10 only for tests
    #[arg(long, env, default_value = "12")]
    pub bcrypt_cost: Cost,
    /// How many passwords are hashed at once [default: one for each core]
    #[arg(long, env)]
    pub hash_concurrency: Option<NonZeroUsize>,
    /// Proxies that are believed about the client's address: addresses and CIDR ranges, comma-separated
    #[arg(long, env, default_value = "")]
    pub trusted_proxies: TrustedProxies,
    /// The headers in which they name it, comma-separated, such as cf-connecting-ip; the first that a request has decides
    #[arg(long, env, default_value = "x-forwarded-for")]
    pub client_address_headers: AddressHeaders,
    /// Whether requests, wrong passwords and mail are limited; false only for tests and where something in front does it
    #[arg(long, env, default_value = "true", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub rate_limit_enabled: bool,
    /// Paths and their limits
    #[command(flatten)]
    pub routes: RouteConfig,
    /// How log lines look
    #[arg(long, env, value_enum, default_value = "text")]
    pub log_format: LogFormat,
    /// How long /readyz answers 503 before the socket closes, for load balancers to notice
    #[arg(long, env, default_value = "0s", value_parser = settings::duration)]
    pub shutdown_delay: Duration,
}

/// The settings of `migrate`.
#[derive(Debug, Clone, Args)]
pub struct MigrateConfig {
    /// PostgreSQL, database `auth`, as the owner role: postgres://auth_owner:...@host/auth
    #[arg(long, env, hide_env_values = true)]
    pub migration_database_url: Option<SecretString>,
    /// A file that holds MIGRATION_DATABASE_URL
    #[arg(long, env, value_parser = settings::file_path())]
    pub migration_database_url_file: Option<PathBuf>,
    /// How log lines look
    #[arg(long, env, value_enum, default_value = "text")]
    pub log_format: LogFormat,
}

impl MigrateConfig {
    /// The URL of the database, for the owner role.
    ///
    /// # Errors
    /// When it is not set.
    pub fn database_url(&self) -> Result<SecretString, SecretError> {
        let (value, file) =
            (self.migration_database_url.as_ref(), self.migration_database_url_file.as_deref());
        secret::resolve("MIGRATION_DATABASE_URL", value, file)
    }
}

impl Config {
    /// The URL of the database.
    ///
    /// # Errors
    /// When it is not set, or the owner's is set too.
    pub fn database_url(&self) -> Result<SecretString, SecretError> {
        let (owner, owner_file) =
            (self.migration_database_url.as_ref(), self.migration_database_url_file.as_deref());
        secret::ensure_unset("MIGRATION_DATABASE_URL", owner, owner_file)?;
        secret::resolve("DATABASE_URL", self.database_url.as_ref(), self.database_url_file.as_deref())
    }

    /// What signs cookies.
    ///
    /// # Errors
    /// When it is missing or weak.
    pub fn auth_secrets(&self) -> Result<AuthSecrets, SecretError> {
        let file = self.auth_secrets_file.as_deref();
        AuthSecrets::parse(&secret::resolve("AUTH_SECRETS", self.auth_secrets.as_ref(), file)?)
    }

    /// What encrypts private keys.
    ///
    /// # Errors
    /// When it is missing or malformed.
    pub fn key_encryption_keys(&self) -> Result<KeyEncryptionKeys, SecretError> {
        let file = self.key_encryption_keys_file.as_deref();
        let list = secret::resolve("KEY_ENCRYPTION_KEYS", self.key_encryption_keys.as_ref(), file)?;
        KeyEncryptionKeys::parse(&list)
    }
}

/// How long something lives: a second or more.
fn lifetime(text: &str) -> Result<SignedDuration, String> {
    match SignedDuration::try_from(settings::duration(text)?) {
        Ok(duration) if duration >= SignedDuration::from_secs(1) => Ok(duration),
        _ => Err("must be a second or more".to_owned()),
    }
}

/// How old something may get: nothing is an age too.
fn age(text: &str) -> Result<SignedDuration, String> {
    SignedDuration::try_from(settings::duration(text)?).map_err(|_| "is too long".to_owned())
}
