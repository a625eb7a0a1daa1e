//! The `limits` table.

use jiff::Timestamp;
use service_kit::database::Executor;
use service_kit::store::{StoreError, column};

use super::model::{Count, Key, Rule, Since};

/// The CTEs that count all or none: `wanted` has a row for each count if `$condition` holds, `held` those that are full and
/// `taken` those that were counted. It is one statement, so that two requests never see the same count: each row is locked
/// before it is read, in the order of the list. A count that is full is not written. Its end is read when the statement
/// starts, and is unknown if the count became full since then. A part of the statements that count a mail only if they
/// do something else, so that counting costs no round trip.
macro_rules! take_limits {
    ($now:literal, [$keys:literal, $most:literal, $ends:literal, $restarts:literal], $condition:literal) => {
        concat!(
            "wanted AS (
                SELECT * FROM unnest(",
            $keys,
            "::bytea[], ",
            $most,
            "::integer[], ",
            $ends,
            "::timestamptz[], ",
            $restarts,
            "::boolean[])
                    WITH ORDINALITY AS listed (key, max, ends_at, restarts, place)
                WHERE ",
            $condition,
            "
            ), held AS (
                SELECT wanted.place, limits.ends_at FROM wanted JOIN limits ON limits.key = wanted.key
                WHERE limits.ends_at > ",
            $now,
            " AND limits.count >= wanted.max
            ), taken AS (
                INSERT INTO limits AS old (key, count, ends_at)
                SELECT key, 1, ends_at FROM wanted WHERE NOT EXISTS (SELECT FROM held) ORDER BY place
                ON CONFLICT (key) DO UPDATE
                SET count = CASE WHEN old.ends_at <= ",
            $now,
            " THEN 1 ELSE old.count + 1 END,
                    ends_at = CASE
                        WHEN old.ends_at <= ",
            $now,
            " OR (SELECT restarts FROM wanted WHERE wanted.key = excluded.key)
                        THEN excluded.ends_at ELSE old.ends_at END
                WHERE old.ends_at <= ",
            $now,
            " OR old.count < (SELECT max FROM wanted WHERE wanted.key = excluded.key)
                RETURNING key, ends_at
            )"
        )
    };
}
pub(crate) use take_limits;

const TAKE: &str = concat!(
    "
    WITH ",
    take_limits!("$1", ["$2", "$3", "$4", "$5"], "true"),
    "
    SELECT taken.ends_at AS taken_until, held.ends_at AS full_until
    FROM wanted LEFT JOIN taken ON taken.key = wanted.key LEFT JOIN held ON held.place = wanted.place
    ORDER BY wanted.place"
);
/// In the same window only: a later one does not include the attempt.
const GIVE_BACK: &str = "UPDATE limits SET count = count - 1 WHERE key = $1 AND ends_at = $2 AND count > 0";
const CLEAR: &str = "DELETE FROM limits WHERE key = $1";
/// In small batches, and skips locked rows, so that nothing waits for it. A count that ends later than any can was
/// left by a wrong clock.
const DELETE_EXPIRED: &str = "
    DELETE FROM limits WHERE key IN (
        SELECT key FROM limits WHERE ends_at <= $1 OR ends_at > $2 LIMIT 1000 FOR UPDATE SKIP LOCKED)";

/// The outcome of counting once more.
pub enum CountOutcome {
    /// Counted, in a window that ends at this time.
    Counted(Timestamp),
    /// The limit is reached until this time, if it is known.
    LimitReached(Option<Timestamp>),
}

/// A count that has reached its limit.
pub struct FullCount {
    /// Index in the list of counts.
    pub index: usize,
    /// When its window ends, if that is known.
    pub ends_at: Option<Timestamp>,
}

/// Counts and their limits, as [`take_limits`] reads them.
pub struct CountArrays {
    pub keys: Vec<Vec<u8>>,
    pub most: Vec<i32>,
    pub ends: Vec<Timestamp>,
    pub restarts: Vec<bool>,
}

impl CountArrays {
    /// The arrays of `counts`, in their order.
    pub fn new(counts: &[Count], now: Timestamp) -> Self {
        Self {
            keys: counts.iter().map(|count| count.key.as_bytes().to_vec()).collect(),
            most: counts.iter().map(|count| count.rule.max).collect(),
            ends: counts.iter().map(|count| count.rule.end(now)).collect(),
            restarts: counts.iter().map(|count| count.rule.since == Since::LastAllowed).collect(),
        }
    }
}

/// Counts once more unless the limit is reached. Exact under concurrency.
pub async fn take(
    client: &impl Executor,
    key: &Key,
    rule: &Rule,
    now: Timestamp,
) -> Result<CountOutcome, StoreError> {
    let (taken, full) = count(client, &[Count { key: *key, rule: *rule }], now).await?;
    let refused = || CountOutcome::LimitReached(full.first().and_then(|full| full.ends_at));
    Ok(taken.first().map_or_else(refused, |(_, ends_at)| CountOutcome::Counted(*ends_at)))
}

/// Counts each of `counts` once more unless the limit of one is reached. Returns those that have reached it. Exact
/// under concurrency. `counts` must be distinct, and in the same order in all transactions that share some of them,
/// because each row is locked until the transaction ends.
pub async fn take_all(
    client: &impl Executor,
    counts: &[Count],
    now: Timestamp,
) -> Result<Vec<FullCount>, StoreError> {
    let (taken, mut full) = count(client, counts, now).await?;
    if full.is_empty() {
        return Ok(full);
    }
    // One of them became full concurrently, so the others that were counted are given back.
    for (index, ends_at) in taken {
        if let Some(count) = counts.get(index) {
            give_back(client, &count.key, ends_at).await?;
        }
    }
    // If a count was known to be full, the others were not checked.
    let known = full.iter().any(|full| full.ends_at.is_some());
    full.retain(|full| full.ends_at.is_some() || !known);
    Ok(full)
}

/// Returns the counts that were taken, by index, and those that were not.
async fn count(
    client: &impl Executor,
    counts: &[Count],
    now: Timestamp,
) -> Result<(Vec<(usize, Timestamp)>, Vec<FullCount>), StoreError> {
    let CountArrays { keys, most, ends, restarts } = CountArrays::new(counts, now);
    let rows = client.query(TAKE, &[&now, &keys, &most, &ends, &restarts]).await?;
    let (mut taken, mut full) = (Vec::new(), Vec::new());
    for (index, row) in rows.iter().enumerate() {
        match column(row, "limits", "taken_until")? {
            Some(ends_at) => taken.push((index, ends_at)),
            None => full.push(FullCount { index, ends_at: column(row, "limits", "full_until")? }),
        }
    }
    Ok((taken, full))
}

/// Subtracts one from a count whose window ends at `ends_at`.
pub async fn give_back(client: &impl Executor, key: &Key, ends_at: Timestamp) -> Result<(), StoreError> {
    client.execute(GIVE_BACK, &[&key.as_bytes(), &ends_at]).await?;
    Ok(())
}

/// Deletes a count.
pub async fn clear(client: &impl Executor, key: &Key) -> Result<(), StoreError> {
    client.execute(CLEAR, &[&key.as_bytes()]).await?;
    Ok(())
}

/// Deletes some of the counts that ended by `now` or end after `latest`. Returns how many.
pub async fn delete_expired(
    client: &impl Executor,
    now: Timestamp,
    latest: Timestamp,
) -> Result<u64, StoreError> {
    client.execute(DELETE_EXPIRED, &[&now, &latest]).await
}
