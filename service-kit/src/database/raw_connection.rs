//! One open connection, and whether the server has responded on it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Mutex;

use super::exchange::{Call, Exchange};
use super::executor::Outcome;
use crate::store::QueryError;

/// Counts statement timeouts and servers that became read-only. After each, all connections are checked before they are
/// reused, because a dead connection is rarely the only one.
#[derive(Default)]
pub(super) struct Outages(AtomicUsize);

impl Outages {
    pub(super) fn record(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// An open connection. Dropping it closes the connection immediately, even while a statement is running.
pub(super) struct RawConnection {
    /// Locked by one task at a time, the one that has borrowed the connection: a transaction runs statements through a shared
    /// reference.
    exchange: Mutex<Exchange>,
    outages: Arc<Outages>,
    /// The number of outages when the server last responded on this connection.
    verified: AtomicUsize,
}

impl RawConnection {
    pub(super) fn new(exchange: Exchange, outages: Arc<Outages>) -> Self {
        let verified = AtomicUsize::new(outages.count());
        Self { exchange: Mutex::new(exchange), outages, verified }
    }

    /// Whether the server has closed the connection while it was idle.
    pub(super) fn is_closed(&mut self) -> bool {
        self.exchange.get_mut().is_closed()
    }

    /// Asks the server in one round trip whether it is read-only: a standby, or configured so.
    pub(super) async fn is_read_only(&self) -> Result<bool, QueryError> {
        self.exchange.lock().await.is_read_only().await
    }

    /// Whether the server has responded on this connection since the latest outage.
    pub(super) fn is_verified(&self) -> bool {
        self.verified.load(Ordering::Relaxed) == self.outages.count()
    }

    /// Records that the server responded to something that was sent after this many outages. An outage in the meantime still
    /// causes a check of this connection.
    pub(super) fn mark_verified(&self, outages: usize) {
        self.verified.store(outages, Ordering::Relaxed);
    }

    /// Runs one statement.
    pub(super) async fn run(&self, call: Call<'_>) -> Result<Outcome, QueryError> {
        self.exchange.lock().await.run([call]).await
    }

    /// Runs two statements in one transaction and one round trip. Returns the outcome of the second.
    pub(super) async fn transact(&self, first: Call<'_>, then: Call<'_>) -> Result<Outcome, QueryError> {
        self.exchange.lock().await.run([first, then]).await
    }

    /// Runs statements that have no parameters and return nothing.
    pub(super) async fn batch(&self, sql: &'static str) -> Result<(), QueryError> {
        self.exchange.lock().await.batch(sql).await.map(drop)
    }

    /// Rolls back the transaction without waiting for the response. Returns whether that could be sent at once.
    pub(super) fn roll_back(&self) -> bool {
        self.exchange.try_lock().is_ok_and(|mut exchange| exchange.post("ROLLBACK"))
    }
}
