//! The `webhook_receivers` table.

use jiff::Timestamp;
use service_kit::database::{Executor, Parameter, Transaction};
use service_kit::store::{Row, StoreError, column, corrupt};
use uuid::Uuid;

use super::super::model::{EventName, Registration};

const TABLE: &str = "webhook_receivers";

/// Not beyond the maximum number. Two that are added at the same moment may exceed it by one.
const INSERT: &str = "
    INSERT INTO webhook_receivers (id, url, events, sealed_secret, allow_private, created_at)
    SELECT $1, $2, $3, $4, $5, $6 WHERE (SELECT count(*) FROM webhook_receivers) < $7";
const ALL: &str = "
    SELECT id, url, events, allow_private, created_at,
           (SELECT count(*) FROM webhook_deliveries WHERE receiver = receivers.id::text) AS waiting
    FROM webhook_receivers AS receivers ORDER BY created_at, id";
const FIND: &str = "SELECT url, sealed_secret, allow_private FROM webhook_receivers WHERE id = $1";
const REMOVE: &str = "DELETE FROM webhook_receivers WHERE id = $1";
const SECRETS: &str = "SELECT id, sealed_secret FROM webhook_receivers ORDER BY id";
const SEAL: &str = "UPDATE webhook_receivers SET sealed_secret = $2 WHERE id = $1";
/// All receivers and `environment`, and whether an event of theirs may be claimed: the first one of a user, whose time has
/// come. Those in `$2` are not looked at.
const LOOK: &str = "
    SELECT receiver, url, sealed_secret, allow_private, receiver <> ALL ($2) AND EXISTS (
        SELECT FROM webhook_deliveries AS delivery
        WHERE delivery.receiver = receivers.receiver AND (next_attempt_at IS NULL OR next_attempt_at <= $1)
            AND NOT EXISTS (
                SELECT FROM webhook_deliveries AS earlier
                WHERE earlier.receiver = delivery.receiver AND earlier.user_id = delivery.user_id
                    AND earlier.sequence < delivery.sequence
            )
    ) AS is_due
    FROM (
        SELECT 'environment' AS receiver, NULL AS url, NULL AS sealed_secret, NULL AS allow_private
        UNION ALL
        SELECT id::text, url, sealed_secret, allow_private FROM webhook_receivers
    ) AS receivers";

/// How to send events to a registered receiver.
#[derive(Debug)]
pub struct Destination {
    /// Its URL.
    pub url: String,
    /// Its secret, encrypted.
    pub sealed_secret: Vec<u8>,
    /// Whether the URL may be http, and lead to addresses that are not public.
    pub allow_private: bool,
}

/// A receiver that may have events.
#[derive(Debug)]
pub struct Candidate {
    /// Its name in the outbox.
    pub name: String,
    /// `None` for the receiver of the environment.
    pub destination: Option<Destination>,
    /// Whether events can be claimed.
    pub is_due: bool,
}

/// Stores a receiver. False if there are `most` receivers already.
pub async fn insert(
    client: &impl Executor,
    registration: &Registration,
    sealed_secret: &[u8],
    most: i64,
) -> Result<bool, StoreError> {
    let Registration { id, url, events, allow_private, created_at, .. } = registration;
    let events: Vec<&str> = events.iter().map(|event| event.as_str()).collect();
    let parameters: [&dyn Parameter; 7] =
        [id, url, &events, &sealed_secret, allow_private, created_at, &most];
    Ok(client.execute(INSERT, &parameters).await? == 1)
}

/// Returns all receivers, the oldest first.
pub async fn all(client: &impl Executor) -> Result<Vec<Registration>, StoreError> {
    client.query(ALL, &[]).await?.iter().map(from_row).collect()
}

/// Finds a receiver.
pub async fn find(client: &impl Executor, id: Uuid) -> Result<Option<Destination>, StoreError> {
    client.query_opt(FIND, &[&id]).await?.as_ref().map(destination).transpose()
}

/// Deletes a receiver. False if there is none.
pub async fn remove(transaction: &Transaction, id: Uuid) -> Result<bool, StoreError> {
    Ok(transaction.execute(REMOVE, &[&id]).await? == 1)
}

/// Returns the encrypted secret of each receiver.
pub async fn secrets(client: &impl Executor) -> Result<Vec<(Uuid, Vec<u8>)>, StoreError> {
    let rows = client.query(SECRETS, &[]).await?;
    rows.iter().map(|row| Ok((column(row, TABLE, "id")?, column(row, TABLE, "sealed_secret")?))).collect()
}

/// Replaces the encrypted secret of a receiver.
pub async fn seal(transaction: &Transaction, id: Uuid, sealed_secret: &[u8]) -> Result<(), StoreError> {
    transaction.execute(SEAL, &[&id, &sealed_secret]).await?;
    Ok(())
}

/// Finds the receivers with events that are due `now`, except for those in `skipped`, in one statement.
pub async fn look(
    client: &impl Executor,
    now: Timestamp,
    skipped: &[&str],
) -> Result<Vec<Candidate>, StoreError> {
    let rows = client.query(LOOK, &[&now, &skipped]).await?;
    let read = |row| {
        let url: Option<String> = column(row, TABLE, "url")?;
        Ok(Candidate {
            name: column(row, TABLE, "receiver")?,
            destination: url.map(|_| destination(row)).transpose()?,
            is_due: column(row, TABLE, "is_due")?,
        })
    };
    rows.iter().map(read).collect()
}

fn destination(row: &Row) -> Result<Destination, StoreError> {
    Ok(Destination {
        url: column(row, TABLE, "url")?,
        sealed_secret: column(row, TABLE, "sealed_secret")?,
        allow_private: column(row, TABLE, "allow_private")?,
    })
}

fn from_row(row: &Row) -> Result<Registration, StoreError> {
    let events: Vec<String> = column(row, TABLE, "events")?;
    let events: Result<_, _> = events.iter().map(|name| name.parse::<EventName>()).collect();
    let waiting: i64 = column(row, TABLE, "waiting")?;
    Ok(Registration {
        id: column(row, TABLE, "id")?,
        url: column(row, TABLE, "url")?,
        events: events.map_err(|error| corrupt(TABLE, "events", error))?,
        allow_private: column(row, TABLE, "allow_private")?,
        created_at: column(row, TABLE, "created_at")?,
        waiting: waiting.unsigned_abs(),
    })
}
