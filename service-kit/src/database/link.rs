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

/// A statement with its values.
pub(super) type Call<'a> = (&'static str, &'a [&'a dyn Parameter]);

/// Counts how often a server did not answer in time. A connection that was heard of before the latest silence has to prove
/// that it lives before it is used again: one dead connection is rarely alone.
#[derive(Default)]
pub(super) struct Silence(AtomicUsize);

impl Silence {
    pub(super) fn notice(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// An open connection. It is closed at once when this is dropped, whatever is under way.
pub(super) struct Link {
    client: Client,
    driver: JoinHandle<()>,
    pooler: Pooler,
    /// By the place of their text in the program, which is constant: no text is hashed for a statement that is sent.
    prepared: Mutex<HashMap<(usize, usize), Statement>>,
    silence: Arc<Silence>,
    /// How many silences there had been when the server last answered here.
    heard: AtomicUsize,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Link {
    pub(super) fn new(
        (client, driver): (Client, JoinHandle<()>),
        pooler: Pooler,
        silence: Arc<Silence>,
    ) -> Self {
        let heard = AtomicUsize::new(silence.count());
        Self { client, driver, pooler, prepared: Mutex::default(), silence, heard }
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Whether the server answered here since the latest silence.
    pub(super) fn is_trusted(&self) -> bool {
        self.heard.load(Ordering::Relaxed) == self.silence.count()
    }

    /// The server has just answered.
    pub(super) fn heard(&self) {
        self.heard.store(self.silence.count(), Ordering::Relaxed);
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

    /// Runs a statement that prepares the ground, and then one that returns rows, in one transaction of their own and one
    /// round trip.
    ///
    /// All four messages are written before the first `await` can suspend, so it is all or nothing: a future dropped at any
    /// point leaves no half-sent transaction on the connection. That is why what is prepared is prepared before.
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

    /// Parses, plans and runs the statement under no name: nothing of it is left on the server.
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
