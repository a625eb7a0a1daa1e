//! The `token_lifetimes` table.

use jiff::{SignedDuration, Timestamp};
use service_kit::database::Executor;
use service_kit::store::StoreError;

/// More than lies between a replica's last note of its life of tokens and a token that it mints: so long after the note
/// it may still have minted one.
const NOTED_EVERY: SignedDuration = SignedDuration::from_mins(5);

const NOTE: &str = "
    INSERT INTO token_lifetimes (seconds, last_seen) VALUES ($1, $2)
    ON CONFLICT (seconds) DO UPDATE SET last_seen = greatest(token_lifetimes.last_seen, excluded.last_seen)";
/// Those whose last token is dead by now are swept on the way.
const LONGEST: &str = "
    WITH swept AS (DELETE FROM token_lifetimes WHERE last_seen + make_interval(secs => seconds) < $1)
    SELECT max(seconds) FROM token_lifetimes WHERE last_seen + make_interval(secs => seconds) >= $1";

/// Notes that tokens minted here live for `ttl`. To be called at the start and so often that the last note is less than
/// five minutes old whenever a token is minted: [`longest_life`] relies on it.
pub async fn note_life(
    client: &impl Executor,
    ttl: SignedDuration,
    now: Timestamp,
) -> Result<(), StoreError> {
    client.execute(NOTE, &[&ttl.as_secs(), &now]).await?;
    Ok(())
}

/// The longest life of a token that some replica may have minted and that may still be alive; at least `own`.
pub async fn longest_life(
    client: &impl Executor,
    own: SignedDuration,
    now: Timestamp,
) -> Result<SignedDuration, StoreError> {
    let since = now.checked_sub(NOTED_EVERY).unwrap_or(Timestamp::MIN);
    let noted: Option<i64> = client.query_one(LONGEST, &[&since]).await?.try_get(0)?;
    Ok(noted.map_or(own, |seconds| own.max(SignedDuration::from_secs(seconds))))
}
