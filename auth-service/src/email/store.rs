//! The `outbox` table.

use jiff::Timestamp;
use service_kit::database::Executor;
use service_kit::store::{Row, StoreError, column};
use uuid::Uuid;

const INSERT: &str = "
    INSERT INTO outbox (id, sealed, created_at, next_attempt_at, expires_at) VALUES ($1, $2, $3, $3, $4)";
/// The CTEs that store a mail if the CTE `$due` has a row and none of its limits is reached. `mail` is the mail; `full` has
/// the places of the counts that are full. A part of the statements that do what the mail reports, so that the mail costs
/// no round trip. Of limits that several requests reach at the same moment, some may be counted without a mail.
macro_rules! insert_counted {
    ($due:literal, $now:literal, [$id:literal, $sealed:literal, $expires:literal], $counts:tt) => {
        concat!(
            $crate::limits::take_limits!($now, $counts, $due),
            ", full_limits AS (
                SELECT place FROM held
                UNION ALL
                SELECT place FROM wanted WHERE NOT EXISTS (SELECT FROM held)
                    AND NOT EXISTS (SELECT FROM taken WHERE taken.key = wanted.key)
            ), mail AS (
                INSERT INTO outbox (id, sealed, created_at, next_attempt_at, expires_at)
                SELECT ",
            $id,
            "::uuid, ",
            $sealed,
            "::bytea, ",
            $now,
            ", ",
            $now,
            ", ",
            $expires,
            "::timestamptz
                WHERE ",
            $due,
            " AND NOT EXISTS (SELECT FROM full_limits)
                RETURNING id
            )"
        )
    };
}
pub(crate) use insert_counted;

/// Claims due mail for the duration of a lease, concurrently with other replicas. Nothing stays locked while it is sent. The
/// number of the attempt identifies the lease.
const CLAIM: &str = "
    WITH due AS (
        SELECT id FROM outbox WHERE next_attempt_at <= $1
        ORDER BY next_attempt_at LIMIT $3 FOR UPDATE SKIP LOCKED
    )
    UPDATE outbox SET attempts = attempts + 1, next_attempt_at = $2
    FROM due WHERE outbox.id = due.id
    RETURNING outbox.id, sealed, attempts, expires_at";
const REMOVE: &str = "DELETE FROM outbox WHERE id = $1 AND attempts = $2";
const POSTPONE: &str = "UPDATE outbox SET next_attempt_at = $3 WHERE id = $1 AND attempts = $2";

/// A mail that this replica may send until the lease ends.
pub struct Claimed {
    /// Its row.
    pub id: Uuid,
    /// The encrypted payload.
    pub sealed: Vec<u8>,
    /// How often it was claimed, including this time.
    pub attempts: i32,
    /// When it is no longer worth sending.
    pub expires_at: Timestamp,
}

/// Stores a mail that is due at once.
pub async fn insert(
    client: &impl Executor,
    id: Uuid,
    sealed: &[u8],
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    client.execute(INSERT, &[&id, &sealed, &now, &expires_at]).await?;
    Ok(())
}

/// Claims up to `most` mails that are due until `lease_ends`.
pub async fn claim(
    client: &impl Executor,
    now: Timestamp,
    lease_ends: Timestamp,
    most: i64,
) -> Result<Vec<Claimed>, StoreError> {
    client.query(CLAIM, &[&now, &lease_ends, &most]).await?.iter().map(from_row).collect()
}

/// Deletes a mail, unless its lease has ended and another worker has claimed it.
pub async fn remove(client: &impl Executor, mail: &Claimed) -> Result<(), StoreError> {
    client.execute(REMOVE, &[&mail.id, &mail.attempts]).await?;
    Ok(())
}

/// Ends the lease of a mail, which is due again at `due`.
pub async fn postpone(client: &impl Executor, mail: &Claimed, due: Timestamp) -> Result<(), StoreError> {
    client.execute(POSTPONE, &[&mail.id, &mail.attempts, &due]).await?;
    Ok(())
}

fn from_row(row: &Row) -> Result<Claimed, StoreError> {
    Ok(Claimed {
        id: column(row, "outbox", "id")?,
        sealed: column(row, "outbox", "sealed")?,
        attempts: column(row, "outbox", "attempts")?,
        expires_at: column(row, "outbox", "expires_at")?,
    })
}
