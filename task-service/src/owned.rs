//! The one way to reach the tables: a transaction that carries the owner into row level security.

use deadpool_postgres::{Object, Pool};
use futures_util::future::{join4, try_join};
use service_kit::store::StoreError;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Row, Statement};

use crate::isolation::Isolated;
use crate::owner::Owner;

/// Sets the identity for this transaction alone (the third argument): it is gone with its end, however it ends.
///
/// The plan is made once: every statement goes through the primary key whatever its parameters are, but PostgreSQL
/// takes a generic plan for dearer than it is when there are optional filters, and would plan each list anew.
const SET_OWNER: &str = "SELECT set_config('app.user_id', $1, true), \
     set_config('plan_cache_mode', 'force_generic_plan', true)";

/// The tables, reachable only in an owner's name. Clones share one pool.
#[derive(Clone)]
pub struct OwnedTables {
    pool: Pool,
}

impl OwnedTables {
    /// The tables behind this pool, whose role was found to be bound by row level security.
    pub fn new(pool: Pool, _: Isolated) -> Self {
        Self { pool }
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
        let client = self.pool.get().await?;
        let prepare = try_join(client.prepare_cached(SET_OWNER), client.prepare_cached(statement));
        let outcome = match prepare.await {
            Ok((set_owner, statement)) => {
                let user_id = owner.as_str();
                let mut all: Vec<&(dyn ToSql + Sync)> = Vec::with_capacity(1 + parameters.len());
                all.push(&user_id);
                all.extend_from_slice(parameters);
                transact(&client, &set_owner, &statement, &all).await
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
    set_owner: &Statement,
    statement: &Statement,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Row>, StoreError> {
    let owner = parameters.get(..1).unwrap_or_default();
    let (begun, identified, rows, committed) = join4(
        client.batch_execute("BEGIN"),
        client.query(set_owner, owner),
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

/// Everything but a row refused by a constraint: that one is certain, and the server rolled back.
fn is_doubtful(error: &StoreError) -> bool {
    match error {
        StoreError::Constraint { .. } => false,
        StoreError::Unavailable(_) | StoreError::Corrupt { .. } | StoreError::Statement(_) => true,
    }
}
