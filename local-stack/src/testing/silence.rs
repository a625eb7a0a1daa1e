//! A network between a service and its database that drops all traffic without closing connections.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::database::{Database, with_server};
use super::outcome::must;
use crate::error::{IoContext, Result};

/// A proxy to a database that can fall silent. Dropping this closes all its connections.
#[derive(Debug)]
pub struct SilentDatabase {
    url: String,
    network: Arc<Network>,
    accepting: JoinHandle<()>,
}

/// The state of the proxy's connections.
#[derive(Debug, Default)]
struct Network {
    /// The number of connections accepted so far. Connections are numbered from 0.
    accepted: AtomicUsize,
    /// Connections with a number below this are silent.
    silent_below: AtomicUsize,
    /// Whether new connections get no response.
    refusing: AtomicBool,
}

impl SilentDatabase {
    /// Starts a proxy to this database, which works normally at first.
    ///
    /// # Panics
    /// If no port is available.
    pub async fn of(database: &Database) -> Self {
        must(Self::open(database).await)
    }

    /// A `DATABASE_URL` through the proxy.
    #[must_use]
    pub fn service_url(&self) -> &str {
        &self.url
    }

    /// The number of connections so far, including those without a response.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.network.accepted.load(Ordering::SeqCst)
    }

    /// Drops all data on existing connections in both directions from now on. A connection stays open even if one end
    /// closes it. New connections work normally.
    pub fn fall_silent(&self) {
        self.network.silent_below.store(self.connections(), Ordering::SeqCst);
    }

    /// Accepts new connections without ever responding, from now on. Existing connections work normally.
    pub fn refuse_silently(&self) {
        self.network.refusing.store(true, Ordering::SeqCst);
    }

    /// Serves new connections again. Silent and unanswered connections stay as they are.
    pub fn recover(&self) {
        self.network.refusing.store(false, Ordering::SeqCst);
    }

    async fn open(database: &Database) -> Result<Self> {
        let any_port = "127.0.0.1:0";
        let listener = TcpListener::bind(any_port).await.context("listen on", Path::new(any_port))?;
        let port = listener.local_addr().context("listen on", Path::new(any_port))?.port();
        let url = with_server(&database.service_url(), &format!("127.0.0.1:{port}"));
        let network = Arc::new(Network::default());
        let accepting = tokio::spawn(accept(listener, database.service_port(), Arc::clone(&network)));
        Ok(Self { url, network, accepting })
    }
}

impl Drop for SilentDatabase {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Accepts connections. Aborting this closes all of them.
async fn accept(listener: TcpListener, server_port: u16, network: Arc<Network>) {
    let mut served = JoinSet::new();
    let mut unanswered = Vec::new();
    while let Ok((client, _)) = listener.accept().await {
        let number = network.accepted.fetch_add(1, Ordering::SeqCst);
        if network.refusing.load(Ordering::SeqCst) {
            unanswered.push(client);
        } else {
            served.spawn(serve(client, server_port, number, Arc::clone(&network)));
        }
        while served.try_join_next().is_some() {}
    }
}

async fn serve(mut client: TcpStream, server_port: u16, number: usize, network: Arc<Network>) {
    let Ok(mut server) = TcpStream::connect(("127.0.0.1", server_port)).await else { return };
    let silent = || number < network.silent_below.load(Ordering::SeqCst);
    let ((from_client, to_client), (from_server, to_server)) = (client.split(), server.split());
    tokio::join!(forward(from_client, to_server, silent), forward(from_server, to_client, silent));
}

/// Forwards data and the end of the stream while the connection is not silent.
async fn forward(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    silent: impl Fn() -> bool,
) {
    let mut buffer = vec![0; 65_536];
    loop {
        let size = from.read(&mut buffer).await.unwrap_or(0);
        match (silent(), size) {
            // The other end never learns that this one has closed.
            (true, 0) => std::future::pending().await,
            (true, _) => {}
            (false, _) => {
                let forwarded = to.write_all(buffer.get(..size).unwrap_or_default()).await;
                if size == 0 || forwarded.is_err() {
                    let _ = to.shutdown().await;
                    return;
                }
            }
        }
    }
}
