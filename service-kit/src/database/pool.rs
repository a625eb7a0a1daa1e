//! A pool of connections. Each statement or transaction borrows one.

use std::sync::Arc;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed;
use tokio::time::timeout;

use super::connect::Connector;
use super::connection::{Connection, Failure};
use super::error::DatabaseError;
use super::exchange::Call;
use super::executor::{Executor, Outcome};
use super::manager::Manager;
use super::parameter::Parameter;
use super::pool_metrics::PoolFailures;
use super::pooler::Pooler;
use super::raw_connection::Outages;
use super::spans;
use super::transaction::Transaction;
use crate::collectors;
use crate::store::{Row, StoreError, TimedOut};

/// Maximum time to open a connection, over all hosts. Together with the wait for a free connection and one statement it
/// stays well below the 30 s of a request.
const CREATE_TIMEOUT: Duration = Duration::from_secs(4);
/// Pause before a statement is repeated that lost a deadlock or a conflict. It lets the other transaction proceed: without
/// a pause, the loser might take its locks again before the winner wakes up, and lose again.
const CONFLICT_PAUSE: Duration = Duration::from_millis(20);
/// Maximum duration of the check for `/readyz`.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// Time limits of a pool.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// Maximum time to wait for a free connection.
    pub wait: Duration,
    /// Maximum time to wait for the result of one statement. The service role's `statement_timeout` is 10 s: it cancels
    /// statements whose client is gone.
    pub statement: Duration,
}

impl Timeouts {
    /// For requests. A client whose request exceeds them gets a 503 and can retry. Statements take milliseconds.
    pub const REQUEST: Self = Self { wait: Duration::from_secs(2), statement: Duration::from_millis(3500) };
    /// For background tasks, which may read or delete many rows.
    pub const BACKGROUND: Self = Self { wait: Duration::from_secs(2), statement: Duration::from_secs(10) };
    /// For commands, which may write thousands of rows with one statement.
    pub const COMMAND: Self = Self { wait: Duration::from_secs(2), statement: Duration::from_secs(60) };
}

/// A pool of connections. Clones share it.
#[derive(Clone)]
pub struct Pool {
    connections: managed::Pool<Manager>,
    connector: Arc<Connector>,
    timeouts: Timeouts,
    outages: Arc<Outages>,
    failures: PoolFailures,
}

impl Pool {
    pub(super) fn new(
        connector: Arc<Connector>,
        pooler: Pooler,
        size: usize,
        timeouts: Timeouts,
    ) -> Result<Self, DatabaseError> {
        // Shared by all pools of a database URL.
        let outages = Arc::clone(connector.outages());
        let create = CREATE_TIMEOUT.max(connector.attempt_timeout());
        let manager = Manager::new(Arc::clone(&connector), pooler);
        let limits = managed::Timeouts {
            wait: Some(timeouts.wait),
            create: Some(create),
            recycle: Some(CREATE_TIMEOUT),
        };
        let connections = managed::Pool::builder(manager)
            .max_size(size)
            .timeouts(limits)
            .runtime(Runtime::Tokio1)
            .build()?;
        Ok(Self { connections, connector, timeouts, outages, failures: PoolFailures::uncounted() })
    }

    /// Shows the state of this pool in the metrics, together with that of all others with this `name`.
    #[must_use]
    pub fn measured(self, name: &'static str) -> Self {
        if !collectors::are_enabled() {
            return self;
        }
        Self { failures: PoolFailures::of(name, self.connections.weak()), ..self }
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// If the database is unreachable or does not respond in time.
    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        let limit = self.timeouts.statement;
        match Transaction::begin(self.connection().await?, limit).await {
            Err(failure) if failure.may_repeat => {
                Ok(Transaction::begin(self.connection().await?, limit).await?)
            }
            outcome => Ok(outcome?),
        }
    }

    /// Runs two statements in one transaction and one round trip: `first` sets something for this transaction only, e.g. an
    /// identity. Returns the rows of `then`. `limit` is the maximum time to wait for the result.
    ///
    /// If the future is dropped, either the whole transaction takes effect or none of it.
    pub async fn transact(
        &self,
        first: Call<'_>,
        then: Call<'_>,
        limit: Duration,
    ) -> Result<Vec<Row>, StoreError> {
        Ok(self.perform(Work::Pair(first, then), limit).await?.rows)
    }

    /// Returns the time limits of this pool.
    pub fn timeouts(&self) -> Timeouts {
        self.timeouts
    }

    /// Number of open connections.
    pub fn size(&self) -> usize {
        self.connections.status().size
    }

    /// Number of open connections that are not in use.
    pub fn idle(&self) -> usize {
        self.connections.status().available
    }

    /// Checks that the server responds and accepts writes.
    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        let ask = async {
            let connection = self.connection().await?;
            let read_only = connection.within(PING_TIMEOUT, connection.raw()?.is_read_only()).await?;
            let acceptable = self.connector.accepts(read_only);
            if !acceptable {
                connection.reject();
            }
            Ok(acceptable)
        };
        match timeout(PING_TIMEOUT, ask).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(StoreError::Unavailable("the server is read-only".into())),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(StoreError::Unavailable(TimedOut(PING_TIMEOUT).into())),
        }
    }

    async fn connection(&self) -> Result<Connection, StoreError> {
        let waiting = spans::waiting();
        let connection = Connection::of(&self.connections, &self.outages).await;
        drop(waiting);
        Ok(connection.inspect_err(|error| self.failures.count(error))?)
    }

    /// Runs one transaction, and repeats it once if it certainly had no effect and may succeed the next time.
    async fn perform(&self, work: Work<'_>, limit: Duration) -> Result<Outcome, StoreError> {
        let mut connection = self.connection().await?;
        match work.on(&connection, limit).await {
            Err(failure) if failure.may_repeat => {
                tracing::debug!(error = %failure.error, "repeating a statement");
                if connection.is_broken() {
                    drop(connection);
                    connection = self.connection().await?;
                } else {
                    tokio::time::sleep(CONFLICT_PAUSE).await;
                }
                Ok(work.on(&connection, limit).await?)
            }
            outcome => Ok(outcome?),
        }
    }
}

/// One transaction.
#[derive(Clone, Copy)]
enum Work<'a> {
    Statement(Call<'a>),
    Pair(Call<'a>, Call<'a>),
}

impl Work<'_> {
    async fn on(self, connection: &Connection, limit: Duration) -> Result<Outcome, Failure> {
        let raw = connection.raw()?;
        let (span, outcome) = match self {
            Self::Statement(call) => {
                (spans::statement(call.0), connection.within(limit, raw.run(call)).await)
            }
            Self::Pair(first, then) => {
                (spans::pair(first.0, then.0), connection.within(limit, raw.transact(first, then)).await)
            }
        };
        spans::end(span, &outcome);
        outcome
    }
}

impl Executor for Pool {
    async fn run(&self, sql: &'static str, parameters: &[&dyn Parameter]) -> Result<Outcome, StoreError> {
        self.perform(Work::Statement((sql, parameters)), self.timeouts.statement).await
    }
}
