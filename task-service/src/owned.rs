//! The only access to the tables: transactions that set the owner for row level security.

use std::sync::Arc;
use std::time::Duration;

use service_kit::database::{Parameter, Pool};
use service_kit::store::{Row, StoreError};

use crate::isolation::Isolated;
use crate::owner::{DeletedUser, Owner};

/// Sets the identity for this transaction only. It ends with the transaction, however that ends. A function of the database
/// does it, because the way differs with Citus (migration V3).
const SET_OWNER: &str = "SELECT act_as($1)";

/// Sets the quota too. A trigger counts the owner's tasks and compares them with it.
const SET_OWNER_AND_QUOTA: &str = "SELECT act_as($1), set_config('app.task_quota', $2, true)";

/// For a statement that may read every row of its owner: with its own time limit, and on one core.
///
/// Forces a generic plan: a list uses the primary key, whatever its parameters. With optional filters, PostgreSQL
/// overestimates the cost of a generic plan and would plan each list again.
const SET_OWNER_OF_LIST: &str = "SELECT act_as($1), set_config('statement_timeout', $2, true), \
     set_config('plan_cache_mode', 'force_generic_plan', true), \
     set_config('max_parallel_workers_per_gather', '0', true)";

/// PostgreSQL cancels a list that takes too long. If its error does not arrive within another second, the connection is
/// considered dead.
const LIST_GRACE: Duration = Duration::from_secs(1);

/// Database limits of one user.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Maximum number of tasks.
    pub task_quota: u32,
    /// Maximum duration of one list.
    pub list_timeout: Duration,
}

/// The tables, accessible only on behalf of an owner. Clones share one pool.
#[derive(Clone)]
pub struct OwnedTables {
    pool: Pool,
    /// Sent as text: PostgreSQL's settings are text.
    task_quota: Arc<str>,
    list_timeout: Arc<str>,
    /// Maximum time to wait for a list or for the error that it was cancelled.
    list_limit: Duration,
}

impl OwnedTables {
    /// Creates access to the tables through this pool. [`Isolated`] proves that row level security applies to its role.
    pub fn new(pool: Pool, _: Isolated, bounds: Bounds) -> Self {
        let task_quota = bounds.task_quota.to_string().into();
        let list_timeout = format!("{}ms", bounds.list_timeout.as_millis()).into();
        let list_limit = bounds.list_timeout.saturating_add(LIST_GRACE);
        Self { pool, task_quota, list_timeout, list_limit }
    }

    /// Runs one statement on behalf of `owner` and returns its rows. `$1` is the owner's id, which the statement must name
    /// as well; `parameters` start at `$2`.
    ///
    /// Identity and statement are sent together and are one transaction, in one round trip. If the future is
    /// dropped, e.g. because the client hangs up, the transaction still ends on the server.
    ///
    /// # Errors
    /// If the database is unavailable or rejects the statement; then nothing has changed. The exception is
    /// [`StoreError::Unavailable`]: the transaction may have been committed if the response was lost.
    pub async fn query(
        &self,
        owner: &Owner,
        statement: &'static str,
        parameters: &[&dyn Parameter],
    ) -> Result<Vec<Row>, StoreError> {
        self.act_as(owner.as_str(), statement, parameters).await
    }

    /// Does the same for a user who has been deleted.
    ///
    /// # Errors
    /// As for [`OwnedTables::query`].
    pub async fn purge(
        &self,
        user: &DeletedUser,
        statement: &'static str,
        parameters: &[&dyn Parameter],
    ) -> Result<Vec<Row>, StoreError> {
        self.act_as(user.as_str(), statement, parameters).await
    }

    /// Does the same for a statement that adds tasks, which the quota limits.
    ///
    /// # Errors
    /// As for [`OwnedTables::query`].
    pub async fn insert(
        &self,
        owner: &Owner,
        statement: &'static str,
        parameters: &[&dyn Parameter],
    ) -> Result<Vec<Row>, StoreError> {
        let settings: &[&dyn Parameter] = &[&owner.as_str(), &&*self.task_quota];
        let limit = self.pool.timeouts().statement;
        self.run((SET_OWNER_AND_QUOTA, settings), owner.as_str(), (statement, parameters), limit).await
    }

    /// Does the same for a statement that may read all rows of the owner, within the time limit for lists.
    ///
    /// # Errors
    /// As for [`OwnedTables::query`]; also [`StoreError::Unavailable`] if the statement takes too long.
    pub async fn list(
        &self,
        owner: &Owner,
        statement: &'static str,
        parameters: &[&dyn Parameter],
    ) -> Result<Vec<Row>, StoreError> {
        let settings: &[&dyn Parameter] = &[&owner.as_str(), &&*self.list_timeout];
        self.run((SET_OWNER_OF_LIST, settings), owner.as_str(), (statement, parameters), self.list_limit)
            .await
    }

    async fn act_as(
        &self,
        user_id: &str,
        statement: &'static str,
        parameters: &[&dyn Parameter],
    ) -> Result<Vec<Row>, StoreError> {
        let limit = self.pool.timeouts().statement;
        self.run((SET_OWNER, &[&user_id]), user_id, (statement, parameters), limit).await
    }

    async fn run(
        &self,
        set_owner: (&'static str, &[&dyn Parameter]),
        user_id: &str,
        (statement, parameters): (&'static str, &[&dyn Parameter]),
        limit: Duration,
    ) -> Result<Vec<Row>, StoreError> {
        let mut all: Vec<&dyn Parameter> = Vec::with_capacity(1 + parameters.len());
        all.push(&user_id);
        all.extend_from_slice(parameters);
        self.pool.transact(set_owner, (statement, &all), limit).await
    }
}
