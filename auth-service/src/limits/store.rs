//! The `limits` table.

use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use service_kit::store::{StoreError, column};

use super::model::{Key, Rule, Since};

/// One statement, so that no two requests see the same count: the row is locked between looking and counting. A full
/// count is not written. Its end is that of the moment the statement began, or unknown if there was no row then.
const TAKE: &str = "
    WITH taken AS (
        INSERT INTO limits AS old (key, count, ends_at) VALUES ($1, 1, $3)
        ON CONFLICT (key) DO UPDATE
        SET count = CASE WHEN old.ends_at <= $2 THEN 1 ELSE old.count + 1 END,
            ends_at = CASE WHEN old.ends_at <= $2 OR $5 THEN $3 ELSE old.ends_at END
        WHERE old.ends_at <= $2 OR old.count < $4
        RETURNING ends_at
    )
    SELECT true AS taken, ends_at FROM taken
    UNION ALL
    SELECT false, ends_at FROM limits WHERE key = $1 AND NOT EXISTS (SELECT FROM taken)";
/// Only of the same window: a later one did not count it.
const GIVE_BACK: &str = "UPDATE limits SET count = count - 1 WHERE key = $1 AND ends_at = $2 AND count > 0";
const CLEAR: &str = "DELETE FROM limits WHERE key = $1";
/// In small steps and past rows that are in use, so that nobody waits for it. What ends later than anything could
/// was left by a clock that was wrong.
const SWEEP: &str = "
    DELETE FROM limits WHERE key IN (
        SELECT key FROM limits WHERE ends_at <= $1 OR ends_at > $2 LIMIT 1000 FOR UPDATE SKIP LOCKED)";

/// What came of counting one more.
pub enum Taken {
    /// It was counted, in a window that ends then.
    Yes(Timestamp),
    /// It would be one too many, until then, if that is known.
    No(Option<Timestamp>),
}

/// Counts one more, unless it would be one too many. Exact, however many replicas count at once.
///
/// # Errors
/// When the database cannot.
pub async fn take(
    client: &impl GenericClient,
    key: &Key,
    rule: &Rule,
    now: Timestamp,
) -> Result<Taken, StoreError> {
    let statement = client.prepare_cached(TAKE).await?;
    let restarts = rule.since == Since::LastAllowed;
    let row =
        client.query_opt(&statement, &[&key.as_bytes(), &now, &rule.end(now), &rule.max, &restarts]).await?;
    let Some(row) = row else { return Ok(Taken::No(None)) };
    let ends_at = column(&row, "limits", "ends_at")?;
    Ok(if column(&row, "limits", "taken")? { Taken::Yes(ends_at) } else { Taken::No(Some(ends_at)) })
}

/// Takes one off a count whose window ends at `ends_at`.
///
/// # Errors
/// When the database cannot.
pub async fn give_back(client: &impl GenericClient, key: &Key, ends_at: Timestamp) -> Result<(), StoreError> {
    let statement = client.prepare_cached(GIVE_BACK).await?;
    client.execute(&statement, &[&key.as_bytes(), &ends_at]).await?;
    Ok(())
}

/// Forgets a count.
///
/// # Errors
/// When the database cannot.
pub async fn clear(client: &impl GenericClient, key: &Key) -> Result<(), StoreError> {
    let statement = client.prepare_cached(CLEAR).await?;
    client.execute(&statement, &[&key.as_bytes()]).await?;
    Ok(())
}

/// Deletes some of the counts that are over by `now`, or end after `latest`. How many.
///
/// # Errors
/// When the database cannot.
pub async fn sweep(
    client: &impl GenericClient,
    now: Timestamp,
    latest: Timestamp,
) -> Result<u64, StoreError> {
    let statement = client.prepare_cached(SWEEP).await?;
    Ok(client.execute(&statement, &[&now, &latest]).await?)
}
