//! The `status_indexes` and `status_lists` tables.

use jiff::Timestamp;
use service_kit::database::{Executor, Transaction};
use service_kit::store::{StoreError, column};

use super::model::LIST_SIZE;

/// Held by the one replica that sweeps ("bits" in ASCII).
const CLEANUP_LOCK: i64 = 0x6269_7473;
/// Sessions swept at once: each takes its row locks for a few milliseconds.
const SWEPT_AT_ONCE: i64 = 1000;

/// Everything that is revoked, as the grid's line has it.
const ALL: &str = "
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon,
           (SELECT array_agg(created_at ORDER BY number) FROM status_lists) AS lists,
           (SELECT coalesce(array_agg(idx), '{}') FROM status_indexes
            WHERE revoked_in IS NOT NULL AND (clears_at IS NULL OR clears_at > $1)) AS revoked";
/// What was revoked by transactions that could not be seen the last time.
const CHANGES: &str = "
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS horizon,
           (SELECT array_agg(created_at ORDER BY number) FROM status_lists) AS lists,
           (SELECT coalesce(array_agg(idx), '{}') FROM status_indexes
            WHERE revoked_in >= $2 AND (clears_at IS NULL OR clears_at > $1)) AS revoked";
const LOCK: &str = "SELECT pg_try_advisory_xact_lock($1)";
const STAMP: &str = "
    UPDATE status_indexes SET clears_at = $1, free_at = $2 WHERE revoked_in IS NOT NULL AND clears_at IS NULL";
const FREE: &str = "DELETE FROM status_indexes WHERE revoked_in IS NOT NULL AND free_at <= $1";
const SWEEP_SESSIONS: &str = "
    DELETE FROM sessions WHERE id IN (
        SELECT id FROM sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)";
const COUNT_TAKEN: &str = "SELECT count(*) FROM status_indexes";
/// The next list, when more than half of the places of those that there are is taken.
const ADD_LIST: &str = "
    INSERT INTO status_lists (number, created_at)
    SELECT max(number) + 1, $1 FROM status_lists HAVING $2::bigint * 2 > count(*) * $3::bigint
    ON CONFLICT (number) DO NOTHING";

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

/// What the database says of the lists.
pub struct ListState {
    /// What comes later is of this transaction or one after it.
    pub horizon: i64,
    /// When each list was made, by number.
    pub lists: Vec<Timestamp>,
    /// Places that are revoked, over all lists.
    pub revoked: Vec<i64>,
}

/// What is revoked at the grid's `line`: all of it, or what came `since` an earlier look's horizon.
///
/// # Errors
/// When the database cannot.
pub async fn list_state(
    client: &impl Executor,
    line: Timestamp,
    since: Option<i64>,
) -> Result<ListState, StoreError> {
    let row = match since {
        None => client.query_one(ALL, &[&line]).await?,
        Some(horizon) => client.query_one(CHANGES, &[&line, &horizon]).await?,
    };
    Ok(ListState {
        horizon: column(&row, "status_indexes", "horizon")?,
        lists: column(&row, "status_lists", "lists")?,
        revoked: column(&row, "status_indexes", "revoked")?,
    })
}

/// Whether this transaction is the one that sweeps now.
///
/// # Errors
/// When the database cannot.
pub async fn lock(transaction: &Transaction) -> Result<bool, StoreError> {
    Ok(transaction.query_one(LOCK, &[&CLEANUP_LOCK]).await?.try_get(0)?)
}

/// Says until when the bits are set that were set since the last time, and when their places are free again.
///
/// # Errors
/// When the database cannot.
pub async fn stamp(
    transaction: &Transaction,
    clears_at: Timestamp,
    free_at: Timestamp,
) -> Result<(), StoreError> {
    transaction.execute(STAMP, &[&clears_at, &free_at]).await?;
    Ok(())
}

/// Gives back the places that have rested.
///
/// # Errors
/// When the database cannot.
pub async fn free(transaction: &Transaction, now: Timestamp) -> Result<(), StoreError> {
    transaction.execute(FREE, &[&now]).await?;
    Ok(())
}

/// Deletes some sessions that are over. Whether there may be more.
///
/// # Errors
/// When the database cannot.
pub async fn sweep_sessions(client: &impl Executor, now: Timestamp) -> Result<bool, StoreError> {
    let swept = client.execute(SWEEP_SESSIONS, &[&now, &SWEPT_AT_ONCE]).await?;
    Ok(i64::try_from(swept).is_ok_and(|swept| swept >= SWEPT_AT_ONCE))
}

/// Adds a list when those that there are fill up. Whether it did.
///
/// # Errors
/// When the database cannot.
pub async fn grow(transaction: &Transaction, now: Timestamp) -> Result<bool, StoreError> {
    let taken: i64 = transaction.query_one(COUNT_TAKEN, &[]).await?.try_get(0)?;
    let added = transaction.execute(ADD_LIST, &[&now, &taken, &i64::from(LIST_SIZE)]).await?;
    Ok(added == 1)
}
