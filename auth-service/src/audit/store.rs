//! The `audit_events` table.

use jiff::Timestamp;
use service_kit::database::{Executor, Transaction};
use service_kit::security_log::Record;
use service_kit::store::{Row, StoreError, column};
use shared_claims::UserId;
use uuid::Uuid;

use super::model::{AuditEvent, Cursor, Filter};
use super::refusals::Counted;

const TABLE: &str = "audit_events";

/// The beginning of a CTE that records events of sessions in the statement that starts or ends them. Its columns: event,
/// outcome, user_id, session_id, reason, client_address, request_id, user_agent.
macro_rules! insert_audit_event {
    () => {
        "INSERT INTO audit_events
            (event, outcome, user_id, session_id, reason, client_address, request_id, user_agent)
        "
    };
}
pub(crate) use insert_audit_event;

const INSERT: &str = "
    INSERT INTO audit_events
        (event, outcome, user_id, session_id, client_address, request_id, reason, link, key_id, count)
    SELECT event, 'success', user_id, session_id, client_address::inet, request_id, reason, link, key_id, count
    FROM unnest($1::text[], $2::text[], $3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::text[],
                $9::bigint[])
        AS events (event, user_id, session_id, client_address, request_id, reason, link, key_id, count)";
/// Times are ages: the clock of PostgreSQL decides.
const INSERT_REFUSALS: &str = "
    INSERT INTO audit_events
        (event, outcome, user_id, client_address, request_id, reason, link, count, occurred_at, last_at)
    SELECT event, 'refusal', user_id, client_address::inet, request_id, reason, link, count,
           now() - first_age * interval '1 ms', now() - last_age * interval '1 ms'
    FROM unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::bigint[],
                $8::bigint[], $9::bigint[])
        AS refusals (event, user_id, client_address, request_id, reason, link, count, first_age, last_age)";
const OF_USER: &str = "
    SELECT id, occurred_at, last_at, event, outcome, user_id, session_id, host(client_address) AS client_address,
           user_agent, request_id, reason, link, key_id, count
    FROM audit_events
    WHERE user_id = $1 AND ($2::timestamptz IS NULL OR (occurred_at, id) < ($2, $3))
    ORDER BY occurred_at DESC, id DESC LIMIT $4";
const LIST: &str = "
    SELECT id, occurred_at, last_at, event, outcome, user_id, session_id, host(client_address) AS client_address,
           user_agent, request_id, reason, link, key_id, count
    FROM audit_events
    WHERE ($1::text IS NULL OR user_id = $1) AND (cardinality($2::text[]) = 0 OR event = ANY($2))
      AND ($3::timestamptz IS NULL OR occurred_at >= $3) AND ($4::timestamptz IS NULL OR occurred_at < $4)
      AND ($5::timestamptz IS NULL OR (occurred_at, id) > ($5, $6))
    ORDER BY occurred_at, id LIMIT $7";
const PRUNE: &str = "
    DELETE FROM audit_events WHERE id IN (
        SELECT id FROM audit_events WHERE occurred_at < now() - $1 * interval '1 s' LIMIT $2)";
/// Maximum number of events deleted at once, so that a transaction lasts less than a second.
const PRUNED_AT_ONCE: i64 = 10_000;

/// Stores events, and commits the transaction that caused them in the same round trip.
pub(super) async fn commit(transaction: Transaction, events: &[Record<'_>]) -> Result<(), StoreError> {
    let names: Vec<&str> = events.iter().map(|event| event.name).collect();
    let users: Vec<Option<&str>> = events.iter().map(|event| event.user_id).collect();
    let sessions: Vec<Option<Uuid>> = events.iter().map(|event| event.session_id).collect();
    let addresses: Vec<Option<String>> =
        events.iter().map(|event| event.client.address().map(|address| address.to_string())).collect();
    let requests: Vec<Option<Uuid>> = events.iter().map(|event| event.client.request_id()).collect();
    let reasons: Vec<Option<&str>> = events.iter().map(|event| event.reason).collect();
    let links: Vec<Option<&str>> = events.iter().map(|event| event.link).collect();
    let keys: Vec<Option<&str>> = events.iter().map(|event| event.key_id).collect();
    let counts: Vec<Option<i64>> = events.iter().map(|event| event.count.map(saturated)).collect();
    let values: [&dyn service_kit::database::Parameter; 9] =
        [&names, &users, &sessions, &addresses, &requests, &reasons, &links, &keys, &counts];
    transaction.commit_after(INSERT, &values).await
}

/// Stores counted refusals, in one statement.
pub(super) async fn insert_refusals(
    client: &impl Executor,
    refusals: &[Counted],
    now: Timestamp,
) -> Result<(), StoreError> {
    let age = |at: Timestamp| i64::try_from(now.duration_since(at).as_millis()).unwrap_or(i64::MAX).max(0);
    let names: Vec<&str> = refusals.iter().map(|refusal| refusal.name).collect();
    let users: Vec<Option<&str>> = refusals.iter().map(|refusal| refusal.user_id.as_deref()).collect();
    let addresses: Vec<Option<String>> =
        refusals.iter().map(|refusal| refusal.address.map(|address| address.to_string())).collect();
    let requests: Vec<Option<Uuid>> = refusals.iter().map(|refusal| refusal.request_id).collect();
    let reasons: Vec<Option<&str>> = refusals.iter().map(|refusal| refusal.reason).collect();
    let links: Vec<Option<&str>> = refusals.iter().map(|refusal| refusal.link).collect();
    let counts: Vec<i64> = refusals.iter().map(|refusal| saturated(refusal.count)).collect();
    let first: Vec<i64> = refusals.iter().map(|refusal| age(refusal.first_at)).collect();
    let last: Vec<i64> = refusals.iter().map(|refusal| age(refusal.last_at)).collect();
    let values: [&dyn service_kit::database::Parameter; 9] =
        [&names, &users, &addresses, &requests, &reasons, &links, &counts, &first, &last];
    client.execute(INSERT_REFUSALS, &values).await?;
    Ok(())
}

/// The events of a user, newest first, from `before` on.
pub async fn of_user(
    client: &impl Executor,
    user: &UserId,
    before: Option<Cursor>,
    limit: i64,
) -> Result<Vec<AuditEvent>, StoreError> {
    let (time, id) = (before.map(|cursor| cursor.occurred_at), before.map(|cursor| cursor.id));
    let rows = client.query(OF_USER, &[&user.as_str(), &time, &id, &limit]).await?;
    rows.iter().map(from_row).collect()
}

/// Some events of all users, oldest first, from `after` on.
pub async fn list(
    client: &impl Executor,
    filter: &Filter,
    after: Option<Cursor>,
    limit: i64,
) -> Result<Vec<AuditEvent>, StoreError> {
    let (time, id) = (after.map(|cursor| cursor.occurred_at), after.map(|cursor| cursor.id));
    let Filter { user_id, events, since, until } = filter;
    let rows = client.query(LIST, &[user_id, events, since, until, &time, &id, &limit]).await?;
    rows.iter().map(from_row).collect()
}

/// Deletes some events that are older than this many seconds, as the owner of the table. Returns how many; 0 if none is
/// left.
pub async fn prune(client: &impl Executor, seconds: i64) -> Result<u64, StoreError> {
    client.execute(PRUNE, &[&seconds, &PRUNED_AT_ONCE]).await
}

fn from_row(row: &Row) -> Result<AuditEvent, StoreError> {
    Ok(AuditEvent {
        id: column(row, TABLE, "id")?,
        occurred_at: column(row, TABLE, "occurred_at")?,
        last_at: column(row, TABLE, "last_at")?,
        event: column(row, TABLE, "event")?,
        outcome: column(row, TABLE, "outcome")?,
        user_id: column(row, TABLE, "user_id")?,
        session_id: column(row, TABLE, "session_id")?,
        client_address: column(row, TABLE, "client_address")?,
        user_agent: column(row, TABLE, "user_agent")?,
        request_id: column(row, TABLE, "request_id")?,
        reason: column(row, TABLE, "reason")?,
        link: column(row, TABLE, "link")?,
        key_id: column(row, TABLE, "key_id")?,
        count: column(row, TABLE, "count")?,
    })
}

fn saturated(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
