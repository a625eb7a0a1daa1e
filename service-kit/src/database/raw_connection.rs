//! One open connection, and the statements that are prepared on it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::TryStreamExt;
use futures_util::future::{join4, try_join};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, Error, RowStream, Statement};

use super::executor::Outcome;
use super::parameter::{Parameter, borrowed};
use super::pooler::Pooler;

/// A statement and its parameters.
pub(super) type Call<'a> = (&'static str, &'a [&'a dyn Parameter]);

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
    client: Client,
    driver: JoinHandle<()>,
    pooler: Pooler,
    /// Keyed by the location of the constant text, so that no text is hashed for a statement that is sent.
    prepared: Mutex<HashMap<(usize, usize), Statement>>,
    outages: Arc<Outages>,
    /// The number of outages when the server last responded on this connection.
    verified: AtomicUsize,
}

impl Drop for RawConnection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl RawConnection {
    pub(super) fn new(
        (client, driver): (Client, JoinHandle<()>),
        pooler: Pooler,
        outages: Arc<Outages>,
    ) -> Self {
        let verified = AtomicUsize::new(outages.count());
        Self { client, driver, pooler, prepared: Mutex::default(), outages, verified }
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
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
    pub(super) async fn run(&self, call: Call<'_>) -> Result<Outcome, Error> {
        match self.pooler {
            Pooler::None => {
                let statement = self.statement(call.0).await?;
                self.run_prepared(&statement, call.1).await
            }
            Pooler::Transaction => self.run_unprepared(call).await,
        }
    }

    /// Runs two statements in one transaction and one round trip. Returns the outcome of the second.
    ///
    /// All four messages are written before the first `await` can suspend. A future that is dropped leaves no half-sent
    /// transaction on the connection. Statements are therefore prepared before, never in between.
    pub(super) async fn transact(&self, first: Call<'_>, then: Call<'_>) -> Result<Outcome, Error> {
        let (begin, commit) = (self.client.batch_execute("BEGIN"), self.client.batch_execute("COMMIT"));
        let (begun, prepared, outcome, committed) = match self.pooler {
            Pooler::None => {
                let (one, other) = try_join(self.statement(first.0), self.statement(then.0)).await?;
                let calls = (self.run_prepared(&one, first.1), self.run_prepared(&other, then.1));
                join4(begin, calls.0, calls.1, commit).await
            }
            Pooler::Transaction => {
                join4(begin, self.run_unprepared(first), self.run_unprepared(then), commit).await
            }
        };
        // After a failed statement the server answers COMMIT with success, having rolled back: its own result comes first.
        let outcome = outcome?;
        begun?;
        prepared?;
        committed?;
        Ok(outcome)
    }

    async fn run_prepared(
        &self,
        statement: &Statement,
        parameters: &[&dyn Parameter],
    ) -> Result<Outcome, Error> {
        collect(self.client.query_raw(statement, borrowed(parameters)).await?).await
    }

    /// Runs the unnamed statement, which PostgreSQL parses and plans each time. Nothing of it remains on the server.
    async fn run_unprepared(&self, (sql, parameters): Call<'_>) -> Result<Outcome, Error> {
        let typed = borrowed(parameters).zip(parameters.iter().map(|parameter| parameter.sql_type()));
        collect(self.client.query_typed_raw(sql, typed).await?).await
    }

    async fn statement(&self, sql: &'static str) -> Result<Statement, Error> {
        let place = (sql.as_ptr().addr(), sql.len());
        let known = self.prepared.lock().unwrap_or_else(PoisonError::into_inner).get(&place).cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let statement = self.client.prepare(sql).await?;
        let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        prepared.insert(place, statement.clone());
        Ok(statement)
    }
}

async fn collect(stream: RowStream) -> Result<Outcome, Error> {
    let mut stream = std::pin::pin!(stream);
    let mut rows = Vec::new();
    while let Some(row) = stream.try_next().await? {
        rows.push(row);
    }
    Ok(Outcome { rows, affected: stream.rows_affected().unwrap_or(0) })
}
