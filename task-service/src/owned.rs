//! The one way to reach the tables: a transaction that carries the owner into row level security.

use std::sync::Arc;
use std::time::Duration;

use service_kit::database::{Parameter, Pool};
use service_kit::store::StoreError;
use tokio_postgres::Row;

use crate::isolation::Isolated;
use crate::owner::Owner;

/// Sets identity and quota for this transaction alone (the third argument): they are gone with its end, however it
/// ends. A trigger counts the owner's tasks and compares them with the quota.
///
/// The plan is made once: every statement goes through the primary key whatever its parameters are, but PostgreSQL
/// takes a generic plan for dearer than it is when there are optional filters, and would plan each list anew.
const SET_OWNER: &str = "SELECT set_config('app.user_id', $1, true), set_config('app.task_quota', $2, true), \
     set_config('plan_cache_mode', 'force_generic_plan', true)";

/// The same for a statement that may read every row of its owner: with a time limit of its own, and on one core.
const SET_OWNER_OF_LIST: &str = "SELECT set_config('app.user_id', $1, true), set_config('app.task_quota', $2, true), \
     set_config('plan_cache_mode', 'force_generic_plan', true), set_config('statement_timeout', $3, true), \
     set_config('max_parallel_workers_per_gather', '0', true)";

/// PostgreSQL cancels a list that takes too long. If its report does not arrive within another second, the connection is
/// considered dead.
const LIST_GRACE: Duration = Duration::from_secs(1);

/// Limits on what one user may take of the database.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Maximum number of tasks.
    pub task_quota: u32,
    /// Maximum duration of one list.
    pub list_timeout: Duration,
}

/// The tables, reachable only in an owner's name. Clones share one pool.
#[derive(Clone)]
pub struct OwnedTables {
    pool: Pool,
    /// Sent as text: PostgreSQL's settings are text.
    task_quota: Arc<str>,
    list_timeout: Arc<str>,
    /// Maximum time to wait for a list, or for the server to report that it was cancelled.
    list_limit: Duration,
}

impl OwnedTables {
    /// The tables behind this pool, whose role was found to be bound by row level security.
    pub fn new(pool: Pool, _: Isolated, bounds: Bounds) -> Self {
        let task_quota = bounds.task_quota.to_string().into();
        let list_timeout = format!("{}ms", bounds.list_timeout.as_millis()).into();
        let list_limit = bounds.list_timeout.saturating_add(LIST_GRACE);
        Self { pool, task_quota, list_timeout, list_limit }
    }

    /// Runs one statement in `owner`'s name and returns its rows. `$1` is the owner's id, for the statement to name
    /// it as well; `parameters` begin at `$2`.
    ///
    /// Identity, statement and commit travel together, in one round trip once the statement is prepared. A caller
    /// that gives up, as when a client hangs up, does not stop the transaction: it ends on the server.
    ///
    /// # Errors
    /// When the database is away or refuses the statement; then nothing was changed. [`StoreError::Unavailable`] is
    /// the exception: a commit whose answer got lost may have been made.
    pub async fn query(
        &self,
        owner: &Owner,
        statement: &'static str,
        parameters: &[&dyn Parameter],
    ) -> Result<Vec<Row>, StoreError> {
        let settings: &[&dyn Parameter] = &[&owner.as_str(), &&*self.task_quota];
        let limit = self.pool.timeouts().statement;
        self.run((SET_OWNER, settings), owner, (statement, parameters), limit).await
    }

    /// Does the same for a statement that may read every row the owner has, within the time limit for lists.
    ///
    /// # Errors
    /// As for [`OwnedTables::query`]; also [`StoreError::Unavailable`] if the statement takes too long.
    pub async fn list(
        &self,
        owner: &Owner,
        statement: &'static str,
        parameters: &[&dyn Parameter],
    ) -> Result<Vec<Row>, StoreError> {
        let settings: &[&dyn Parameter] = &[&owner.as_str(), &&*self.task_quota, &&*self.list_timeout];
        self.run((SET_OWNER_OF_LIST, settings), owner, (statement, parameters), self.list_limit).await
    }

    async fn run(
        &self,
        set_owner: (&'static str, &[&dyn Parameter]),
        owner: &Owner,
        (statement, parameters): (&'static str, &[&dyn Parameter]),
        limit: Duration,
    ) -> Result<Vec<Row>, StoreError> {
        let user_id = owner.as_str();
        let mut all: Vec<&dyn Parameter> = Vec::with_capacity(1 + parameters.len());
        all.push(&user_id);
        all.extend_from_slice(parameters);
        self.pool.transact(set_owner, (statement, &all), limit).await
    }
}
