//! The `sessions` table.

mod start;

use std::str::FromStr;

use jiff::Timestamp;
use service_kit::database::{Executor, Parameter, Transaction};
use service_kit::security_log::Client;
use service_kit::store::{Row, StoreError, column, corrupt};
use shared_claims::UserId;
use uuid::Uuid;

use super::model::{ImportedSession, Session};
use crate::audit::insert_audit_event;
use crate::protocol::opaque_token::SessionToken;
use crate::protocol::session_id::SessionId;
use crate::status_lists::{StatusIndex, allocate_index, revoke_indexes};
use crate::tokens::Authentication;
use crate::users::{self, User, is_banned};

pub use start::{Asking, Stored, start};

/// A session whose token exists is replaced as it is.
const IMPORT: &str = "
    INSERT INTO sessions
        (id, user_id, token_hash, created_at, updated_at, expires_at, remembered, ip_address, user_agent)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::timestamptz[], $5::timestamptz[],
                         $6::timestamptz[], $7::boolean[], $8::text[], $9::text[])
    ON CONFLICT (token_hash) DO NOTHING";
const COUNT_LIVE: &str = "SELECT count(*) FROM sessions WHERE expires_at > $1";
/// Allocates a position for a session without one. Of two concurrent attempts, the second waits for the first and
/// changes nothing.
const ALLOCATE_INDEX: &str = concat!(
    "
    WITH unallocated AS (SELECT id FROM sessions WHERE id = $1 AND status_index IS NULL FOR UPDATE),
    given AS (",
    allocate_index!("unallocated", "$2"),
    ")
    UPDATE sessions SET status_index = given.idx FROM given WHERE id = $1"
);
const FIND_INDEX: &str = "SELECT status_index FROM sessions WHERE id = $1";
/// A ban ends all sessions. The condition holds for one that was started by a release without bans, or imported.
const FIND: &str = concat!(
    "
    SELECT s.id AS session_id, s.created_at AS session_created_at, s.updated_at AS session_updated_at,
           s.expires_at, s.remembered, s.ip_address, s.user_agent, s.status_index, s.authenticated_by, s.second_factor,
           u.id AS user_id, u.name, u.email, u.email_verified, u.image,
           u.created_at AS user_created_at, u.updated_at AS user_updated_at, u.credential_epoch, u.two_factor, u.fields,
           u.username, u.display_username
    FROM sessions s JOIN users u ON u.id = s.user_id
    WHERE s.token_hash = $1 AND s.expires_at > $2 AND ($3::timestamptz IS NULL OR s.created_at > $3)
        AND NOT ",
    is_banned!("u.", "$2")
);
const EXTEND: &str = "UPDATE sessions SET expires_at = $2, updated_at = $3 WHERE id = $1";
const LIST: &str = "
    SELECT id AS session_id, created_at AS session_created_at, updated_at AS session_updated_at,
           expires_at, remembered, ip_address, user_agent, status_index, authenticated_by, second_factor
    FROM sessions
    WHERE user_id = $1 AND expires_at > $2 AND ($3::timestamptz IS NULL OR created_at > $3) ORDER BY created_at, id";
/// By the id or the token of a session, of this user only.
const REVOKE: &str =
    "DELETE FROM sessions WHERE user_id = $1 AND (id = $2 OR token_hash = $3) RETURNING id AS session_id";
const END_ALL: &str = "DELETE FROM sessions WHERE user_id = $1 AND id IS DISTINCT FROM $2";
/// In a fixed order, so that two concurrent changes do not deadlock.
const RENEW_TOKENS: &str = concat!(
    "
    WITH held AS (
        SELECT id, status_index FROM sessions WHERE user_id = $1 AND status_index IS NOT NULL ORDER BY id FOR UPDATE
    ),
    revoked AS (",
    revoke_indexes!("held"),
    ")
    UPDATE sessions SET status_index = NULL FROM held WHERE sessions.id = held.id"
);
const END: &str = concat!(
    "
    WITH ended AS (DELETE FROM sessions WHERE token_hash = ANY($1) RETURNING id, user_id),
    audited AS (",
    insert_audit_event!(),
    "   SELECT 'session.ended', 'success', user_id, id, NULL, $2::inet, $3, NULL FROM ended
    )
    SELECT id AS session_id, user_id FROM ended"
);
/// Keeps the session of a transaction from ending before it commits.
const HOLD: &str = "SELECT FROM sessions WHERE id = $1 AND expires_at > $2 FOR KEY SHARE";
const DELETE_EXPIRED: &str = "
    DELETE FROM sessions WHERE id IN (
        SELECT id FROM sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)";
/// Maximum number of sessions deleted at once, so that their row locks last milliseconds.
const DELETED_AT_ONCE: i64 = 1000;

/// Stores sessions of another system, in one statement. Returns how many were new.
pub(crate) async fn import(client: &impl Executor, sessions: &[&ImportedSession]) -> Result<u64, StoreError> {
    if sessions.is_empty() {
        return Ok(0);
    }
    let hashes: Vec<Vec<u8>> = sessions.iter().map(|new| new.token.hash()).collect();
    let sessions = || sessions.iter().map(|new| &new.session);
    let ids: Vec<&Uuid> = sessions().map(|session| session.id.as_uuid()).collect();
    let users: Vec<&str> = sessions().map(|session| session.user_id.as_str()).collect();
    let created: Vec<Timestamp> = sessions().map(|session| session.created_at).collect();
    let updated: Vec<Timestamp> = sessions().map(|session| session.updated_at).collect();
    let expires: Vec<Timestamp> = sessions().map(|session| session.expires_at).collect();
    let remembered: Vec<bool> = sessions().map(|session| session.remembered).collect();
    let addresses: Vec<&str> = sessions().map(|session| session.ip_address.as_str()).collect();
    let agents: Vec<&str> = sessions().map(|session| session.user_agent.as_str()).collect();
    let values: [&dyn Parameter; 9] =
        [&ids, &users, &hashes, &created, &updated, &expires, &remembered, &addresses, &agents];
    client.execute(IMPORT, &values).await
}

/// The number of sessions that have not expired.
pub(crate) async fn count_live(client: &impl Executor, now: Timestamp) -> Result<u64, StoreError> {
    let count: i64 = column(&client.query_one(COUNT_LIVE, &[&now]).await?, "sessions", "count")?;
    Ok(count.unsigned_abs())
}

/// Keeps a session from ending before the transaction does. False if it has ended. If the account has to be locked
/// too, lock it first: all code that ends sessions of an account does.
pub async fn hold(transaction: &Transaction, id: SessionId, now: Timestamp) -> Result<bool, StoreError> {
    Ok(transaction.query_opt(HOLD, &[id.as_uuid(), &now]).await?.is_some())
}

/// Allocates one of the `candidates` in the status lists for a session, unless it has one. Returns the session's
/// position; `None` if all were taken or the session has ended.
pub async fn allocate_index(
    client: &impl Executor,
    id: SessionId,
    candidates: &[i64],
) -> Result<Option<StatusIndex>, StoreError> {
    client.execute(ALLOCATE_INDEX, &[id.as_uuid(), &candidates]).await?;
    let row = client.query_opt(FIND_INDEX, &[id.as_uuid()]).await?;
    row.as_ref().map_or(Ok(None), status_index)
}

/// Finds the live session of a token and its user, in one query. Sessions that started at `oldest` or before have
/// ended.
pub async fn find(
    client: &impl Executor,
    token: &SessionToken,
    oldest: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<(Session, User)>, StoreError> {
    let Some(row) = client.query_opt(FIND, &[&token.hash(), &now, &oldest]).await? else { return Ok(None) };
    let user = users::from_row(&row)?;
    Ok(Some((from_row(&row, &user.id)?, user)))
}

/// The live sessions of a user, oldest first. Sessions that started at `oldest` or before have ended.
pub async fn list(
    client: &impl Executor,
    user: &UserId,
    oldest: Option<Timestamp>,
    now: Timestamp,
) -> Result<Vec<Session>, StoreError> {
    let rows = client.query(LIST, &[&user.as_str(), &now, &oldest]).await?;
    rows.iter().map(|row| from_row(row, user)).collect()
}

/// Ends one session of a user by its id or its token, and returns its id. Does nothing if it is another user's
/// session, or does not exist.
pub async fn revoke(
    client: &impl Executor,
    user: &UserId,
    name: &str,
) -> Result<Option<SessionId>, StoreError> {
    let id = SessionId::parse(name);
    let id = id.as_ref().map(SessionId::as_uuid);
    let ended = client.query_opt(REVOKE, &[&user.as_str(), &id, &SessionToken::from(name).hash()]).await?;
    ended.map(|row| column::<Uuid>(&row, "sessions", "session_id").map(SessionId::from)).transpose()
}

/// Ends all sessions of a user except `keep`. Returns how many ended.
pub async fn end_all(
    client: &impl Executor,
    user: &UserId,
    keep: Option<SessionId>,
) -> Result<u64, StoreError> {
    client.execute(END_ALL, &[&user.as_str(), &keep.as_ref().map(SessionId::as_uuid)]).await
}

/// Revokes the access tokens of all sessions of a user, which go on: each gets another position in the status lists at its
/// next request, and with it another token.
pub async fn renew_tokens(client: &impl Executor, user: &UserId) -> Result<(), StoreError> {
    client.execute(RENEW_TOKENS, &[&user.as_str()]).await?;
    Ok(())
}

/// Sets the end of a session. False if the session has ended.
pub async fn extend(
    client: &impl Executor,
    id: SessionId,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(client.execute(EXTEND, &[id.as_uuid(), &expires_at, &now]).await? == 1)
}

/// Ends the sessions of these tokens, which the audit log records. Returns the sessions that ended, and their users.
pub async fn end(
    client: &impl Executor,
    tokens: &[SessionToken],
    cause: Client,
) -> Result<Vec<(SessionId, UserId)>, StoreError> {
    let address = cause.address().map(|address| address.to_string());
    let rows = client.query(END, &[&hashes(tokens), &address, &cause.request_id()]).await?;
    let ended = |row: &Row| {
        let user: String = column(row, "sessions", "user_id")?;
        named(column(row, "sessions", "session_id")?, user)
    };
    rows.iter().map(ended).collect()
}

fn named(session: Uuid, user: String) -> Result<(SessionId, UserId), StoreError> {
    let user = UserId::try_from(user).map_err(|error| corrupt("sessions", "user_id", error))?;
    Ok((SessionId::from(session), user))
}

fn hashes(tokens: &[SessionToken]) -> Vec<Vec<u8>> {
    tokens.iter().map(SessionToken::hash).collect()
}

/// Reads a session from a row with the columns of [`FIND`] and [`LIST`].
fn from_row(row: &Row, user_id: &UserId) -> Result<Session, StoreError> {
    Ok(Session {
        id: SessionId::from(column::<Uuid>(row, "sessions", "session_id")?),
        user_id: user_id.clone(),
        created_at: column(row, "sessions", "session_created_at")?,
        updated_at: column(row, "sessions", "session_updated_at")?,
        expires_at: column(row, "sessions", "expires_at")?,
        remembered: column(row, "sessions", "remembered")?,
        ip_address: column(row, "sessions", "ip_address")?,
        user_agent: column(row, "sessions", "user_agent")?,
        status_index: status_index(row)?,
        authentication: authentication(row)?,
    })
}

fn authentication(row: &Row) -> Result<Authentication, StoreError> {
    Ok(Authentication {
        method: named_value(row, "authenticated_by")?,
        second_factor: named_value(row, "second_factor")?,
    })
}

fn named_value<T: FromStr<Err = strum::ParseError>>(
    row: &Row,
    name: &'static str,
) -> Result<Option<T>, StoreError> {
    let text: Option<&str> = column(row, "sessions", name)?;
    text.map(|text| text.parse().map_err(|error| corrupt("sessions", name, error))).transpose()
}

fn status_index(row: &Row) -> Result<Option<StatusIndex>, StoreError> {
    let number: Option<i64> = column(row, "sessions", "status_index")?;
    let read =
        |number| StatusIndex::new(number).ok_or_else(|| corrupt("sessions", "status_index", "no such place"));
    number.map(read).transpose()
}

/// Deletes some expired sessions. Returns whether there may be more.
pub async fn delete_expired(client: &impl Executor, now: Timestamp) -> Result<bool, StoreError> {
    let deleted = client.execute(DELETE_EXPIRED, &[&now, &DELETED_AT_ONCE]).await?;
    Ok(i64::try_from(deleted).is_ok_and(|deleted| deleted >= DELETED_AT_ONCE))
}
