//! The `webhook_deliveries` table. Every function takes the receiver first.

use jiff::Timestamp;
use service_kit::database::Executor;
use service_kit::store::{Row, StoreError, column};

use super::model::Claimed;

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
