//! The `token_lifetimes` table: how long tokens of each replica are valid, so that keys and revocations outlive them.

use jiff::{SignedDuration, Timestamp};
use service_kit::database::Executor;
use service_kit::store::StoreError;

/// Longer than the time between a replica's last record and any token that it mints: for this long after the record it
/// may still have minted one.
const RECORDED_EVERY: SignedDuration = SignedDuration::from_mins(5);

const RECORD: &str = "
    INSERT INTO token_lifetimes (seconds, last_seen) VALUES ($1, $2)
    ON CONFLICT (seconds) DO UPDATE SET last_seen = greatest(token_lifetimes.last_seen, excluded.last_seen)";
const LONGEST: &str =
    "SELECT max(seconds) FROM token_lifetimes WHERE last_seen + make_interval(secs => seconds) >= $1";
const FORGET: &str = "DELETE FROM token_lifetimes WHERE last_seen + make_interval(secs => seconds) < $1";

/// Records that this replica mints tokens that are valid for `lifetime`. Must be called at the start, and often enough
/// that the last record is less than five minutes old whenever a token is minted: [`longest_token_lifetime`] relies on it.
pub async fn record_token_lifetime(
    client: &impl Executor,
    lifetime: SignedDuration,
    now: Timestamp,
) -> Result<(), StoreError> {
    client.execute(RECORD, &[&lifetime.as_secs(), &now]).await?;
    Ok(())
}

/// The longest lifetime of the unexpired tokens that any replica may have minted; at least `own`.
pub async fn longest_token_lifetime(
    client: &impl Executor,
    own: SignedDuration,
    now: Timestamp,
) -> Result<SignedDuration, StoreError> {
    let recorded: Option<i64> = client.query_one(LONGEST, &[&since(now)]).await?.try_get(0)?;
    Ok(recorded.map_or(own, |seconds| own.max(SignedDuration::from_secs(seconds))))
}

/// Deletes the lifetimes whose last token has expired by `now`.
pub async fn forget_token_lifetimes(client: &impl Executor, now: Timestamp) -> Result<(), StoreError> {
    client.execute(FORGET, &[&since(now)]).await?;
    Ok(())
}

/// Tokens that are minted now may have been recorded since then.
fn since(now: Timestamp) -> Timestamp {
    now.checked_sub(RECORDED_EVERY).unwrap_or(Timestamp::MIN)
}
