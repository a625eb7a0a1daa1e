//! Every setting: an environment variable with a default, or an error that names it.

mod accounts;
mod email_sign_in;
mod identity;
mod keys;
mod links;
mod mail;
mod passwords;
mod routes;
mod second_factors;
mod sessions;
mod social;
mod tokens;
mod usernames;
mod weaknesses;
mod webhooks;

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args};
use jiff::SignedDuration;
use secrecy::SecretString;
use service_kit::cors::AllowedHeaders;
use service_kit::database::{MigrateOptions, Pooler};
use service_kit::lifecycle::ConnectionLimit;
use service_kit::response_headers::Hsts;
use service_kit::secret::{self, SecretError};
use service_kit::settings;
use service_kit::telemetry::LogFormat;
use service_kit::traces::TraceSettings;
use url::Url;

pub use self::accounts::{AccountConfig, MailNeeded};
pub use self::email_sign_in::EmailSignInConfig;
pub use self::identity::{PublicCredentials, base_url};
pub use self::keys::KeyConfig;
pub use self::links::{LinkConfig, PolledTooLate};
pub use self::mail::{MailConfig, MailError};
pub use self::passwords::{NoPasswordFits, PasswordConfig};
pub use self::routes::{RouteConfig, UnknownPath};
pub use self::second_factors::{NoRoles, SecondFactorConfig};
pub use self::sessions::{CookieError, SessionConfig};
pub use self::social::SocialConfig;
pub use self::tokens::{InvalidClaim, TokenConfig};
pub use self::usernames::{UsernameConfig, UsernameConfigError};
pub use self::webhooks::{WebhookConfig, WebhookError};
use crate::client_address::{AddressHeaders, TrustedProxies};
use crate::keys::KeyEncryptionKeys;
use crate::protocol::auth_secrets::AuthSecrets;
use service_kit::origins::OriginPatterns;

// The headings of `--help`, which are those of docs/CONFIGURATION.md.
const DATABASE: &str = "Database";
const NETWORK: &str = "Network";
const SECRETS: &str = "Secrets";
const ORIGINS: &str = "Origins of pages";
const LIMITS: &str = "Rate limits and paths";
const LOGS: &str = "Logs";

/// The settings of `serve`.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// PostgreSQL URL for the service role: `postgres://auth_service:...@host/auth` (required)
    ///
    /// Names the database `auth`. `sslmode` and `sslrootcert` are supported.
    #[arg(long, help_heading = DATABASE, env, hide_env_values = true)]
    pub database_url: Option<SecretString>,
    /// File that contains DATABASE_URL
    #[arg(long, help_heading = DATABASE, env, value_parser = settings::file_path())]
    pub database_url_file: Option<PathBuf>,
    /// Not allowed for `serve`, which refuses to start if it is set
    ///
    /// The owner role is for `migrate` only.
    #[arg(long, help_heading = DATABASE, env, hide_env_values = true)]
    pub migration_database_url: Option<SecretString>,
    /// Not allowed for `serve` either
    #[arg(long, help_heading = DATABASE, env, value_parser = settings::file_path())]
    pub migration_database_url_file: Option<PathBuf>,
    /// Maximum number of database connections for requests
    ///
    /// Shared out among the worker threads (one per core), with at least one for each. One more connection serves the
    /// health checks, and five more serve the signing keys, the status lists, the mail and the webhooks.
    #[arg(long, help_heading = DATABASE, env, default_value = "16")]
    pub database_pool_size: NonZeroUsize,
    /// Connection pooler between this service and PostgreSQL
    ///
    /// `transaction` if a pooler in transaction mode, such as PgBouncer, is in use.
    #[arg(long, help_heading = DATABASE, env, value_enum, default_value_t = Pooler::None)]
    pub database_pooler: Pooler,
    /// IP address and port to listen on; port 0 picks a free one
    #[arg(long, help_heading = NETWORK, env, default_value = "127.0.0.1:8081")]
    pub bind: SocketAddr,
    /// Number of client connections
    #[command(flatten, next_help_heading = NETWORK)]
    pub connection_limit: ConnectionLimit,
    /// IP address and port that serve metrics for Prometheus, at /metrics
    ///
    /// Without it no metrics are collected.
    #[arg(long, help_heading = NETWORK, env)]
    pub metrics_bind: Option<SocketAddr>,
    /// URL at which browsers reach this service, without /api/auth
    ///
    /// An https URL makes cookies `Secure`. Must not contain a user name or password.
    #[arg(long, help_heading = NETWORK, env, default_value = "http://localhost:8081", value_parser = identity::base_url)]
    pub base_url: Url,
    /// Strict-Transport-Security header, which makes browsers use https only for a year [default: host if BASE_URL is
    /// https, else off]
    ///
    /// `host` covers this host, `include-subdomains` its subdomains too. The default is off for localhost and for IP
    /// addresses.
    #[arg(long, help_heading = NETWORK, env, value_enum)]
    pub hsts: Option<Hsts>,
    /// Secrets that sign cookies, comma-separated (required)
    ///
    /// The first one signs and needs 32 bytes or more. All of them verify; the others need 16 bytes or more.
    #[arg(long, help_heading = SECRETS, env, hide_env_values = true)]
    pub auth_secrets: Option<SecretString>,
    /// File that contains AUTH_SECRETS
    #[arg(long, help_heading = SECRETS, env, value_parser = settings::file_path())]
    pub auth_secrets_file: Option<PathBuf>,
    /// Keys that encrypt private keys at rest, comma-separated, 32 bytes each in base64 (required)
    ///
    /// The first one encrypts. All of them decrypt.
    #[arg(long, help_heading = SECRETS, env, hide_env_values = true)]
    pub key_encryption_keys: Option<SecretString>,
    /// File that contains KEY_ENCRYPTION_KEYS
    #[arg(long, help_heading = SECRETS, env, value_parser = settings::file_path())]
    pub key_encryption_keys_file: Option<PathBuf>,
    /// Origins of pages that may send requests with credentials, comma-separated, such as `https://*.example.com`
    ///
    /// `http://localhost:*` and `myapp://` are other examples. `*` matches any text and `?` any character. The origin
    /// of BASE_URL is always trusted. If its host is localhost, 127.0.0.1 or ::1, it is trusted under all three names.
    #[arg(long, help_heading = ORIGINS, env, default_value = "")]
    pub trusted_origins: OriginPatterns,
    /// Request headers that pages of trusted origins may send, comma-separated
    ///
    /// Authorization, Content-Type and the headers of tracing (traceparent, tracestate, baggage, sentry-trace) are
    /// always allowed.
    #[arg(long, help_heading = ORIGINS, env, default_value = "")]
    pub cors_allowed_headers: AllowedHeaders,
    /// Accounts
    #[command(flatten, next_help_heading = "Accounts")]
    pub accounts: AccountConfig,
    /// Usernames
    #[command(flatten, next_help_heading = "Usernames")]
    pub usernames: UsernameConfig,
    /// New passwords
    #[command(flatten, next_help_heading = passwords::HEADING)]
    pub passwords: PasswordConfig,
    /// Links in mail
    #[command(flatten, next_help_heading = "Links in mail")]
    pub links: LinkConfig,
    /// Sessions and cookies
    #[command(flatten, next_help_heading = "Sign-in by email")]
    pub email_sign_in: EmailSignInConfig,
    /// Sessions
    #[command(flatten, next_help_heading = "Sessions")]
    pub sessions: SessionConfig,
    /// Second factors
    #[command(flatten, next_help_heading = "Second factors")]
    pub second_factors: SecondFactorConfig,
    /// Sign-in with identity providers
    #[command(flatten, next_help_heading = "Identity providers")]
    pub social: SocialConfig,
    /// Access tokens
    #[command(flatten, next_help_heading = "Access tokens")]
    pub tokens: TokenConfig,
    /// Signing keys
    #[command(flatten, next_help_heading = "Signing keys")]
    pub keys: KeyConfig,
    /// Mail
    #[command(flatten, next_help_heading = "Mail")]
    pub mail: MailConfig,
    /// Webhooks
    #[command(flatten, next_help_heading = "Webhooks")]
    pub webhooks: WebhookConfig,
    /// Number of threads that hash passwords, each up to two at a time [default: one per core]
    #[arg(long, help_heading = passwords::HEADING, env)]
    pub hash_concurrency: Option<NonZeroUsize>,
    /// Proxies whose X-Forwarded-For and traceparent are trusted, comma-separated IP addresses and CIDR ranges
    #[arg(long, help_heading = NETWORK, env, default_value = "")]
    pub trusted_proxies: TrustedProxies,
    /// Headers in which trusted proxies name the client, comma-separated, such as cf-connecting-ip
    ///
    /// The first one that a request has is used.
    #[arg(long, help_heading = NETWORK, env, default_value = "x-forwarded-for")]
    pub client_address_headers: AddressHeaders,
    /// Limits requests, wrong passwords and mail
    ///
    /// false is for tests, and for deployments that limit requests in front of this service.
    #[arg(long, help_heading = LIMITS, env, default_value = "true", action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub rate_limit_enabled: bool,
    /// Rate limits and paths
    #[command(flatten, next_help_heading = LIMITS)]
    pub routes: RouteConfig,
    /// Format of log lines
    #[arg(long, help_heading = LOGS, env, value_enum, default_value = "text")]
    pub log_format: LogFormat,
    /// Traces
    #[command(flatten, next_help_heading = "Traces")]
    pub traces: TraceSettings,
    /// Time for which /readyz answers 503 before the listener closes at shutdown
    ///
    /// It lets load balancers notice before connections are refused.
    #[arg(long, help_heading = NETWORK, env, default_value = "0s", value_parser = settings::duration)]
    pub shutdown_delay: Duration,
}

/// The settings of `migrate`.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Migration")]
pub struct MigrateConfig {
    /// PostgreSQL URL for the owner role: `postgres://auth_owner:...@host/auth` (required)
    ///
    /// Names the same database as DATABASE_URL.
    #[arg(long, env, hide_env_values = true)]
    pub migration_database_url: Option<SecretString>,
    /// File that contains MIGRATION_DATABASE_URL
    #[arg(long, env, value_parser = settings::file_path())]
    pub migration_database_url_file: Option<PathBuf>,
    /// Format of log lines
    #[arg(long, env, value_enum, default_value = "text")]
    pub log_format: LogFormat,
    /// What to do with a schema that is newer.
    #[command(flatten)]
    pub options: MigrateOptions,
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
    /// Rejects user names and passwords in URLs that everybody sees.
    ///
    /// # Errors
    /// The setting that has them.
    pub fn check_identity(&self) -> Result<(), PublicCredentials> {
        identity::check(&self.base_url, self.tokens.jwt_issuer.as_deref())
    }

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
pub(crate) fn lifetime(text: &str) -> Result<SignedDuration, String> {
    match SignedDuration::try_from(settings::duration(text)?) {
        Ok(duration) if duration >= SignedDuration::from_secs(1) => Ok(duration),
        _ => Err("must be a second or more".to_owned()),
    }
}

/// How old something may get: nothing is an age too.
fn age(text: &str) -> Result<SignedDuration, String> {
    SignedDuration::try_from(settings::duration(text)?).map_err(|_| "is too long".to_owned())
}
