//! The way to PostgreSQL: address and TLS, connection pool, migrations.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Pool, RecyclingMethod, Runtime, Timeouts};
use refinery::Runner;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use secrecy::{ExposeSecret, SecretString};
use tokio::task::JoinHandle;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::lifecycle;
use crate::store::StoreError;

/// How long a request waits for a free connection: past it the client gets a 503 it can retry.
const WAIT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a new connection may take, TLS and log-in included.
const CREATE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long the server works on one statement: far above every statement we send, far below a person's patience.
/// The other one ends a transaction nobody finishes; ours are sent whole, so it should never strike.
const SESSION_LIMITS: &str = "SET statement_timeout = '10s'; SET idle_in_transaction_session_timeout = '10s'";
/// How long `/readyz` waits for the database's answer.
const PING_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a starting service waits for a database that is still coming up, and how often it looks.
const START_DEADLINE: Duration = Duration::from_secs(30);
const START_RETRY: Duration = Duration::from_millis(250);
/// One migration run at a time on a database ("latchkey" in ASCII): refinery itself takes no lock.
const MIGRATION_LOCK: i64 = 0x6c61_7463_686b_6579;

/// Why the database cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The URL is not a PostgreSQL connection URL. Its text is kept out: it holds a password.
    #[error("{0}: not a PostgreSQL URL (postgres://user:password@host:port/database): {1}")]
    Url(&'static str, String),
    /// The certificates that `sslrootcert` or the system name could not be read.
    #[error("TLS to PostgreSQL: {0}")]
    Tls(String),
    /// The pool could not be built.
    #[error("connection pool: {0}")]
    Pool(#[from] deadpool_postgres::BuildError),
    /// The server did not answer, or refused us.
    #[error("cannot reach PostgreSQL: {0}")]
    Unreachable(#[from] StoreError),
    /// A migration failed; it was rolled back whole.
    #[error("migration failed: {0}")]
    Migration(#[from] refinery::Error),
    /// The schema is older than this binary.
    #[error(
        "the database is at schema version {found}, this binary needs {needed}: run `{command} migrate` first"
    )]
    Outdated {
        /// What the database has; 0 for an empty one.
        found: i32,
        /// The newest migration of this binary.
        needed: i32,
        /// The binary's name.
        command: &'static str,
    },
}

/// A parsed connection URL. Takes `sslmode=disable|prefer|require|verify-ca|verify-full` and `sslrootcert=<pem file>`.
/// With TLS the server's chain and name are always verified, so `require` is as strict as `verify-full`.
#[derive(Clone)]
pub struct Address {
    config: Config,
    tls: MakeRustlsConnect,
}

impl Address {
    /// Parses the URL that the variable `name` holds.
    ///
    /// # Errors
    /// When it is no PostgreSQL URL, or its certificates cannot be read.
    pub fn parse(name: &'static str, url: &SecretString) -> Result<Self, DatabaseError> {
        let (url, options) = split_tls_options(url.expose_secret());
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            DatabaseError::Url(name, cause.unwrap_or_else(|| error.to_string()))
        })?;
        config.ssl_mode(match options.mode.as_deref() {
            None | Some("prefer" | "allow") => SslMode::Prefer,
            Some("disable") => SslMode::Disable,
            Some("require" | "verify-ca" | "verify-full") => SslMode::Require,
            Some(other) => return Err(DatabaseError::Url(name, format!("unknown sslmode {other}"))),
        });
        if config.get_application_name().is_none() {
            config.application_name(env!("CARGO_PKG_NAME"));
        }
        let roots = match config.get_ssl_mode() {
            SslMode::Disable => Arc::new(RootCertStore::empty()),
            _ => root_certificates(options.root_certificates.as_ref())?,
        };
        let tls = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        Ok(Self { config, tls: MakeRustlsConnect::new(tls) })
    }

    /// One worker thread's part of `connections`: each worker has a pool of its own, with at least one.
    ///
    /// A connection is driven by the thread that opened it, so it costs no switch of threads, and it lives until
    /// the last request that can need it has ended. (With a common pool, a worker that stops first takes
    /// connections away from requests that others still finish.)
    ///
    /// # Errors
    /// When the pool refuses its settings.
    pub fn worker_pool(&self, connections: usize) -> Result<Pool, DatabaseError> {
        self.pool((connections / lifecycle::workers()).max(1))
    }

    /// A pool of at most `size` connections. Makes no connection yet.
    ///
    /// # Errors
    /// When the pool refuses its settings.
    pub fn pool(&self, size: usize) -> Result<Pool, DatabaseError> {
        // `Fast` recycling costs no round trip; it is safe because no transaction of ours can be left half sent.
        let manager = Manager::from_config(
            self.config.clone(),
            self.tls.clone(),
            ManagerConfig { recycling_method: RecyclingMethod::Fast },
        );
        Ok(Pool::builder(manager)
            .max_size(size)
            .timeouts(Timeouts {
                wait: Some(WAIT_TIMEOUT),
                create: Some(CREATE_TIMEOUT),
                recycle: Some(CREATE_TIMEOUT),
            })
            .post_create(Hook::async_fn(|client, _| {
                Box::pin(async { client.batch_execute(SESSION_LIMITS).await.map_err(HookError::Backend) })
            }))
            .runtime(Runtime::Tokio1)
            .build()?)
    }

    /// A connection of its own, without the time limits of the pools': for reading a whole database at once. It ends
    /// when the client is dropped.
    ///
    /// # Errors
    /// When the server does not answer, or refuses us.
    pub async fn connect(&self) -> Result<Client, StoreError> {
        let (client, _) = self.open().await?;
        Ok(client)
    }

    /// The client, and what drives its connection.
    async fn open(&self) -> Result<(Client, JoinHandle<Result<(), tokio_postgres::Error>>), StoreError> {
        let (client, connection) = self.config.connect(self.tls.clone()).await?;
        Ok((client, tokio::spawn(connection)))
    }

    /// Brings the schema up to date, one run at a time however many start at once. Returns how many migrations
    /// were applied.
    ///
    /// # Errors
    /// When the server cannot be reached or a migration fails.
    pub async fn migrate(&self, runner: Runner) -> Result<usize, DatabaseError> {
        // A schema that is newer than this binary, as after a rollback, is left as it is.
        let runner = runner.set_abort_missing(false);
        let (mut client, connection) = self.open().await?;
        client.execute("SELECT pg_advisory_lock($1)", &[&MIGRATION_LOCK]).await.map_err(StoreError::from)?;
        let report = runner.run_async(&mut client).await?;
        drop(client);
        // The lock goes with the connection; what the connection itself says at its end is of no interest.
        let _ = connection.await;
        Ok(report.applied_migrations().len())
    }
}

/// Waits until the database answers, up to 30 s, then checks that its schema is at least as new as this binary
/// (`command` names it in the message). A newer schema is fine: that is a rollout under way.
///
/// # Errors
/// When the database does not come up, or was not migrated.
pub async fn wait_until_usable(
    pool: &Pool,
    runner: &Runner,
    command: &'static str,
) -> Result<(), DatabaseError> {
    let deadline = tokio::time::Instant::now() + START_DEADLINE;
    let client = loop {
        match pool.get().await.map_err(StoreError::from) {
            Ok(client) => break client,
            Err(error) if tokio::time::Instant::now() >= deadline || is_refusal(&error) => {
                return Err(error.into());
            }
            Err(error) => tracing::warn!(%error, "waiting for the database"),
        }
        tokio::time::sleep(START_RETRY).await;
    };
    let needed = runner.get_migrations().iter().map(refinery::Migration::version).max().unwrap_or(0);
    let found = schema_version(&client).await?;
    if found < needed {
        return Err(DatabaseError::Outdated { found, needed, command });
    }
    Ok(())
}

/// One round trip, to know that the database answers.
///
/// # Errors
/// When it does not within two seconds.
pub async fn ping(pool: &Pool) -> Result<(), StoreError> {
    let ask = async {
        let client = pool.get().await?;
        client.simple_query("").await.map_err(StoreError::from)
    };
    match tokio::time::timeout(PING_TIMEOUT, ask).await {
        Ok(answer) => answer.map(|_| ()),
        Err(late) => Err(StoreError::Unavailable(late.into())),
    }
}

async fn schema_version(client: &Client) -> Result<i32, StoreError> {
    let there = "SELECT to_regclass('refinery_schema_history') IS NOT NULL";
    if !client.query_one(there, &[]).await?.try_get::<_, bool>(0)? {
        return Ok(0);
    }
    let newest =
        client.query_one("SELECT coalesce(max(version), 0) FROM refinery_schema_history", &[]).await?;
    Ok(newest.try_get(0)?)
}

/// Waiting does not help: wrong password, no such database, no such role, or an address that names no server.
fn is_refusal(error: &StoreError) -> bool {
    let StoreError::Unavailable(cause) = error else { return true };
    let Some(error) = cause.downcast_ref::<tokio_postgres::Error>() else { return false };
    match error.code() {
        Some(code) => code.code().starts_with("28") || code.code().starts_with("3D"),
        None => {
            !error.is_closed()
                && std::error::Error::source(error).is_none_or(|cause| !cause.is::<std::io::Error>())
        }
    }
}

struct TlsOptions {
    mode: Option<String>,
    root_certificates: Option<PathBuf>,
}

/// tokio-postgres refuses `verify-*` and `sslrootcert`, so they are taken out of the URL here.
fn split_tls_options(url: &str) -> (String, TlsOptions) {
    let mut options = TlsOptions { mode: None, root_certificates: None };
    let Some((base, query)) = url.split_once('?') else { return (url.to_owned(), options) };
    let mut rest = Vec::new();
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslmode", mode)) => options.mode = Some(mode.to_owned()),
            Some(("sslrootcert", path)) => {
                let path = url::form_urlencoded::parse(format!("p={path}").as_bytes())
                    .next()
                    .map(|(_, path)| path.into_owned());
                options.root_certificates = path.filter(|path| path != "system").map(PathBuf::from);
            }
            _ => rest.push(pair),
        }
    }
    (if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) }, options)
}

fn root_certificates(file: Option<&PathBuf>) -> Result<Arc<RootCertStore>, DatabaseError> {
    let mut roots = RootCertStore::empty();
    match file {
        Some(path) => {
            let bad = |error| DatabaseError::Tls(format!("sslrootcert {}: {error}", path.display()));
            for certificate in CertificateDer::pem_file_iter(path).map_err(|error| bad(format!("{error}")))? {
                let certificate = certificate.map_err(|error| bad(format!("{error}")))?;
                roots.add(certificate).map_err(|error| bad(format!("{error}")))?;
            }
        }
        // Certificates of the system that cannot be read only shrink what is trusted.
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    Ok(Arc::new(roots))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_options_leave_the_url() {
        let (url, options) = split_tls_options(
            "postgres://u:p@h/d?connect_timeout=3&sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem",
        );
        assert_eq!(url, "postgres://u:p@h/d?connect_timeout=3");
        assert_eq!(options.mode.as_deref(), Some("verify-full"));
        assert_eq!(options.root_certificates, Some(PathBuf::from("/etc/ca.pem")));
    }

    #[test]
    fn a_bad_url_is_named_and_not_shown() {
        let url = "postgres://alice:hunter2@host:notaport/db".to_owned().into();
        let Err(error) = Address::parse("DATABASE_URL", &url) else { panic!("accepted") };
        let text = error.to_string();
        assert!(text.starts_with("DATABASE_URL: "), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }

    #[test]
    fn an_unknown_sslmode_is_refused() {
        let url = "postgres://a@b/c?sslmode=sometimes".to_owned().into();
        assert!(matches!(Address::parse("DATABASE_URL", &url), Err(DatabaseError::Url(..))));
    }
}
