//! The settings: environment variables, or flags of the same name.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::settings_log::SettingsLog;
use clap::builder::RangedU64ValueParser;
use clap::{Args, Parser, Subcommand, value_parser};
use secrecy::SecretString;
use service_kit::cors::AllowedHeaders;
use service_kit::database::Pooler;
use service_kit::lifecycle::ConnectionLimit;
use service_kit::origins::OriginPatterns;
use service_kit::response_headers::Hsts;
use service_kit::secret::{self, SecretError};
use service_kit::settings::{duration, file_path, non_empty};
use service_kit::telemetry::LogFormat;
use shared_claims::{BuildError, SharedClock, Verifier, VerifierBuilder};
use url::Url;

const DATABASE_URL: &str = "DATABASE_URL";
const MIGRATION_DATABASE_URL: &str = "MIGRATION_DATABASE_URL";

/// Latchkey's task service: tasks of users, kept apart by PostgreSQL itself.
#[derive(Debug, Parser)]
#[command(name = "task-service", version)]
pub struct Cli {
    /// What to do; `serve` if nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to do it.
    #[command(flatten)]
    pub settings: Settings,
}

/// What the binary can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Serve requests until SIGTERM or SIGINT (the default)
    Serve,
    /// Check the settings of `serve`
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Bring the database's schema up to date, as the role that owns it, and end; waits up to 30 s for a database that is
    /// not up yet
    Migrate,
    /// Ask the service that runs at BIND whether it is ready; the exit code is the answer
    Healthcheck,
}

/// What `config` can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum ConfigCommand {
    /// Report the first invalid setting, as a start would, without connecting to the database
    Check,
}

/// Every setting of the service. Durations are written like `90s`, `15m` or `1h 30m`.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// PostgreSQL URL for the role tasks_service
    #[arg(long, env = DATABASE_URL, hide_env_values = true)]
    database_url: Option<SecretString>,
    /// File that holds DATABASE_URL, in its place
    #[arg(long, env = "DATABASE_URL_FILE", value_parser = file_path())]
    database_url_file: Option<PathBuf>,
    /// PostgreSQL URL for the role tasks_owner; for `migrate` alone, `serve` refuses to start with it
    #[arg(long, env = MIGRATION_DATABASE_URL, hide_env_values = true)]
    migration_database_url: Option<SecretString>,
    /// File that holds MIGRATION_DATABASE_URL, in its place
    #[arg(long, env = "MIGRATION_DATABASE_URL_FILE", value_parser = file_path())]
    migration_database_url_file: Option<PathBuf>,
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, env = "BIND", default_value = "127.0.0.1:8082")]
    pub bind: SocketAddr,
    /// Address and port of figures for Prometheus, at /metrics; without it there are none
    #[arg(long, env = "METRICS_BIND")]
    pub metrics_bind: Option<SocketAddr>,
    /// Most connections to PostgreSQL, shared out among the worker threads (one a core) with at least two for each;
    /// one more serves the health checks
    #[arg(long, env = "DATABASE_POOL_SIZE", default_value_t = 16,
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=1000))]
    pub database_pool_size: usize,
    /// What stands between this service and PostgreSQL
    #[arg(long, env = "DATABASE_POOLER", value_enum, default_value_t = Pooler::None)]
    pub database_pooler: Pooler,
    /// How many clients may be connected
    #[command(flatten)]
    pub connection_limit: ConnectionLimit,
    /// Maximum number of tasks per user
    #[arg(long, env = "TASK_QUOTA", default_value_t = 100_000, value_parser = value_parser!(u32).range(1..))]
    pub task_quota: u32,
    /// Maximum requests per user and minute, counted by each replica separately; 0 disables the limit
    #[arg(long, env = "REQUESTS_PER_MINUTE", default_value_t = 1200, value_parser = value_parser!(i32).range(0..))]
    pub requests_per_minute: i32,
    /// Maximum time PostgreSQL may spend on one list or search; at most 8s
    #[arg(long, env = "LIST_TIMEOUT", default_value = "3s", value_parser = list_timeout)]
    pub list_timeout: Duration,
    /// How log lines look
    #[arg(long, env = "LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// How long to go on serving after SIGTERM with /readyz at 503, so that a load balancer notices
    #[arg(long, env = "SHUTDOWN_DELAY", default_value = "0s", value_parser = duration)]
    pub shutdown_delay: Duration,
    /// The `iss` of the tokens to trust: auth-service's JWT_ISSUER, or its BASE_URL in any spelling (required)
    #[arg(long, env = "AUTH_ISSUER")]
    auth_issuer: Option<String>,
    /// The `aud` of the tokens to trust: auth-service's JWT_AUDIENCE [default: AUTH_ISSUER]
    #[arg(long, env = "AUTH_AUDIENCE")]
    auth_audience: Option<String>,
    /// Where the signing keys are published, as reached from here [default: AUTH_ISSUER/.well-known/jwks.json]
    #[arg(long, env = "JWKS_URL")]
    jwks_url: Option<String>,
    /// The `typ` of the tokens to trust
    #[arg(long, env = "JWT_TYP", default_value = "at+jwt")]
    jwt_typ: String,
    /// How far auth-service's clock and this one may be apart
    #[arg(long, env = "CLOCK_SKEW", default_value = "30s", value_parser = duration)]
    clock_skew: Duration,
    /// Time between two fetches of the signing keys
    #[arg(long, env = "JWKS_REFRESH_INTERVAL", default_value = "5m", value_parser = duration)]
    jwks_refresh_interval: Duration,
    /// Least time between two fetches, also after a failure or an unknown key; the first keys are retried sooner
    #[arg(long, env = "JWKS_COOLDOWN", default_value = "10s", value_parser = duration)]
    jwks_cooldown: Duration,
    /// How long the last fetched keys are trusted while auth-service is away
    #[arg(long, env = "JWKS_MAX_AGE", default_value = "24h", value_parser = duration)]
    jwks_max_age: Duration,
    /// Whether tokens that were revoked are looked for, in the status lists of auth-service
    #[arg(long, env = "STATUS_LIST_CHECK", default_value_t = true, action = clap::ArgAction::Set)]
    status_list_check: bool,
    /// Where the status lists are published, as reached from here [default: AUTH_ISSUER/.well-known/status-lists]
    #[arg(long, env = "STATUS_LIST_URL")]
    status_list_url: Option<String>,
    /// What tokens call the status lists [default: AUTH_ISSUER/.well-known/status-lists]
    #[arg(long, env = "STATUS_LIST_PREFIX")]
    status_list_prefix: Option<String>,
    /// Longest time between two fetches of a status list: how soon a revoked token is refused
    #[arg(long, env = "STATUS_LIST_INTERVAL", default_value = "1s", value_parser = duration)]
    status_list_interval: Duration,
    /// How long the last fetched status list is trusted while auth-service is away; at least the life of a token and
    /// CLOCK_SKEW, or tokens that are out stop working before they expire
    #[arg(long, env = "STATUS_LIST_MAX_STALE", default_value = "15m 30s", value_parser = duration)]
    status_list_max_stale: Duration,
    /// Origins of the web pages that may call this service, separated by commas; `*` and `?` stand for any text and any
    /// character: https://*.example.com
    #[arg(long, env = "CORS_ORIGINS", default_value = "")]
    pub cors_origins: OriginPatterns,
    /// Whether browsers are told to use https alone for a year (Strict-Transport-Security): off, for this host, or for
    /// its subdomains too [default: host if AUTH_ISSUER is https and its host is a domain other than localhost]
    #[arg(long, env = "HSTS", value_enum)]
    hsts: Option<Hsts>,
    /// Request headers that these pages may send besides Authorization, Content-Type and those of tracing (traceparent,
    /// tracestate, baggage, sentry-trace); names separated by commas
    #[arg(long, env = "CORS_ALLOWED_HEADERS", default_value = "")]
    pub cors_allowed_headers: AllowedHeaders,
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
