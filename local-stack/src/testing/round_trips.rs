//! What a request costs at the database, counted on the wire.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::database::{Database, with_server};
use super::must;
use crate::error::{Doing, Result};

/// How often a request is sent to learn its cost.
const REPETITIONS: usize = 5;

/// The way to a database through a proxy that counts round trips.
#[derive(Debug)]
pub struct CountedDatabase {
    url: String,
    trips: Arc<AtomicUsize>,
}

impl CountedDatabase {
    /// A counted way to this database. It is open as long as the test's runtime runs.
    ///
    /// # Panics
    /// If no port can be had.
    pub async fn of(database: &Database) -> Self {
        must(Self::open(database).await)
    }

    /// A `DATABASE_URL` whose connections are counted.
    #[must_use]
    pub fn service_url(&self) -> &str {
        &self.url
    }

    /// How often a client has spoken so far after the server had answered.
    #[must_use]
    pub fn round_trips(&self) -> usize {
        self.trips.load(Ordering::SeqCst)
    }

    /// What `request` costs: the least of several times. The first may prepare a statement, and what the service does in
    /// the background only adds.
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
        let listener = TcpListener::bind(any_port).await.doing("listen on", Path::new(any_port))?;
        let port = listener.local_addr().doing("listen on", Path::new(any_port))?.port();
        let url = with_server(&database.service_url(), &format!("127.0.0.1:{port}"));
        let trips = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&trips);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(&server).await else { continue };
                tokio::spawn(pass_on(client, server, Arc::clone(&counted)));
            }
        });
        Ok(Self { url, trips })
    }
}

/// Passes everything on. What a client sends in pieces, without an answer in between, is one trip.
async fn pass_on(mut client: TcpStream, mut server: TcpStream, trips: Arc<AtomicUsize>) {
    let (mut question, mut answer) = (vec![0; 65_536], vec![0; 65_536]);
    let mut answered = true;
    loop {
        let passed = tokio::select! {
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
        if passed.is_err() {
            return;
        }
    }
}
