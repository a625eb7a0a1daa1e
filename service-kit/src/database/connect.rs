//! Opening a connection: host after host, each for a limited time, until one takes us.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpStream, UnixStream, lookup_host};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_postgres::config::{Host, TargetSessionAttrs};
use tokio_postgres::tls::{MakeTlsConnect, NoTls};
use tokio_postgres::{Client, Config, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::link::Silence;
use super::names::{Named, TlsBelow};

/// PostgreSQL's port.
const PORT: u16 = 5432;

/// Why no connection could be made: what each host answered, in the order in which they were asked.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.iter().map(|(host, error)| format!("{host}: {error}")).collect::<Vec<_>>().join("; "))]
pub struct ConnectError(Vec<(String, AttemptError)>);

impl ConnectError {
    /// Whether waiting does not help: every host refused us (wrong password, no such database or role), or its name or
    /// our settings are wrong.
    pub(super) fn is_refusal(&self) -> bool {
        self.0.iter().all(|(_, error)| match error {
            AttemptError::Driver(error) => is_refusal(error),
            AttemptError::Io(_) | AttemptError::Late(_) | AttemptError::ReadOnly | AttemptError::Writable => {
                false
            }
        })
    }
}

#[derive(Debug, thiserror::Error)]
enum AttemptError {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("no answer within {} ms", .0.as_millis())]
    Late(Duration),
    #[error("it takes no writes")]
    ReadOnly,
    #[error("it takes writes")]
    Writable,
    #[error("{}", crate::store::chain(.0))]
    Driver(#[from] tokio_postgres::Error),
}

fn is_refusal(error: &tokio_postgres::Error) -> bool {
    match error.code() {
        Some(code) => code.code().starts_with("28") || code.code().starts_with("3D"),
        None => {
            !error.is_closed()
                && std::error::Error::source(error).is_none_or(|cause| !cause.is::<std::io::Error>())
        }
    }
}

enum Place {
    Tcp { name: String, address: Option<IpAddr>, port: u16 },
    Unix(PathBuf),
}

impl Place {
    fn label(&self) -> String {
        match self {
            Self::Tcp { name, port, .. } => format!("{name}:{port}"),
            Self::Unix(path) => path.display().to_string(),
        }
    }
}

/// The way to a database, over one or several hosts.
pub(super) struct Route {
    config: Config,
    tls: MakeRustlsConnect,
    places: Vec<Place>,
    /// The place that worked last is asked first: after a failover nobody waits for the old one again.
    last: AtomicUsize,
    silence: Arc<Silence>,
}

impl Route {
    /// # Errors
    /// The rule that the hosts and ports break.
    pub(super) fn new(config: Config, tls: MakeRustlsConnect) -> Result<Self, &'static str> {
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
                (Some(Host::Unix(directory)), _) => Place::Unix(directory.join(format!(".s.PGSQL.{port}"))),
                (Some(Host::Tcp(name)), address) => Place::Tcp { name: name.clone(), address, port },
                (None, address) => Place::Tcp {
                    name: address.map(|address| address.to_string()).unwrap_or_default(),
                    address,
                    port,
                },
            }
        };
        let places = (0..count).map(place).collect();
        Ok(Self { config, tls, places, last: AtomicUsize::new(0), silence: Arc::default() })
    }

    #[cfg(test)]
    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// A connection to the first host that will have us, driven by a task of this thread's runtime.
    pub(super) async fn open(&self) -> Result<(Client, JoinHandle<()>), ConnectError> {
        let first = self.last.load(Ordering::Relaxed);
        let mut failures = Vec::new();
        for at in (first..self.places.len()).chain(0..first) {
            let Some(place) = self.places.get(at) else { continue };
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

    /// What all pools over this route know of servers that do not answer.
    pub(super) fn silence(&self) -> &Arc<Silence> {
        &self.silence
    }

    /// How long one attempt may take.
    pub(super) fn patience(&self) -> Duration {
        self.config.get_connect_timeout().copied().unwrap_or(Duration::MAX)
    }

    async fn attempt(&self, place: &Place) -> Result<(Client, JoinHandle<()>), AttemptError> {
        let limited = |outcome: Result<_, _>| match outcome {
            Ok(outcome) => outcome,
            Err(_) => Err(AttemptError::Late(self.patience())),
        };
        let (name, addresses) = match place {
            Place::Unix(path) => return limited(timeout(self.patience(), self.over_unix(path)).await),
            Place::Tcp { name, address: Some(address), port } => (name, vec![(*address, *port).into()]),
            Place::Tcp { name, address: None, port } => {
                let found = timeout(self.patience(), lookup_host((name.as_str(), *port))).await;
                let found = found.map_err(|_| AttemptError::Late(self.patience()))??;
                (name, found.collect())
            }
        };
        let mut outcome = Err(AttemptError::Io(std::io::Error::other("the name has no address")));
        for address in addresses {
            let stream = TcpStream::connect(address);
            outcome = limited(timeout(self.patience(), self.over_tcp(stream, name)).await);
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    async fn over_tcp(
        &self,
        connecting: impl Future<Output = std::io::Result<TcpStream>>,
        name: &str,
    ) -> Result<(Client, JoinHandle<()>), AttemptError> {
        let stream = connecting.await?;
        stream.set_nodelay(true)?;
        self.watch(&SockRef::from(&stream))?;
        let mut tls = self.tls.clone();
        let tls = MakeTlsConnect::<TcpStream>::make_tls_connect(&mut tls, name);
        let tls = TlsBelow(tls.map_err(std::io::Error::other)?);
        let (client, connection) = self.config.connect_raw(Named::new(stream), tls).await?;
        self.welcome(client, tokio::spawn(drive(connection))).await
    }

    async fn over_unix(&self, path: &Path) -> Result<(Client, JoinHandle<()>), AttemptError> {
        let stream = UnixStream::connect(path).await?;
        let mut config = self.config.clone();
        // There is no TLS over a socket of this machine.
        config.ssl_mode(tokio_postgres::config::SslMode::Disable);
        let (client, connection) = config.connect_raw(Named::new(stream), NoTls).await?;
        self.welcome(client, tokio::spawn(drive(connection))).await
    }

    /// Lets the kernel notice a peer that is gone.
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

    /// Keeps a connection if it is to a server of the kind that is wanted.
    async fn welcome(
        &self,
        client: Client,
        driver: JoinHandle<()>,
    ) -> Result<(Client, JoinHandle<()>), AttemptError> {
        let wanted = self.config.get_target_session_attrs();
        if wanted == TargetSessionAttrs::Any {
            return Ok((client, driver));
        }
        let read_only = is_read_only(&client).await?;
        match (wanted, read_only) {
            (TargetSessionAttrs::ReadWrite, true) => Err(AttemptError::ReadOnly),
            (TargetSessionAttrs::ReadOnly, false) => Err(AttemptError::Writable),
            _ => Ok((client, driver)),
        }
    }
}

/// Whether the server behind this connection takes no writes: a standby, or one that was told so.
pub(super) async fn is_read_only(client: &Client) -> Result<bool, tokio_postgres::Error> {
    let messages = client.simple_query("SHOW transaction_read_only").await?;
    Ok(messages.iter().any(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0) == Some("on"),
        _ => false,
    }))
}

async fn drive(connection: impl Future<Output = Result<(), tokio_postgres::Error>>) {
    if let Err(error) = connection.await {
        let error = crate::store::chain(&error);
        tracing::warn!(error, "a connection to the database broke");
    }
}
