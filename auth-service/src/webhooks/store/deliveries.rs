//! The `webhook_deliveries` table. Every function that is about one receiver takes it first.

use jiff::Timestamp;
use service_kit::database::Executor;
use service_kit::store::{Row, StoreError, column};

use super::super::model::Claimed;

const TABLE: &str = "webhook_deliveries";

/// Claims due events for the duration of a lease, concurrently with other replicas: of each user the first one only, so that
/// the events of a user arrive in their order. The number of the attempt identifies the lease.
const CLAIM: &str = "
    WITH due AS (
        SELECT sequence FROM webhook_deliveries AS delivery
        WHERE receiver = $1 AND (next_attempt_at IS NULL OR next_attempt_at <= $2) AND NOT EXISTS (
            SELECT FROM webhook_deliveries AS earlier
            WHERE earlier.receiver = $1 AND earlier.user_id = delivery.user_id
                AND earlier.sequence < delivery.sequence
        )
        ORDER BY sequence LIMIT $4 FOR UPDATE SKIP LOCKED
    )
    UPDATE webhook_deliveries AS delivery SET attempts = attempts + 1, next_attempt_at = $3
    FROM due WHERE delivery.receiver = $1 AND delivery.sequence = due.sequence
    RETURNING delivery.sequence, event_id, event, data, occurred_at, attempts";
const REMOVE: &str = "DELETE FROM webhook_deliveries WHERE receiver = $1 AND sequence = $2 AND attempts = $3";
const POSTPONE: &str = "
    UPDATE webhook_deliveries SET next_attempt_at = $4 WHERE receiver = $1 AND sequence = $2 AND attempts = $3";
/// It was claimed and not sent, which is no attempt.
const RELEASE: &str = "
    UPDATE webhook_deliveries SET attempts = attempts - 1, next_attempt_at = NULL
    WHERE receiver = $1 AND sequence = $2 AND attempts = $3";
const REMOVE_ALL: &str = "DELETE FROM webhook_deliveries WHERE receiver = $1";
/// Drops the oldest events of registered receivers, up to `$3` of each receiver at once: those from before `$1`, those
/// beyond the newest `$2`, and all of receivers that were removed while a transaction stored an event for them. Events for
/// `environment` are kept. MATERIALIZED: the position of the newest `$2` is found once for each receiver, not for each row.
const DROP: &str = "
    WITH RECURSIVE present AS (
        SELECT min(receiver) AS receiver FROM webhook_deliveries
        UNION ALL
        SELECT (SELECT min(receiver) FROM webhook_deliveries WHERE receiver > present.receiver)
        FROM present WHERE present.receiver IS NOT NULL
    ),
    bounds AS MATERIALIZED (
        SELECT present.receiver, receivers.id IS NULL AS is_removed, (
            SELECT sequence FROM webhook_deliveries AS delivery WHERE delivery.receiver = present.receiver
            ORDER BY sequence DESC OFFSET $2 LIMIT 1
        ) AS beyond
        FROM present LEFT JOIN webhook_receivers AS receivers ON receivers.id::text = present.receiver
        WHERE present.receiver <> 'environment'
    ),
    oldest AS (
        SELECT bounds.receiver, bounds.is_removed, bounds.beyond, delivery.sequence, delivery.occurred_at
        FROM bounds CROSS JOIN LATERAL (
            SELECT sequence, occurred_at FROM webhook_deliveries WHERE receiver = bounds.receiver
            ORDER BY sequence LIMIT $3
        ) AS delivery
    ),
    dropped AS (
        DELETE FROM webhook_deliveries AS delivery USING oldest
        WHERE delivery.receiver = oldest.receiver AND delivery.sequence = oldest.sequence
            AND (oldest.is_removed OR oldest.occurred_at < $1 OR oldest.sequence <= oldest.beyond)
        RETURNING delivery.receiver
    )
    SELECT receiver, count(*) AS events FROM dropped GROUP BY receiver";

/// Claims up to `most` events that are due `now` until `lease_ends`.
pub async fn claim(
    client: &impl Executor,
    receiver: &str,
    now: Timestamp,
    lease_ends: Timestamp,
    most: i64,
) -> Result<Vec<Claimed>, StoreError> {
    let rows = client.query(CLAIM, &[&receiver, &now, &lease_ends, &most]).await?;
    let mut claimed = rows.iter().map(from_row).collect::<Result<Vec<_>, _>>()?;
    claimed.sort_unstable_by_key(|event| event.sequence);
    Ok(claimed)
}

/// Deletes a delivered event, unless its lease has ended and another worker has claimed it.
pub async fn remove(client: &impl Executor, receiver: &str, event: &Claimed) -> Result<(), StoreError> {
    client.execute(REMOVE, &[&receiver, &event.sequence, &event.attempts]).await?;
    Ok(())
}

/// Ends the lease of an event, which is due again at `due`.
pub async fn postpone(
    client: &impl Executor,
    receiver: &str,
    event: &Claimed,
    due: Timestamp,
) -> Result<(), StoreError> {
    client.execute(POSTPONE, &[&receiver, &event.sequence, &event.attempts, &due]).await?;
    Ok(())
}

/// Gives an event back that was claimed and not sent. It is due at once.
pub async fn release(client: &impl Executor, receiver: &str, event: &Claimed) -> Result<(), StoreError> {
    client.execute(RELEASE, &[&receiver, &event.sequence, &event.attempts]).await?;
    Ok(())
}

/// Deletes all events for a receiver. Returns how many.
pub async fn remove_all(client: &impl Executor, receiver: &str) -> Result<u64, StoreError> {
    client.execute(REMOVE_ALL, &[&receiver]).await
}

/// Events that were dropped.
#[derive(Debug)]
pub struct Dropped {
    /// The receiver that does not get them.
    pub receiver: String,
    /// How many.
    pub events: u64,
}

/// Drops events of registered receivers that are from before `oldest` or beyond the newest `most`, the oldest first and up
/// to `at_once` of each receiver.
pub async fn drop_undelivered(
    client: &impl Executor,
    oldest: Timestamp,
    most: i64,
    at_once: i64,
) -> Result<Vec<Dropped>, StoreError> {
    let rows = client.query(DROP, &[&oldest, &most, &at_once]).await?;
    let read = |row| {
        let events: i64 = column(row, TABLE, "events")?;
        Ok(Dropped { receiver: column(row, TABLE, "receiver")?, events: events.unsigned_abs() })
    };
    rows.iter().map(read).collect()
}

fn from_row(row: &Row) -> Result<Claimed, StoreError> {
    Ok(Claimed {
        sequence: column(row, TABLE, "sequence")?,
        event_id: column(row, TABLE, "event_id")?,
        event: column(row, TABLE, "event")?,
        data: column(row, TABLE, "data")?,
        occurred_at: column(row, TABLE, "occurred_at")?,
        attempts: column(row, TABLE, "attempts")?,
    })
}
