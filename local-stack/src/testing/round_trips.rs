//! Counts the database round trips of a request, on the wire.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::database::{Database, with_server};
use super::outcome::must;
use crate::error::{IoContext, Result};

/// Number of times a request is repeated to measure its cost.
const REPETITIONS: usize = 5;

/// A proxy to a database that counts round trips.
#[derive(Debug)]
pub struct CountedDatabase {
    url: String,
    trips: Arc<AtomicUsize>,
}

impl CountedDatabase {
    /// Starts a counting proxy to this database. It runs as long as the test's runtime.
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

    /// The number of round trips so far: how often a client sent data after a response of the server.
    #[must_use]
    pub fn round_trips(&self) -> usize {
        self.trips.load(Ordering::SeqCst)
    }

    /// Returns the round trips of `request`: the minimum of several runs. The first run may prepare statements, and
    /// background work of the service only adds round trips.
    pub async fn cost_of(&self, mut request: impl AsyncFnMut()) -> usize {
        let mut least = usize::MAX;
        for _ in 0..REPETITIONS {
            let before = self.round_trips();
            request().await;
            least = least.min(self.round_trips() - before);
        }
        least
    }

    async fn open(database: &Database) -> Result<Self> {
        let server = format!("127.0.0.1:{}", database.service_port());
        let any_port = "127.0.0.1:0";
        let listener = TcpListener::bind(any_port).await.context("listen on", Path::new(any_port))?;
        let port = listener.local_addr().context("listen on", Path::new(any_port))?.port();
        let url = with_server(&database.service_url(), &format!("127.0.0.1:{port}"));
        let trips = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&trips);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(&server).await else { continue };
                tokio::spawn(forward(client, server, Arc::clone(&counted)));
            }
        });
        Ok(Self { url, trips })
    }
}

/// Forwards all data. Data that a client sends in several pieces, without a response in between, is one round trip.
async fn forward(mut client: TcpStream, mut server: TcpStream, trips: Arc<AtomicUsize>) {
    let (mut question, mut answer) = (vec![0; 65_536], vec![0; 65_536]);
    let mut answered = true;
    loop {
        let forwarded = tokio::select! {
            read = client.read(&mut question) => {
                let Ok(size @ 1..) = read else { return };
                if std::mem::take(&mut answered) {
                    trips.fetch_add(1, Ordering::SeqCst);
                }
                server.write_all(question.get(..size).unwrap_or_default()).await
            }
            read = server.read(&mut answer) => {
                let Ok(size @ 1..) = read else { return };
                answered = true;
                client.write_all(answer.get(..size).unwrap_or_default()).await
            }
        };
        if forwarded.is_err() {
            return;
        }
    }
}
