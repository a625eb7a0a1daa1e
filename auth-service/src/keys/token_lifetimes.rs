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
/// Also deletes the lifetimes whose last token has expired.
const LONGEST: &str = "
    WITH deleted AS (DELETE FROM token_lifetimes WHERE last_seen + make_interval(secs => seconds) < $1)
    SELECT max(seconds) FROM token_lifetimes WHERE last_seen + make_interval(secs => seconds) >= $1";

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
    let since = now.checked_sub(RECORDED_EVERY).unwrap_or(Timestamp::MIN);
    let recorded: Option<i64> = client.query_one(LONGEST, &[&since]).await?.try_get(0)?;
    Ok(recorded.map_or(own, |seconds| own.max(SignedDuration::from_secs(seconds))))
}
