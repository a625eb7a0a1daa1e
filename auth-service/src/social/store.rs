//! The `authorization_requests` table.

use jiff::Timestamp;
use service_kit::database::Executor;
use service_kit::store::{StoreError, column};

const TABLE: &str = "authorization_requests";

/// How long an expired request is kept in seconds: until then, a browser that comes back late is sent to the page for errors that it
/// began on.
const KEPT: i64 = 10 * 60;

/// Also deletes some of those that expired a while ago. Locked rows are left to the next request.
const CREATE: &str = "
    WITH expired AS (
        SELECT state_hash FROM authorization_requests WHERE expires_at <= $4 - $5 * interval '1 s' LIMIT 100 FOR UPDATE SKIP LOCKED
    ),
    swept AS (DELETE FROM authorization_requests WHERE state_hash IN (SELECT state_hash FROM expired))
    INSERT INTO authorization_requests (state_hash, content, expires_at) VALUES ($1, $2, $3)";
const FIND: &str = "SELECT content, expires_at FROM authorization_requests WHERE state_hash = $1";
const TAKE: &str = "DELETE FROM authorization_requests WHERE state_hash = $1 RETURNING content, expires_at";

/// What was stored for a callback: it is encrypted, and may have expired.
pub(super) struct StoredRequest {
    pub(super) content: Vec<u8>,
    pub(super) expires_at: Timestamp,
}

/// Stores what a callback needs.
pub(super) async fn create(
    client: &impl Executor,
    state_hash: &[u8],
    request: &StoredRequest,
    now: Timestamp,
) -> Result<(), StoreError> {
    client.execute(CREATE, &[&state_hash, &request.content, &request.expires_at, &now, &KEPT]).await?;
    Ok(())
}

/// What was stored for this state, which stays.
pub(super) async fn find(
    client: &impl Executor,
    state_hash: &[u8],
) -> Result<Option<StoredRequest>, StoreError> {
    read(client, FIND, state_hash).await
}

/// Takes what was stored for this state: only one callback gets it.
pub(super) async fn take(
    client: &impl Executor,
    state_hash: &[u8],
) -> Result<Option<StoredRequest>, StoreError> {
    read(client, TAKE, state_hash).await
}

async fn read(
    client: &impl Executor,
    statement: &'static str,
    state_hash: &[u8],
) -> Result<Option<StoredRequest>, StoreError> {
    let Some(row) = client.query_opt(statement, &[&state_hash]).await? else { return Ok(None) };
    let (content, expires_at) = (column(&row, TABLE, "content")?, column(&row, TABLE, "expires_at")?);
    Ok(Some(StoredRequest { content, expires_at }))
}
