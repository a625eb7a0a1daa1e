//! Connection URLs of PostgreSQL.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::config::{LoadBalanceHosts, SslMode, TargetSessionAttrs};
use tokio_postgres::{Client, Config};
use url::form_urlencoded;

use super::connect::Connector;
use super::error::DatabaseError;
use super::pool::{Pool, Timeouts};
use super::pooler::Pooler;
use super::tls::Tls;
use crate::store::StoreError;
use crate::workers;

/// TCP keepalive: when the first probe is sent on an idle connection, the time between probes, and how many may fail. A
/// dead peer is detected within half a minute even if nothing is sent.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(15);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
const KEEPALIVE_RETRIES: u32 = 3;
/// Maximum time that sent data may stay unacknowledged: about as long as a request waits for a result.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum duration of one connection attempt, including TLS and login. Shorter with several hosts, so that the next one is
/// tried within [`CREATE_TIMEOUT`](super::pool): the first may accept connections and never respond.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
const ATTEMPT_TIMEOUT_OF_SEVERAL: Duration = Duration::from_millis(1500);

/// The name of the pools of all worker threads in the metrics.
const WORKER_POOLS: &str = "requests";

/// Parameters for other clients, which are ignored: `pgbouncer` (Prisma), `uselibpqcompat` (node-postgres), `supa` and
/// `workaround` (Supabase's integrations).
const IGNORED: [&str; 4] = ["pgbouncer", "uselibpqcompat", "supa", "workaround"];

/// Unsupported parameters, and what to do instead.
const UNSUPPORTED: [(&str, &str); 9] = [
    ("connection_limit", "set DATABASE_POOL_SIZE instead"),
    ("pool_timeout", "it cannot be changed"),
    ("statement_cache_size", "set DATABASE_POOLER=transaction if you use a transaction pooler"),
    ("schema", "set the search_path of the role instead"),
    ("sslcert", "client certificates are not supported: use a password"),
    ("sslkey", "client certificates are not supported: use a password"),
    ("sslpassword", "client certificates are not supported: use a password"),
    ("gssencmode", "GSSAPI is not supported"),
    ("load_balance_hosts", "hosts are tried in order"),
];

/// A parsed connection URL. Supports `sslmode=disable|prefer|require|verify-ca|verify-full` and `sslrootcert=<pem file>`.
/// With TLS the server's chain and name are always verified, so `require` is as strict as `verify-full`.
///
/// The URL may list several hosts, separated by commas. A connection goes to the first that accepts writes, or that has the
/// `target_session_attrs` of the URL.
#[derive(Clone)]
pub struct DatabaseUrl {
    pub(super) name: &'static str,
    pub(super) connector: Arc<Connector>,
    pub(super) pooler: Pooler,
}

impl DatabaseUrl {
    /// Parses the URL in the variable `name`. Connections have the application name `application` in PostgreSQL, unless the
    /// URL sets another.
    ///
    /// # Errors
    /// If it is not a PostgreSQL URL, a parameter is unsupported, or its certificates cannot be read.
    pub fn parse(
        name: &'static str,
        url: &SecretString,
        application: &'static str,
    ) -> Result<Self, DatabaseError> {
        let (url, parameters) = split_parameters(name, url.expose_secret())?;
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            DatabaseError::Url(name, cause.unwrap_or_else(|| error.to_string()))
        })?;
        config.ssl_mode(match parameters.ssl_mode.as_deref() {
            None | Some("prefer" | "allow") => SslMode::Prefer,
            Some("disable") => SslMode::Disable,
            Some("require" | "verify-ca" | "verify-full") => SslMode::Require,
            Some(other) => return Err(DatabaseError::Url(name, format!("unknown sslmode {other}"))),
        });
        complete(&mut config, &parameters, application);
        let tls = Tls::new(parameters.root_certificates.as_deref())?;
        let connector =
            Connector::new(config, tls).map_err(|reason| DatabaseError::Url(name, reason.to_owned()))?;
        // Unprepared statements work with and without a pooler. Callers that need more speed declare that there is none.
        Ok(Self { name, connector: Arc::new(connector), pooler: Pooler::Transaction })
    }

    /// Declares the pooler in front of the database.
    #[must_use]
    pub fn with_pooler(self, pooler: Pooler) -> Self {
        Self { pooler, ..self }
    }

    /// Creates the pool of one worker thread, with its share of `connections` and at least one.
    ///
    /// A connection is driven by the thread that opened it. With a pool per worker, queries need no thread switch, and
    /// connections live until the last request of their worker has finished. With a shared pool, a worker that stops
    /// early closes connections that requests of other workers still use.
    pub fn worker_pool(&self, connections: usize) -> Pool {
        let pool = self.pool((connections / workers::count()).max(1), Timeouts::REQUEST);
        #[expect(
            clippy::expect_used,
            reason = "only a pool without a runtime is refused, and this one has one"
        )]
        pool.expect("a pool with a runtime").measured(WORKER_POOLS)
    }

    /// Creates a pool of at most `size` connections. Does not connect yet.
    ///
    /// # Errors
    /// When the pool refuses its settings.
    pub fn pool(&self, size: usize, timeouts: Timeouts) -> Result<Pool, DatabaseError> {
        Pool::new(Arc::clone(&self.connector), self.pooler, size, timeouts)
    }

    /// Opens a connection outside of pools, without their time limits, e.g. to read a whole database. It is closed when the
    /// client is dropped.
    ///
    /// # Errors
    /// If the server is unreachable or rejects the login.
    pub async fn connect(&self) -> Result<Client, StoreError> {
        Ok(self.connector.open().await?)
    }
}

/// Sets defaults for everything that the URL does not set.
fn complete(config: &mut Config, parameters: &Parameters, application: &'static str) {
    if config.get_application_name().is_none() {
        config.application_name(application);
    }
    // The driver's default would accept a read-only server.
    if !parameters.names("target_session_attrs") {
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
    if !parameters.names("keepalives_idle") {
        config.keepalives_idle(KEEPALIVE_IDLE);
    }
    if !parameters.names("keepalives_interval") {
        config.keepalives_interval(KEEPALIVE_INTERVAL);
    }
    if !parameters.names("keepalives_retries") {
        config.keepalives_retries(KEEPALIVE_RETRIES);
    }
    if !parameters.names("tcp_user_timeout") {
        config.tcp_user_timeout(TCP_USER_TIMEOUT);
    }
    if !parameters.names("connect_timeout") {
        let several = config.get_hosts().len().max(config.get_hostaddrs().len()) > 1;
        config.connect_timeout(if several { ATTEMPT_TIMEOUT_OF_SEVERAL } else { ATTEMPT_TIMEOUT });
    }
    config.load_balance_hosts(LoadBalanceHosts::Disable);
}

/// The parameters of a URL that are interpreted here instead of by the driver.
#[derive(Default)]
struct Parameters {
    ssl_mode: Option<String>,
    root_certificates: Option<PathBuf>,
    names: Vec<String>,
}

impl Parameters {
    fn names(&self, name: &str) -> bool {
        self.names.iter().any(|there| there == name)
    }
}

/// Removes the parameters that the driver does not know, and rejects unsupported ones.
fn split_parameters(name: &'static str, url: &str) -> Result<(String, Parameters), DatabaseError> {
    let mut parameters = Parameters::default();
    let Some((base, query)) = url.split_once('?') else { return Ok((url.to_owned(), parameters)) };
    let mut rest = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let Some((key, value)) = form_urlencoded::parse(pair.as_bytes()).next() else { continue };
        match &*key {
            "sslmode" => parameters.ssl_mode = Some(value.into_owned()),
            "sslrootcert" => {
                parameters.root_certificates =
                    Some(value.into_owned()).filter(|path| path != "system").map(PathBuf::from);
            }
            known if IGNORED.contains(&known) => {}
            known if OF_DRIVER.contains(&known) => rest.push(pair),
            other => {
                let unsupported = UNSUPPORTED.iter().find(|(parameter, _)| *parameter == other);
                let reason = unsupported.map_or("unknown parameter", |(_, reason)| *reason);
                return Err(DatabaseError::UrlParameter { name, parameter: other.to_owned(), reason });
            }
        }
        parameters.names.push(key.into_owned());
    }
    Ok((if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) }, parameters))
}

/// Parameters that the driver parses.
const OF_DRIVER: [&str; 17] = [
    "user",
    "password",
    "dbname",
    "options",
    "application_name",
    "sslnegotiation",
    "host",
    "hostaddr",
    "port",
    "connect_timeout",
    "tcp_user_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "target_session_attrs",
    "channel_binding",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<DatabaseUrl, DatabaseError> {
        DatabaseUrl::parse("DATABASE_URL", &url.to_owned().into(), "test")
    }

    fn refusal(url: &str) -> String {
        let Err(error) = parse(url) else { panic!("accepted {url}") };
        error.to_string()
    }

    #[test]
    fn tls_options_are_removed_from_the_url() {
        let (url, parameters) = split_parameters(
            "DATABASE_URL",
            "postgres://u:p@h/d?connect_timeout=3&sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem",
        )
        .unwrap();
        assert_eq!(url, "postgres://u:p@h/d?connect_timeout=3");
        assert_eq!(parameters.ssl_mode.as_deref(), Some("verify-full"));
        assert_eq!(parameters.root_certificates, Some(PathBuf::from("/etc/ca.pem")));
    }

    #[test]
    fn an_invalid_url_is_named_and_not_shown() {
        let text = refusal("postgres://alice:hunter2@host:notaport/db");
        assert!(text.starts_with("DATABASE_URL: "), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }

    #[test]
    fn an_unknown_sslmode_is_rejected() {
        assert!(matches!(parse("postgres://a@b/c?sslmode=sometimes"), Err(DatabaseError::Url(..))));
    }

    #[test]
    fn urls_of_providers_are_accepted() {
        for url in [
            "postgresql://u:p@ep-x-pooler.eu-central-1.aws.neon.tech/auth?sslmode=require&channel_binding=require",
            "postgresql://u:p@ep-x.eu-central-1.aws.neon.tech/auth?sslmode=require&options=endpoint%3Dep-x",
            "postgresql://u.ref:p@aws-0-eu-central-1.pooler.supabase.com:6543/postgres?pgbouncer=true",
            "postgres://u:p@db.ref.supabase.co:5432/postgres?sslmode=verify-full&supa=base-pooler.x",
            "postgres://u:p@a.example:5432,b.example:5433/auth?target_session_attrs=read-write&connect_timeout=2",
        ] {
            if let Err(error) = parse(url) {
                panic!("{url}: {error}");
            }
        }
    }

    #[test]
    fn an_unsupported_parameter_is_rejected_by_name() {
        let text = refusal("postgres://u:secret@h/d?sslmode=require&connection_limit=5");
        assert_eq!(text, "DATABASE_URL: the parameter connection_limit: set DATABASE_POOL_SIZE instead");
        let text = refusal("postgres://u:secret@h/d?conection_timeout=5");
        assert_eq!(text, "DATABASE_URL: the parameter conection_timeout: unknown parameter");
    }

    #[test]
    fn the_url_overrides_defaults() {
        let connector =
            parse("postgres://u@h/d?application_name=x&tcp_user_timeout=9&target_session_attrs=any");
        let config = connector.unwrap().connector.config().clone();
        assert_eq!(config.get_application_name(), Some("x"));
        assert_eq!(config.get_tcp_user_timeout(), Some(&Duration::from_secs(9)));
        assert_eq!(config.get_target_session_attrs(), TargetSessionAttrs::Any);
        assert_eq!(config.get_keepalives_idle(), KEEPALIVE_IDLE);
        assert_eq!(config.get_connect_timeout(), Some(&ATTEMPT_TIMEOUT));
        let config = parse("postgres://u@h,i/d").unwrap().connector.config().clone();
        assert_eq!(config.get_application_name(), Some("test"));
        assert_eq!(config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        assert_eq!(config.get_connect_timeout(), Some(&ATTEMPT_TIMEOUT_OF_SEVERAL));
    }
}
