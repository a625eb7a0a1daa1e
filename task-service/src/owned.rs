//! The one way to reach the tables: a transaction that carries the owner into row level security.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use futures_util::future::{join4, try_join};
use service_kit::store::StoreError;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};

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
}

impl OwnedTables {
    /// The tables behind this pool, whose role was found to be bound by row level security.
    pub fn new(pool: Pool, _: Isolated, bounds: Bounds) -> Self {
        let task_quota = bounds.task_quota.to_string().into();
        let list_timeout = format!("{}ms", bounds.list_timeout.as_millis()).into();
        Self { pool, task_quota, list_timeout }
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
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        let settings: &[&(dyn ToSql + Sync)] = &[&owner.as_str(), &&*self.task_quota];
        self.run((SET_OWNER, settings), owner, statement, parameters).await
    }

    /// Does the same for a statement that may read every row the owner has, within the time limit for lists.
    ///
    /// # Errors
    /// As for [`OwnedTables::query`]; also [`StoreError::Unavailable`] if the statement takes too long.
    pub async fn list(
        &self,
        owner: &Owner,
        statement: &'static str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        let settings: &[&(dyn ToSql + Sync)] = &[&owner.as_str(), &&*self.task_quota, &&*self.list_timeout];
        self.run((SET_OWNER_OF_LIST, settings), owner, statement, parameters).await
    }

    async fn run(
        &self,
        (set_owner, settings): (&'static str, &[&(dyn ToSql + Sync)]),
        owner: &Owner,
        statement: &'static str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, StoreError> {
        let client = self.pool.get().await?;
        let prepare = try_join(client.prepare_cached(set_owner), client.prepare_cached(statement));
        let outcome = match prepare.await {
            Ok((set_owner, statement)) => {
                let user_id = owner.as_str();
                let mut all: Vec<&(dyn ToSql + Sync)> = Vec::with_capacity(1 + parameters.len());
                all.push(&user_id);
                all.extend_from_slice(parameters);
                transact(&client, (&set_owner, settings), (&statement, &all)).await
            }
            Err(error) => Err(error.into()),
        };
        if outcome.as_ref().is_err_and(is_doubtful) {
            // Closed rather than used again: nobody can say what state it is in.
            drop(Object::take(client));
        }
        outcome
    }
}

/// All four messages are written before the first `await` can suspend, so it is all or nothing: a future dropped at
/// any point leaves no half-sent transaction on the connection. That is why everything in here is prepared already.
async fn transact(
    client: &tokio_postgres::Client,
    (set_owner, settings): (&Statement, &[&(dyn ToSql + Sync)]),
    (statement, parameters): (&Statement, &[&(dyn ToSql + Sync)]),
) -> Result<Vec<Row>, StoreError> {
    let (begun, identified, rows, committed) = join4(
        client.batch_execute("BEGIN"),
        client.query(set_owner, settings),
        client.query(statement, parameters),
        client.batch_execute("COMMIT"),
    )
    .await;
    // After a failed statement the server answers COMMIT with success, having rolled back: its own result comes first.
    let rows = rows?;
    begun?;
    identified?;
    committed?;
    Ok(rows)
}

/// Everything but a row refused by a constraint and a cancelled statement: after those the server has rolled back for
/// certain. A list that takes too long is cancelled, and must not cost a new connection each time.
fn is_doubtful(error: &StoreError) -> bool {
    match error {
        StoreError::Constraint { .. } => false,
        StoreError::Unavailable(cause) => !is_cancelled(cause.as_ref()),
        StoreError::Corrupt { .. } | StoreError::Statement(_) => true,
    }
}

fn is_cancelled(cause: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    let error = cause.downcast_ref::<tokio_postgres::Error>();
    error.is_some_and(|error| error.code() == Some(&SqlState::QUERY_CANCELED))
}
