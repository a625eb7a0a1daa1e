//! A network between a service and its database that goes dead without closing anything.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::database::{Database, with_server};
use super::must;
use crate::error::{Doing, Result};

/// The way to a database through a proxy that can fall silent. Everything that passes through it is closed when this
/// is dropped.
#[derive(Debug)]
pub struct SilentDatabase {
    url: String,
    network: Arc<Network>,
    accepting: JoinHandle<()>,
}

/// Which connections are served.
#[derive(Debug, Default)]
struct Network {
    /// Connections accepted so far. A connection's number is how many there were before it.
    accepted: AtomicUsize,
    /// Connections with a lower number than this are silent.
    silent_below: AtomicUsize,
    /// Whether new connections are left without an answer.
    refusing: AtomicBool,
}

impl SilentDatabase {
    /// A way to this database, which works until it is told otherwise.
    ///
    /// # Panics
    /// If no port can be had.
    pub async fn of(database: &Database) -> Self {
        must(Self::open(database).await)
    }

    /// A `DATABASE_URL` that leads through the proxy.
    #[must_use]
    pub fn service_url(&self) -> &str {
        &self.url
    }

    /// How many connections there have been so far, those without an answer included.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.network.accepted.load(Ordering::SeqCst)
    }

    /// Swallows from now on, in both directions, what is sent over the connections that exist now. None is closed, even
    /// if one of its ends closes it. New connections are served.
    pub fn fall_silent(&self) {
        self.network.silent_below.store(self.connections(), Ordering::SeqCst);
    }

    /// Leaves new connections without an answer from now on: they can be opened, and nothing comes back. Existing ones
    /// are served.
    pub fn refuse_silently(&self) {
        self.network.refusing.store(true, Ordering::SeqCst);
    }

    /// Serves new connections again. Those that are silent or got no answer stay so.
    pub fn recover(&self) {
        self.network.refusing.store(false, Ordering::SeqCst);
    }

    async fn open(database: &Database) -> Result<Self> {
        let any_port = "127.0.0.1:0";
        let listener = TcpListener::bind(any_port).await.doing("listen on", Path::new(any_port))?;
        let port = listener.local_addr().doing("listen on", Path::new(any_port))?.port();
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

/// Ends with all its connections when it is aborted.
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
    tokio::join!(pass_on(from_client, to_server, silent), pass_on(from_server, to_client, silent));
}

/// Passes on what comes, and the end of it, for as long as the connection is not silent.
async fn pass_on(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    silent: impl Fn() -> bool,
) {
    let mut buffer = vec![0; 65_536];
    loop {
        let size = from.read(&mut buffer).await.unwrap_or(0);
        match (silent(), size) {
            // The other end never learns that this one is gone.
            (true, 0) => std::future::pending().await,
            (true, _) => {}
            (false, _) => {
                let passed = to.write_all(buffer.get(..size).unwrap_or_default()).await;
                if size == 0 || passed.is_err() {
                    let _ = to.shutdown().await;
                    return;
                }
            }
        }
    }
}
