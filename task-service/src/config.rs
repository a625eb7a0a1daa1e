//! The settings: environment variables, or flags of the same name.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::settings_log::SettingsLog;
use clap::builder::RangedU64ValueParser;
use clap::{Args, Parser, Subcommand, value_parser};
use secrecy::SecretString;
use service_kit::cors::AllowedHeaders;
use service_kit::database::{MigrateOptions, Pooler};
use service_kit::ip_ranges::IpRanges;
use service_kit::lifecycle::ConnectionLimit;
use service_kit::origins::OriginPatterns;
use service_kit::response_headers::Hsts;
use service_kit::secret::{self, SecretError};
use service_kit::settings::{duration, file_path, non_empty};
use service_kit::telemetry::LogFormat;
use service_kit::traces::TraceSettings;
use service_kit::webhooks::WebhookSecrets;
use shared_claims::{BuildError, SharedClock, Verifier, VerifierBuilder};
use url::Url;

const DATABASE_URL: &str = "DATABASE_URL";
const MIGRATION_DATABASE_URL: &str = "MIGRATION_DATABASE_URL";
const WEBHOOK_SECRET: &str = "WEBHOOK_SECRET";

// The headings of `--help`, which are those of docs/CONFIGURATION.md.
const DATABASE: &str = "Database";
const NETWORK: &str = "Network";
const TOKENS: &str = "Access tokens";
const KEYS: &str = "Signing keys";
const REVOCATION: &str = "Revocation";
const ORIGINS: &str = "Origins of pages";
const LIMITS: &str = "Limits per user";
const WEBHOOKS: &str = "Webhooks";
const LOGS: &str = "Logs";

/// Latchkey's task service: tasks of users, isolated by PostgreSQL's row-level security
#[derive(Debug, Parser)]
#[command(name = "task-service", version)]
pub struct Cli {
    /// The command to run. The default is `serve`.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The settings of all commands.
    #[command(flatten)]
    pub settings: Settings,
}

/// The commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Serve requests until SIGTERM or SIGINT (the default)
    Serve,
    /// Check the settings of `serve`
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Migrate the schema of the database, as the role that owns it
    ///
    /// Waits up to 30 s for a database that is not up yet.
    Migrate(MigrateOptions),
    /// Check that the service at BIND is ready, and report it by the exit code
    Healthcheck,
}

/// The commands of `config`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum ConfigCommand {
    /// Report the first setting that would prevent a start, without connecting to the database
    Check,
}

/// Every setting of the service. Durations are written like `90s`, `15m` or `1h 30m`.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// PostgreSQL URL for the service role: `postgres://tasks_service:...@host/tasks` (required)
    ///
    /// Names the database `tasks`. The service refuses to start with a role that has more rights. `sslmode` and
    /// `sslrootcert` are supported.
    #[arg(long, help_heading = DATABASE, env = DATABASE_URL, hide_env_values = true)]
    database_url: Option<SecretString>,
    /// File that contains DATABASE_URL
    #[arg(long, help_heading = DATABASE, env = "DATABASE_URL_FILE", value_parser = file_path())]
    database_url_file: Option<PathBuf>,
    /// PostgreSQL URL for the owner role, tasks_owner; for `migrate` only
    ///
    /// Names the same database as DATABASE_URL. `serve` refuses to start if it is set.
    #[arg(long, help_heading = DATABASE, env = MIGRATION_DATABASE_URL, hide_env_values = true)]
    migration_database_url: Option<SecretString>,
    /// File that contains MIGRATION_DATABASE_URL
    #[arg(long, help_heading = DATABASE, env = "MIGRATION_DATABASE_URL_FILE", value_parser = file_path())]
    migration_database_url_file: Option<PathBuf>,
    /// IP address and port to listen on; port 0 picks a free one
    #[arg(long, help_heading = NETWORK, env = "BIND", default_value = "127.0.0.1:8082")]
    pub bind: SocketAddr,
    /// IP address and port that serve metrics for Prometheus, at /metrics
    ///
    /// Without it no metrics are collected.
    #[arg(long, help_heading = NETWORK, env = "METRICS_BIND")]
    pub metrics_bind: Option<SocketAddr>,
    /// Maximum number of database connections for requests
    ///
    /// Shared out among the worker threads (one per core), with at least two for each. One more connection serves the
    /// health checks.
    #[arg(long, help_heading = DATABASE, env = "DATABASE_POOL_SIZE", default_value_t = 16,
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=1000))]
    pub database_pool_size: usize,
    /// Connection pooler between this service and PostgreSQL
    ///
    /// `transaction` if a pooler in transaction mode, such as PgBouncer, is in use.
    #[arg(long, help_heading = DATABASE, env = "DATABASE_POOLER", value_enum, default_value_t = Pooler::None)]
    pub database_pooler: Pooler,
    /// Number of client connections
    #[command(flatten, next_help_heading = NETWORK)]
    pub connection_limit: ConnectionLimit,
    /// Maximum number of tasks per user
    #[arg(long, help_heading = LIMITS, env = "TASK_QUOTA", default_value_t = 100_000, value_parser = value_parser!(u32).range(1..))]
    pub task_quota: u32,
    /// Maximum requests per user and minute, counted by each replica separately; 0 disables the limit
    #[arg(long, help_heading = LIMITS, env = "REQUESTS_PER_MINUTE", default_value_t = 1200, value_parser = value_parser!(i32).range(0..))]
    pub requests_per_minute: i32,
    /// Maximum time PostgreSQL may spend on one list or search, 1ms to 8s
    #[arg(long, help_heading = LIMITS, env = "LIST_TIMEOUT", default_value = "3s", value_parser = list_timeout)]
    pub list_timeout: Duration,
    /// Format of log lines
    #[arg(long, help_heading = LOGS, env = "LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// Traces
    #[command(flatten, next_help_heading = "Traces")]
    pub traces: TraceSettings,
    /// Proxies whose traceparent is trusted, comma-separated IP addresses and CIDR ranges
    #[arg(long, help_heading = NETWORK, env = "TRUSTED_PROXIES", default_value = "")]
    pub trusted_proxies: IpRanges,
    /// Time for which /readyz answers 503 before the listener closes at shutdown
    ///
    /// It lets load balancers notice before connections are refused.
    #[arg(long, help_heading = NETWORK, env = "SHUTDOWN_DELAY", default_value = "0s", value_parser = duration)]
    pub shutdown_delay: Duration,
    /// `iss` claim of accepted tokens: JWT_ISSUER of auth-service, or its BASE_URL (required)
    ///
    /// A URL is accepted as written and in its canonical spelling, so the value of BASE_URL works however it is
    /// spelled.
    #[arg(long, help_heading = TOKENS, env = "AUTH_ISSUER")]
    auth_issuer: Option<String>,
    /// `aud` claim of accepted tokens: JWT_AUDIENCE of auth-service [default: AUTH_ISSUER]
    #[arg(long, help_heading = TOKENS, env = "AUTH_AUDIENCE")]
    auth_audience: Option<String>,
    /// URL of the JWKS, as reached from this service [default: AUTH_ISSUER/.well-known/jwks.json]
    #[arg(long, help_heading = KEYS, env = "JWKS_URL")]
    jwks_url: Option<String>,
    /// `typ` header of accepted tokens
    #[arg(long, help_heading = TOKENS, env = "JWT_TYP", default_value = "at+jwt")]
    jwt_typ: String,
    /// Maximum difference between the clocks of auth-service and this service
    #[arg(long, help_heading = TOKENS, env = "CLOCK_SKEW", default_value = "30s", value_parser = duration)]
    pub clock_skew: Duration,
    /// Time between two fetches of the JWKS
    #[arg(long, help_heading = KEYS, env = "JWKS_REFRESH_INTERVAL", default_value = "5m", value_parser = duration)]
    jwks_refresh_interval: Duration,
    /// Minimum time between two fetches of the JWKS, also after a failure or an unknown key
    ///
    /// The first keys are retried sooner.
    #[arg(long, help_heading = KEYS, env = "JWKS_COOLDOWN", default_value = "10s", value_parser = duration)]
    jwks_cooldown: Duration,
    /// Time for which the last fetched keys are trusted while auth-service is unavailable
    #[arg(long, help_heading = KEYS, env = "JWKS_MAX_AGE", default_value = "24h", value_parser = duration)]
    jwks_max_age: Duration,
    /// Refuses revoked tokens before they expire
    #[arg(long, help_heading = REVOCATION, env = "STATUS_LIST_CHECK", default_value_t = true, action = clap::ArgAction::Set)]
    status_list_check: bool,
    /// URL of the status lists, as reached from this service [default: AUTH_ISSUER/.well-known/status-lists]
    #[arg(long, help_heading = REVOCATION, env = "STATUS_LIST_URL")]
    status_list_url: Option<String>,
    /// URL prefix of the status lists in tokens [default: AUTH_ISSUER/.well-known/status-lists]
    #[arg(long, help_heading = REVOCATION, env = "STATUS_LIST_PREFIX")]
    status_list_prefix: Option<String>,
    /// Maximum time between two fetches of a status list
    ///
    /// It determines how soon a revoked token is refused.
    #[arg(long, help_heading = REVOCATION, env = "STATUS_LIST_INTERVAL", default_value = "1s", value_parser = duration)]
    status_list_interval: Duration,
    /// Time for which the last fetched status list is trusted while auth-service is unavailable
    ///
    /// Must be at least the lifetime of a token plus CLOCK_SKEW. Otherwise valid tokens are refused during an outage
    /// before they expire.
    #[arg(long, help_heading = REVOCATION, env = "STATUS_LIST_MAX_STALE", default_value = "15m 30s", value_parser = duration)]
    status_list_max_stale: Duration,
    /// Origins of pages that may call this service, comma-separated, such as `https://*.example.com`
    ///
    /// `*` matches any text and `?` any character.
    #[arg(long, help_heading = ORIGINS, env = "CORS_ORIGINS", default_value = "")]
    pub cors_origins: OriginPatterns,
    /// Strict-Transport-Security header, which makes browsers use https only for a year [default: host if AUTH_ISSUER
    /// is https, else off]
    ///
    /// `host` covers this host, `include-subdomains` its subdomains too. The default is off for localhost and for IP
    /// addresses.
    #[arg(long, help_heading = NETWORK, env = "HSTS", value_enum)]
    hsts: Option<Hsts>,
    /// Request headers that pages of these origins may send, comma-separated
    ///
    /// Authorization, Content-Type and the headers of tracing (traceparent, tracestate, baggage, sentry-trace) are
    /// always allowed.
    #[arg(long, help_heading = ORIGINS, env = "CORS_ALLOWED_HEADERS", default_value = "")]
    pub cors_allowed_headers: AllowedHeaders,
    /// Secrets that sign the webhooks of auth-service, comma-separated: its WEBHOOK_SECRET
    ///
    /// With it, POST /webhooks/auth-service deletes the tasks of deleted users. All secrets of the list are accepted.
    #[arg(long, help_heading = WEBHOOKS, env = WEBHOOK_SECRET, hide_env_values = true)]
    webhook_secret: Option<SecretString>,
    /// File that contains WEBHOOK_SECRET
    #[arg(long, help_heading = WEBHOOKS, env = "WEBHOOK_SECRET_FILE", value_parser = file_path())]
    webhook_secret_file: Option<PathBuf>,
}

/// PostgreSQL counts in milliseconds and takes 0 for "no limit". A search may also wait for twice this time before it
/// runs ([`crate::search_slots`]), and both must fit into the 30 s that a request may take.
fn list_timeout(text: &str) -> Result<Duration, String> {
    let timeout = duration(text)?;
    let allowed = Duration::from_millis(1)..=Duration::from_secs(8);
    if allowed.contains(&timeout) { Ok(timeout) } else { Err("must be from 1ms to 8s".to_owned()) }
}

/// A setting that cannot work. Its text is one line that names the variable and never shows a secret.
#[derive(Debug, thiserror::Error)]
pub enum SettingError {
    /// A database URL is missing, given twice, or in a file that cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A value that is needed is not there.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// A value breaks a rule.
    #[error("{name}: {rule}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// The rule it breaks.
        rule: String,
    },
}

impl Settings {
    /// The URL that `serve` connects with.
    ///
    /// # Errors
    /// When it is missing, or the migrations' URL is there too: a running service must not hold the owner's password.
    pub fn database_url(&self) -> Result<SecretString, SettingError> {
        let (owner, owner_file) = (&self.migration_database_url, &self.migration_database_url_file);
        secret::ensure_unset(MIGRATION_DATABASE_URL, owner.as_ref(), owner_file.as_deref())?;
        Ok(secret::resolve(DATABASE_URL, self.database_url.as_ref(), self.database_url_file.as_deref())?)
    }

    /// The URL that `migrate` connects with, and the name of its variable.
    ///
    /// # Errors
    /// When it is missing.
    pub fn migration_database_url(&self) -> Result<(&'static str, SecretString), SettingError> {
        let (value, file) = (&self.migration_database_url, &self.migration_database_url_file);
        let url = secret::resolve(MIGRATION_DATABASE_URL, value.as_ref(), file.as_deref())?;
        Ok((MIGRATION_DATABASE_URL, url))
    }

    /// The secrets of webhooks, or `None` if none is set.
    ///
    /// # Errors
    /// When they are given twice or malformed.
    pub fn webhook_secrets(&self) -> Result<Option<WebhookSecrets>, SettingError> {
        let (value, file) = (self.webhook_secret.as_ref(), self.webhook_secret_file.as_deref());
        match secret::resolve(WEBHOOK_SECRET, value, file) {
            Ok(secrets) => Ok(Some(WebhookSecrets::parse(WEBHOOK_SECRET, &secrets)?)),
            Err(SecretError::Missing(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether browsers are told to use https alone. A deployment whose auth-service is reached by https is assumed to be
    /// so as a whole; over plain HTTP browsers ignore the header.
    pub fn hsts(&self) -> Hsts {
        let issuer = non_empty(&self.auth_issuer).and_then(|issuer| Url::parse(issuer).ok());
        self.hsts.or_else(|| issuer.as_ref().map(Hsts::of)).unwrap_or(Hsts::Off)
    }

    /// The verifier of the tokens. It fetches the signing keys in the background from now on.
    ///
    /// # Errors
    /// When AUTH_ISSUER is missing or a value cannot work.
    pub fn verifier(&self, clock: SharedClock) -> Result<Verifier, SettingError> {
        let issuer = non_empty(&self.auth_issuer).ok_or(SettingError::Missing("AUTH_ISSUER"))?;
        let audience = non_empty(&self.auth_audience).unwrap_or(issuer);
        let mut builder = Verifier::builder(issuer, audience)
            .token_type(&self.jwt_typ)
            .clock_skew(self.clock_skew)
            .refresh_interval(self.jwks_refresh_interval)
            .cooldown(self.jwks_cooldown)
            .max_age(self.jwks_max_age)
            .clock(clock)
            .diagnostics(SettingsLog)
            .compare_settings();
        if let Some(url) = non_empty(&self.jwks_url) {
            builder = builder.jwks_url(url);
        }
        self.status_lists(builder).build().map_err(|error| self.refused(error))
    }

    fn status_lists(&self, builder: VerifierBuilder) -> VerifierBuilder {
        if !self.status_list_check {
            return builder.without_status_lists();
        }
        let mut builder =
            builder.status_interval(self.status_list_interval).max_stale(self.status_list_max_stale);
        if let Some(url) = non_empty(&self.status_list_url) {
            builder = builder.status_list_url(url);
        }
        if let Some(prefix) = non_empty(&self.status_list_prefix) {
            builder = builder.status_list_prefix(prefix);
        }
        builder
    }

    /// The verifier's settings under the names they have here.
    fn refused(&self, error: BuildError) -> SettingError {
        let (setting, rule) = match error {
            BuildError::Setting { setting, rule } => (setting, rule.to_owned()),
            BuildError::Url { setting, source } => (setting, source.to_string()),
            other => ("", other.to_string()),
        };
        let or_issuer = |name, value| if non_empty(value).is_some() { name } else { "AUTH_ISSUER" };
        let name = match setting {
            "issuer" => "AUTH_ISSUER",
            "audience" => "AUTH_AUDIENCE",
            "token_type" => "JWT_TYP",
            "clock_skew" => "CLOCK_SKEW",
            "refresh_interval" => "JWKS_REFRESH_INTERVAL",
            "cooldown" => "JWKS_COOLDOWN",
            "max_age" => "JWKS_MAX_AGE",
            "status_list_url" => or_issuer("STATUS_LIST_URL", &self.status_list_url),
            "status_list_prefix" => or_issuer("STATUS_LIST_PREFIX", &self.status_list_prefix),
            "status_interval" => "STATUS_LIST_INTERVAL",
            "max_stale" => "STATUS_LIST_MAX_STALE",
            _ => or_issuer("JWKS_URL", &self.jwks_url),
        };
        SettingError::Invalid { name, rule }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }
}
