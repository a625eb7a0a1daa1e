//! The `status_indexes` and `status_lists` tables.

use jiff::Timestamp;
use service_kit::database::{Executor, Transaction};
use service_kit::store::{StoreError, column};

use super::model::{LIST_SIZE, StatusIndex};

/// The advisory lock of the cleanup ("bits" in ASCII).
const CLEANUP_LOCK: i64 = 0x6269_7473;

/// All revocations at the start of a validity window.
const ALL: &str = "
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon,
           (SELECT array_agg(created_at ORDER BY number) FROM status_lists) AS lists,
           (SELECT coalesce(array_agg(idx), '{}') FROM status_indexes
            WHERE revoked_in IS NOT NULL AND (clears_at IS NULL OR clears_at > $1)) AS revoked";
/// The revocations of transactions that were not visible the last time.
const CHANGES: &str = "
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon,
           (SELECT array_agg(created_at ORDER BY number) FROM status_lists) AS lists,
           (SELECT coalesce(array_agg(idx), '{}') FROM status_indexes
            WHERE revoked_in >= $2 AND (clears_at IS NULL OR clears_at > $1)) AS revoked";
const LOCK: &str = "SELECT pg_try_advisory_xact_lock($1)";
const STAMP: &str = "
    UPDATE status_indexes SET clears_at = $1, free_at = $2 WHERE revoked_in IS NOT NULL AND clears_at IS NULL";
const FREE: &str = "DELETE FROM status_indexes WHERE revoked_in IS NOT NULL AND free_at <= $1";
const COUNT_TAKEN: &str = "SELECT count(*) FROM status_indexes";
/// Adds a list if more than half of all indexes are taken.
const ADD_LIST: &str = "
    INSERT INTO status_lists (number, created_at)
    SELECT max(number) + 1, $1 FROM status_lists HAVING $2::bigint * 2 > count(*) * $3::bigint
    ON CONFLICT (number) DO NOTHING";

/// The first of these indexes that no session has.
const FIRST_FREE: &str = "
    SELECT min(n) AS idx FROM generate_series(0, $1::bigint) AS n
    WHERE NOT EXISTS (SELECT FROM status_indexes taken WHERE taken.idx = n)";
/// How many indexes are examined. At most half of all are taken, at random, so one of them is free.
const EXAMINED: i64 = 4096;

/// The statement of a CTE that takes the first free place of those drawn, once the CTE `$requester` has a row. A part of the
/// statements that store sessions, so that taking a place costs no round trip.
macro_rules! allocate_index {
    ($requester:literal, $drawn:literal) => {
        concat!(
            "INSERT INTO status_indexes (idx)
            SELECT drawn FROM ",
            $requester,
            ", unnest(",
            $drawn,
            "::bigint[]) AS drawn
            WHERE NOT EXISTS (SELECT FROM status_indexes taken WHERE taken.idx = drawn) LIMIT 1
            ON CONFLICT DO NOTHING RETURNING idx"
        )
    };
}
pub(crate) use allocate_index;

/// The statement of a CTE that revokes the places that the CTE `$sessions` has as `status_index`, as the trigger does for a
/// session that ends.
macro_rules! revoke_indexes {
    ($sessions:literal) => {
        concat!(
            "UPDATE status_indexes SET revoked_in = pg_current_xact_id()::text::bigint FROM ",
            $sessions,
            " WHERE idx = ",
            $sessions,
            ".status_index"
        )
    };
}
pub(crate) use revoke_indexes;

/// The lists as the database has them.
pub struct ListState {
    /// Later changes are of this transaction or one after it.
    pub horizon: i64,
    /// When each list was created, by number.
    pub lists: Vec<Timestamp>,
    /// The revoked indexes, over all lists.
    pub revoked: Vec<i64>,
}

/// The revocations in the validity window that starts at `window`: all of them, or those added `since` an earlier horizon.
pub async fn list_state(
    client: &impl Executor,
    window: Timestamp,
    since: Option<i64>,
) -> Result<ListState, StoreError> {
    let row = match since {
        None => client.query_one(ALL, &[&window]).await?,
        Some(horizon) => client.query_one(CHANGES, &[&window, &horizon]).await?,
    };
    Ok(ListState {
        horizon: column(&row, "status_indexes", "horizon")?,
        lists: column(&row, "status_lists", "lists")?,
        revoked: column(&row, "status_indexes", "revoked")?,
    })
}

/// Whether this transaction may clean up now: one at a time does.
pub async fn lock(transaction: &Transaction) -> Result<bool, StoreError> {
    Ok(transaction.query_one(LOCK, &[&CLEANUP_LOCK]).await?.try_get(0)?)
}

/// Stamps the bits that were set since the last time with when they are cleared and when their indexes are free again.
pub async fn stamp(
    transaction: &Transaction,
    clears_at: Timestamp,
    free_at: Timestamp,
) -> Result<(), StoreError> {
    transaction.execute(STAMP, &[&clears_at, &free_at]).await?;
    Ok(())
}

/// Frees the indexes whose rest is over.
pub async fn free(transaction: &Transaction, now: Timestamp) -> Result<(), StoreError> {
    transaction.execute(FREE, &[&now]).await?;
    Ok(())
}

/// Adds a list if the existing ones are filling up. Returns whether it did.
pub async fn grow(transaction: &Transaction, now: Timestamp) -> Result<bool, StoreError> {
    let taken: i64 = transaction.query_one(COUNT_TAKEN, &[]).await?.try_get(0)?;
    let added = transaction.execute(ADD_LIST, &[&now, &taken, &i64::from(LIST_SIZE)]).await?;
    Ok(added == 1)
}

/// An index of the first list that no session has, so its bit is clear. It is not taken: a new session may get it.
pub async fn free_index(client: &impl Executor) -> Result<Option<StatusIndex>, StoreError> {
    let row = client.query_one(FIRST_FREE, &[&EXAMINED]).await?;
    Ok(column::<Option<i64>>(&row, "status_indexes", "idx")?.and_then(StatusIndex::new))
}
