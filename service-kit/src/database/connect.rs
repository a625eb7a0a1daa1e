//! Opens connections: tries one host after another, each for a limited time.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio::time::timeout;
use tokio_postgres::config::{Host, TargetSessionAttrs};
use tokio_postgres::tls::NoTls;
use tokio_postgres::{Client, Config, SimpleQueryMessage};

use super::exchange::Exchange;
use super::handover::{Lender, LendingTls};
use super::raw_connection::Outages;
use super::tls::Tls;
use crate::errors::with_causes;
use crate::store::{QueryError, StoreError};

/// PostgreSQL's default port.
const PORT: u16 = 5432;

/// Why no connection could be opened: the error of each host, in the order they were tried.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(|(host, error)| format!("{host}: {error}")).collect::<Vec<_>>().join("; "))]
pub struct ConnectError(Vec<(String, AttemptError)>);

impl ConnectError {
    /// Whether retrying is pointless: every host rejected the login (wrong password, unknown database or role), has an
    /// untrusted certificate, or the settings are invalid.
    pub(super) fn is_refusal(&self) -> bool {
        self.0.iter().all(|(_, error)| match error {
            AttemptError::Driver(error) => is_refusal(error),
            AttemptError::Io(_)
            | AttemptError::Query(_)
            | AttemptError::TimedOut(_)
            | AttemptError::ReadOnly
            | AttemptError::Writable => false,
        })
    }
}

impl From<ConnectError> for StoreError {
    /// Whatever the reason is, a retry may succeed.
    fn from(error: ConnectError) -> Self {
        Self::Unavailable(error.into())
    }
}

#[derive(Debug, thiserror::Error)]
pub(super) enum AttemptError {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("no response within {} ms", .0.as_millis())]
    TimedOut(Duration),
    #[error("the server is read-only")]
    ReadOnly,
    #[error("the server accepts writes")]
    Writable,
    #[error("{}", with_causes(.0))]
    Driver(#[from] tokio_postgres::Error),
    #[error("{0}")]
    Query(#[from] QueryError),
}

fn is_refusal(error: &tokio_postgres::Error) -> bool {
    if let Some(code) = error.code() {
        return code.code().starts_with("28") || code.code().starts_with("3D");
    }
    match std::error::Error::source(error).map(|cause| cause.downcast_ref::<std::io::Error>()) {
        Some(Some(cause)) => is_untrusted(cause),
        Some(None) | None => !error.is_closed(),
    }
}

/// Whether the server's certificate is untrusted.
fn is_untrusted(error: &std::io::Error) -> bool {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<rustls::Error>());
    matches!(cause, Some(rustls::Error::InvalidCertificate(_)))
}

enum Endpoint {
    Tcp { name: String, address: Option<IpAddr>, port: u16 },
    Unix(PathBuf),
}

impl Endpoint {
    fn label(&self) -> String {
        match self {
            Self::Tcp { name, port, .. } => format!("{name}:{port}"),
            Self::Unix(path) => path.display().to_string(),
        }
    }
}

/// Opens connections to one database on one or several hosts.
pub(super) struct Connector {
    config: Config,
    tls: Tls,
    endpoints: Vec<Endpoint>,
    /// The endpoint that worked last is tried first, so that after a failover the old primary costs no time.
    last: AtomicUsize,
    outages: Arc<Outages>,
}

impl Connector {
    /// # Errors
    /// The rule that the hosts and ports break.
    pub(super) fn new(config: Config, tls: Tls) -> Result<Self, &'static str> {
        let (hosts, addresses, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
        let count = hosts.len().max(addresses.len());
        if count == 0 {
            return Err("it names no host");
        }
        if !(hosts.is_empty() || addresses.is_empty() || hosts.len() == addresses.len()) {
            return Err("there are not as many hosts as hostaddrs");
        }
        if ports.len() > 1 && ports.len() != count {
            return Err("there are not as many ports as hosts");
        }
        let place = |at: usize| {
            let port = ports.get(at).or(ports.first()).copied().unwrap_or(PORT);
            let address = addresses.get(at).copied();
            match (hosts.get(at), address) {
                (Some(Host::Unix(directory)), _) => {
                    Endpoint::Unix(directory.join(format!(".s.PGSQL.{port}")))
                }
                (Some(Host::Tcp(name)), address) => Endpoint::Tcp { name: name.clone(), address, port },
                (None, address) => Endpoint::Tcp {
                    name: address.map(|address| address.to_string()).unwrap_or_default(),
                    address,
                    port,
                },
            }
        };
        let endpoints = (0..count).map(place).collect();
        Ok(Self { config, tls, endpoints, last: AtomicUsize::new(0), outages: Arc::default() })
    }

    #[cfg(test)]
    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// Connects to the first host that accepts.
    pub(super) async fn open<C: Connected>(&self) -> Result<C, ConnectError> {
        let first = self.last.load(Ordering::Relaxed);
        let mut failures = Vec::new();
        for at in (first..self.endpoints.len()).chain(0..first) {
            let Some(place) = self.endpoints.get(at) else { continue };
            match self.attempt(place).await {
                Ok(open) => {
                    self.last.store(at, Ordering::Relaxed);
                    return Ok(open);
                }
                Err(error) => failures.push((place.label(), error)),
            }
        }
        Err(ConnectError(failures))
    }

    /// Returns the outage count that all pools of this connector share.
    pub(super) fn outages(&self) -> &Arc<Outages> {
        &self.outages
    }

    /// Maximum duration of one attempt: one address of one host.
    pub(super) fn attempt_timeout(&self) -> Duration {
        self.config.get_connect_timeout().copied().unwrap_or(Duration::MAX)
    }

    async fn attempt<C: Connected>(&self, place: &Endpoint) -> Result<C, AttemptError> {
        let limited = |outcome: Result<_, _>| match outcome {
            Ok(outcome) => outcome,
            Err(_) => Err(AttemptError::TimedOut(self.attempt_timeout())),
        };
        let (name, addresses) = match place {
            Endpoint::Unix(path) => {
                return limited(timeout(self.attempt_timeout(), self.over_unix(path)).await);
            }
            Endpoint::Tcp { name, address: Some(address), port } => (name, vec![(*address, *port).into()]),
            Endpoint::Tcp { name, address: None, port } => {
                let found = timeout(self.attempt_timeout(), lookup_host((name.as_str(), *port))).await;
                let found = found.map_err(|_| AttemptError::TimedOut(self.attempt_timeout()))??;
                (name, found.collect())
            }
        };
        let mut outcome = Err(AttemptError::Io(std::io::Error::other("the name has no address")));
        for address in addresses {
            let stream = TcpStream::connect(address);
            outcome = limited(timeout(self.attempt_timeout(), self.over_tcp(stream, name)).await);
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    async fn over_tcp<C: Connected>(
        &self,
        connecting: impl Future<Output = std::io::Result<TcpStream>> + Send,
        name: &str,
    ) -> Result<C, AttemptError> {
        let stream = connecting.await?;
        stream.set_nodelay(true)?;
        self.watch(&SockRef::from(&stream))?;
        let lender = Lender::default();
        let tls = LendingTls(self.tls.to(name));
        let (client, driver) = self.config.connect_raw(lender.lend(stream), tls).await?;
        self.welcome(LoggedIn { client, driver: Box::pin(driver), lender }).await
    }

    async fn over_unix<C: Connected>(&self, path: &Path) -> Result<C, AttemptError> {
        let stream = UnixStream::connect(path).await?;
        let mut config = self.config.clone();
        // PostgreSQL does not offer TLS on Unix sockets.
        config.ssl_mode(tokio_postgres::config::SslMode::Disable);
        let lender = Lender::default();
        let (client, driver) = config.connect_raw(lender.lend(stream), NoTls).await?;
        self.welcome(LoggedIn { client, driver: Box::pin(driver), lender }).await
    }

    /// Sets the socket options that detect a dead peer.
    fn watch(&self, socket: &SockRef<'_>) -> std::io::Result<()> {
        #[cfg(target_os = "linux")]
        if let Some(limit) = self.config.get_tcp_user_timeout() {
            socket.set_tcp_user_timeout(Some(*limit))?;
        }
        if !self.config.get_keepalives() {
            return Ok(());
        }
        let mut keepalive = TcpKeepalive::new().with_time(self.config.get_keepalives_idle());
        if let Some(interval) = self.config.get_keepalives_interval() {
            keepalive = keepalive.with_interval(interval);
        }
        if let Some(retries) = self.config.get_keepalives_retries() {
            keepalive = keepalive.with_retries(retries);
        }
        socket.set_tcp_keepalive(&keepalive)
    }

    /// Keeps a connection only if the server is acceptable.
    async fn welcome<C: Connected>(&self, logged_in: LoggedIn) -> Result<C, AttemptError> {
        let mut connected = C::from(logged_in)?;
        let wanted = self.config.get_target_session_attrs();
        if wanted == TargetSessionAttrs::Any || self.accepts(connected.is_read_only().await?) {
            return Ok(connected);
        }
        let is_primary_wanted = wanted == TargetSessionAttrs::ReadWrite;
        Err(if is_primary_wanted { AttemptError::ReadOnly } else { AttemptError::Writable })
    }

    /// Whether such a server has the `target_session_attrs` of the URL.
    pub(super) fn accepts(&self, read_only: bool) -> bool {
        match self.config.get_target_session_attrs() {
            TargetSessionAttrs::ReadWrite => !read_only,
            TargetSessionAttrs::ReadOnly => read_only,
            _ => true,
        }
    }
}

/// What the driver has after the login.
pub(super) struct LoggedIn {
    client: Client,
    driver: Pin<Box<dyn Future<Output = Result<(), tokio_postgres::Error>> + Send>>,
    lender: Lender,
}

/// A connection in the form that its user needs.
pub(super) trait Connected: Sized + Send {
    /// Takes over the connection.
    fn from(logged_in: LoggedIn) -> Result<Self, std::io::Error>;

    /// Asks the server in one round trip whether it is read-only: a standby, or configured so.
    fn is_read_only(&mut self) -> impl Future<Output = Result<bool, AttemptError>> + Send;
}

/// For statements of constant text: without the driver.
impl Connected for Exchange {
    fn from(logged_in: LoggedIn) -> Result<Self, std::io::Error> {
        let LoggedIn { client, driver, lender } = logged_in;
        drop((client, driver));
        Ok(Self::new(lender.take_back()?))
    }

    async fn is_read_only(&mut self) -> Result<bool, AttemptError> {
        Ok(Self::is_read_only(self).await?)
    }
}

/// For migrations and imports: with the driver, in a task on the current runtime.
impl Connected for Client {
    fn from(logged_in: LoggedIn) -> Result<Self, std::io::Error> {
        tokio::spawn(drive(logged_in.driver));
        Ok(logged_in.client)
    }

    async fn is_read_only(&mut self) -> Result<bool, AttemptError> {
        let messages = self.simple_query("SHOW transaction_read_only").await?;
        Ok(messages.iter().any(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0) == Some("on"),
            _ => false,
        }))
    }
}

async fn drive(connection: impl Future<Output = Result<(), tokio_postgres::Error>>) {
    if let Err(error) = connection.await {
        let error = with_causes(&error);
        tracing::warn!(error, "database connection lost");
    }
}
