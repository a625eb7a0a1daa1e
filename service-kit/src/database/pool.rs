//! Connections that are kept open, and lent to one statement or transaction at a time.

use std::sync::Arc;
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{self, Metrics, RecycleError, RecycleResult, Timeouts};
use tokio::time::timeout;
use tokio_postgres::Row;

use super::address::DatabaseError;
use super::connect::{ConnectError, Route, is_read_only};
use super::connection::{Connection, Failure};
use super::executor::{Executor, Outcome};
use super::link::{Call, Link, Silence};
use super::parameter::Parameter;
use super::pooler::Pooler;
use super::transaction::Transaction;
use crate::store::{Late, StoreError};

/// How long a new connection may take, over all hosts. With the wait for a place and one statement it stays well below the
/// 30 s that a request may take.
const CREATE_TIMEOUT: Duration = Duration::from_secs(4);
/// How long a connection may take to prove that it lives, after others went silent: many round trips, and short, since
/// several dead ones may be looked at one after another.
const PROOF_TIMEOUT: Duration = Duration::from_millis(500);
/// How long `/readyz` waits for the database's answer.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// How long the users of a pool wait.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a free connection.
    pub wait: Duration,
    /// For the server's answer to one statement. The server's own limit, `statement_timeout` of the service role, is 10 s:
    /// it ends what we no longer wait for.
    pub statement: Duration,
}

impl Patience {
    /// A client waits: past these it gets a 503 it can retry. Our statements take milliseconds.
    pub const REQUEST: Self = Self { wait: Duration::from_secs(2), statement: Duration::from_millis(3500) };
    /// Nobody waits: work in the background may read and sweep many rows.
    pub const BACKGROUND: Self = Self { wait: Duration::from_secs(2), statement: Duration::from_secs(10) };
    /// An operator waits, whose command may write thousands of rows with one statement.
    pub const COMMAND: Self = Self { wait: Duration::from_secs(2), statement: Duration::from_secs(60) };
}

/// What makes connections and looks at them before they are lent again.
pub(super) struct Manager {
    route: Arc<Route>,
    pooler: Pooler,
    silence: Arc<Silence>,
}

impl managed::Manager for Manager {
    type Type = Link;
    type Error = ConnectError;

    async fn create(&self) -> Result<Link, ConnectError> {
        Ok(Link::new(self.route.open().await?, self.pooler, Arc::clone(&self.silence)))
    }

    /// Costs no round trip, unless a server was silent since this connection was last used: no transaction of ours can be
    /// left half sent, and nothing is set on a connection.
    async fn recycle(&self, link: &mut Link, _: &Metrics) -> RecycleResult<ConnectError> {
        if link.is_closed() {
            return Err(RecycleError::message("the connection is closed"));
        }
        if link.is_trusted() {
            return Ok(());
        }
        match timeout(PROOF_TIMEOUT, link.client().check_connection()).await {
            Ok(Ok(())) => {
                link.heard();
                Ok(())
            }
            Ok(Err(_)) | Err(_) => Err(RecycleError::message("the connection is silent")),
        }
    }
}

/// Connections to the database. Clones share them.
#[derive(Clone)]
pub struct Pool {
    connections: managed::Pool<Manager>,
    patience: Patience,
    silence: Arc<Silence>,
}

impl Pool {
    pub(super) fn new(
        route: Arc<Route>,
        pooler: Pooler,
        size: usize,
        patience: Patience,
    ) -> Result<Self, DatabaseError> {
        // All pools of one address learn of a silence.
        let silence = Arc::clone(route.silence());
        let create = CREATE_TIMEOUT.max(route.patience());
        let manager = Manager { route, pooler, silence: Arc::clone(&silence) };
        let timeouts =
            Timeouts { wait: Some(patience.wait), create: Some(create), recycle: Some(CREATE_TIMEOUT) };
        let connections = managed::Pool::builder(manager)
            .max_size(size)
            .timeouts(timeouts)
            .runtime(Runtime::Tokio1)
            .build()?;
        Ok(Self { connections, patience, silence })
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        let limit = self.patience.statement;
        match Transaction::begin(self.connection().await?, limit).await {
            Err(failure) if failure.may_repeat => {
                Ok(Transaction::begin(self.connection().await?, limit).await?)
            }
            outcome => Ok(outcome?),
        }
    }

    /// Runs a statement in a transaction of its own whose ground `first` prepares, all in one round trip: it sets what
    /// holds for this transaction alone. Returns the rows of the second. `limit` is how long the server may take.
    ///
    /// A caller that gives up leaves no half of it behind.
    ///
    /// # Errors
    /// As for [`Executor::run`].
    pub async fn transact(
        &self,
        first: Call<'_>,
        then: Call<'_>,
        limit: Duration,
    ) -> Result<Vec<Row>, StoreError> {
        Ok(self.perform(Work::Prepared(first, then), limit).await?.rows)
    }

    /// How long a statement of this pool may take.
    pub fn patience(&self) -> Patience {
        self.patience
    }

    /// How many connections are open.
    pub fn size(&self) -> usize {
        self.connections.status().size
    }

    /// How many of them nobody uses.
    pub fn idle(&self) -> usize {
        self.connections.status().available
    }

    /// Asks the server whether it takes writes.
    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        let ask = async {
            let connection = self.connection().await?;
            let asked = is_read_only(connection.link()?.client());
            Ok(connection.within(PING_TIMEOUT, asked).await?)
        };
        match timeout(PING_TIMEOUT, ask).await {
            Ok(Ok(false)) => Ok(()),
            Ok(Ok(true)) => Err(StoreError::Unavailable("the server takes no writes".into())),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(StoreError::Unavailable(Late(PING_TIMEOUT).into())),
        }
    }

    async fn connection(&self) -> Result<Connection, StoreError> {
        Connection::of(&self.connections, &self.silence).await
    }

    /// Does what is one transaction of ours, and does it once more if it certainly did nothing and may succeed the next
    /// time.
    async fn perform(&self, work: Work<'_>, limit: Duration) -> Result<Outcome, StoreError> {
        let mut connection = self.connection().await?;
        match work.on(&connection, limit).await {
            Err(failure) if failure.may_repeat => {
                tracing::debug!(error = %failure.error, "a statement is sent again");
                if connection.is_doubtful() {
                    drop(connection);
                    connection = self.connection().await?;
                }
                Ok(work.on(&connection, limit).await?)
            }
            outcome => Ok(outcome?),
        }
    }
}

/// What is one transaction of ours.
#[derive(Clone, Copy)]
enum Work<'a> {
    Statement(Call<'a>),
    Prepared(Call<'a>, Call<'a>),
}

impl Work<'_> {
    async fn on(self, connection: &Connection, limit: Duration) -> Result<Outcome, Failure> {
        let link = connection.link()?;
        match self {
            Self::Statement(call) => connection.within(limit, link.run(call)).await,
            Self::Prepared(first, then) => connection.within(limit, link.transact(first, then)).await,
        }
    }
}

impl Executor for Pool {
    async fn run(&self, sql: &'static str, parameters: &[&dyn Parameter]) -> Result<Outcome, StoreError> {
        self.perform(Work::Statement((sql, parameters)), self.patience.statement).await
    }
}
