//! Users with their passwords, sessions, accounts at providers and additional fields: one query, joined by the source, where
//! ids may be of any type.

use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Map, Value};
use tokio_postgres::Row;
use tokio_postgres::types::Json;

use super::encryption::SourceSecrets;
use super::links::SourceLink;
use super::names::Names;
use super::tables::Table;
use super::{fields, links, second_factors};
use crate::import_export::account::NewAccount;
use crate::import_export::error::TransferError;
use crate::import_export::reason::SkipReason;
use crate::import_export::rows;
use crate::import_export::snapshot::Snapshot;
use crate::import_export::target::Target;
use crate::protocol::opaque_token::SessionToken;
use crate::sessions::ForeignSession;

/// The queries for a deployment's tables.
pub struct Queries {
    users: String,
    count: String,
    links: String,
    factors: Option<String>,
    expired: Option<String>,
}

/// Inspects the tables and builds the queries.
pub async fn queries(
    snapshot: &Snapshot<'_>,
    names: &Names,
    sessions: bool,
    target: &mut Target,
) -> Result<Queries, TransferError> {
    let user = Table::inspect(snapshot, names, "user").await?;
    let account = Table::inspect(snapshot, names, "account").await?;
    let session = Table::inspect(snapshot, names, "session").await?;
    let factor = Table::inspect(snapshot, names, second_factors::MODEL).await?;
    let (id, email) = (user.column("id")?, user.column("email")?);
    let created = user.column("createdAt")?;
    let with_sessions = sessions && session.exists();
    let session_query = if with_sessions { sessions_of(&session)? } else { NO_SESSIONS.to_owned() };
    let users = format!(
        "SELECT u.{id}::text AS id, u.{email}::text AS email, u.{name}::text AS name,
                coalesce(u.{verified}::boolean, false) AS email_verified, {image}::text AS image,
                u.{created}::timestamptz AS created_at, u.{updated}::timestamptz AS updated_at,
                p.hash AS hash,
                coalesce({banned}::boolean, false) AND coalesce({until}::timestamptz > $1, true) AS banned,
                nullif({until}::timestamptz, 'infinity') AS ban_expires, {reason}::text AS ban_reason,
                coalesce({factor}::boolean, false) AS second_factor,
                coalesce({anonymous}::boolean, false) AS anonymous,
                {username}::text AS username, {display}::text AS display_username,
                s.tokens, s.created, s.updated, s.expires, s.addresses, s.agents, a.links,
                f.secret AS factor_secret, f.codes AS factor_codes, f.verified AS factor_verified, {fields} AS fields
         FROM {table} u
         LEFT JOIN ({passwords}) p ON p.user_id::text = u.{id}::text
         LEFT JOIN ({session_query}) s ON s.user_id::text = u.{id}::text
         LEFT JOIN ({links}) a ON a.user_id::text = u.{id}::text
         LEFT JOIN ({factors}) f ON f.user_id::text = u.{id}::text
         ORDER BY u.{email} <> lower(u.{email}), u.{created}, u.{id}",
        name = user.column("name")?,
        verified = user.column("emailVerified")?,
        image = user.optional("u.", "image", "NULL")?,
        updated = user.column("updatedAt")?,
        banned = user.optional("u.", "banned", "NULL")?,
        until = user.optional("u.", "banExpires", "NULL")?,
        reason = user.optional("u.", "banReason", "NULL")?,
        factor = user.optional("u.", "twoFactorEnabled", "NULL")?,
        anonymous = user.optional("u.", "isAnonymous", "NULL")?,
        username = user.optional("u.", "username", "NULL")?,
        display = user.optional("u.", "displayUsername", "NULL")?,
        table = user.name,
        passwords = passwords_of(&account)?,
        links = links::query(&account)?,
        factors = second_factors::query(&factor)?,
        fields = fields::expression(&user, names, target)?,
    );
    Ok(Queries {
        users,
        count: format!("SELECT count(*) FROM {}", user.name),
        links: format!(
            "SELECT count(*) FROM {} WHERE {provider} <> 'credential'",
            account.name,
            provider = account.column("providerId")?,
        ),
        factors: second_factors::count(&factor),
        expired: match with_sessions {
            true => {
                let expires = session.column("expiresAt")?;
                Some(format!("SELECT count(*) FROM {} WHERE {expires}::timestamptz <= $1", session.name))
            }
            false => None,
        },
    })
}

fn passwords_of(account: &Table<'_>) -> Result<String, TransferError> {
    let (user, provider, password) =
        (account.column("userId")?, account.column("providerId")?, account.column("password")?);
    let table = &account.name;
    Ok(format!(
        "SELECT {user} AS user_id, min({password}::text) AS hash
         FROM {table} WHERE {provider} = 'credential' GROUP BY {user}"
    ))
}

/// Replaces the query for sessions if they are not imported, or there is no such table.
const NO_SESSIONS: &str = "
    SELECT NULL::text AS user_id, NULL::text[] AS tokens, NULL::timestamptz[] AS created, NULL::timestamptz[] AS updated,
           NULL::timestamptz[] AS expires, NULL::text[] AS addresses, NULL::text[] AS agents
    WHERE false";

/// The live sessions of each user as arrays of the same length.
fn sessions_of(session: &Table<'_>) -> Result<String, TransferError> {
    let (user, token) = (session.column("userId")?, session.column("token")?);
    let (created, updated, expires) =
        (session.column("createdAt")?, session.column("updatedAt")?, session.column("expiresAt")?);
    let address = session.optional("", "ipAddress", "NULL")?;
    let agent = session.optional("", "userAgent", "NULL")?;
    let table = &session.name;
    Ok(format!(
        "SELECT {user} AS user_id, array_agg({token}::text) AS tokens,
                array_agg({created}::timestamptz) AS created, array_agg({updated}::timestamptz) AS updated,
                array_agg({expires}::timestamptz) AS expires,
                array_agg(coalesce({address}::text, '')) AS addresses,
                array_agg(coalesce({agent}::text, '')) AS agents
         FROM {table}
         WHERE {expires}::timestamptz > $1 AND {token} IS NOT NULL AND {created} IS NOT NULL AND {updated} IS NOT NULL
         GROUP BY {user}"
    ))
}

/// Imports the accounts, `batch` of them in a transaction.
pub async fn import(
    snapshot: &Snapshot<'_>,
    queries: &Queries,
    secrets: &SourceSecrets,
    batch: u16,
    target: &mut Target,
    now: Timestamp,
) -> Result<(), TransferError> {
    let source = TransferError::Source;
    let mut to_encrypt = snapshot.count(&queries.links, &[]).await.map_err(source)?;
    if let Some(factors) = &queries.factors {
        to_encrypt += snapshot.count(factors, &[]).await.map_err(source)?;
    }
    if to_encrypt > 0 {
        // Rather than after some of the accounts.
        target.encryption()?;
    }
    if let Some(expired) = &queries.expired {
        target.report.sessions.expired = snapshot.count(expired, &[&now]).await.map_err(source)?;
    }
    let total = snapshot.count(&queries.count, &[]).await.map_err(source)?;
    let pages = snapshot.open(&queries.users, &[&now]).await.map_err(source)?;
    rows::import(pages, total, batch, target, |row| read(row, secrets)).await
}

fn read(row: &Row, secrets: &SourceSecrets) -> Result<NewAccount, tokio_postgres::Error> {
    let links = row.try_get::<_, Option<Json<Vec<SourceLink>>>>("links")?.map(|Json(links)| links);
    let links = links.into_iter().flatten().map(|link| link.decrypted(secrets)).collect();
    let Json(fields) = row.try_get::<_, Json<Map<String, Value>>>("fields")?;
    let skip = row.try_get::<_, bool>("anonymous")?.then_some(SkipReason::Anonymous);
    Ok(NewAccount {
        email: row.try_get("email")?,
        name: row.try_get("name")?,
        email_verified: row.try_get("email_verified")?,
        image: row.try_get("image")?,
        created_at: row.try_get("created_at")?,
        updated_at: row.try_get("updated_at")?,
        password: row.try_get::<_, Option<String>>("hash")?.map(SecretString::from),
        sessions: sessions(row)?,
        links,
        username: row.try_get("username")?,
        display_username: row.try_get("display_username")?,
        fields,
        ban: rows::ban(row)?,
        skip,
        second_factor: second_factors::read(row, secrets)?,
        ..NewAccount::default()
    })
}

fn sessions(row: &Row) -> Result<Vec<ForeignSession>, tokio_postgres::Error> {
    let Some(tokens) = row.try_get::<_, Option<Vec<&str>>>("tokens")? else { return Ok(Vec::new()) };
    let times = |column: &str| row.try_get::<_, Vec<Timestamp>>(column);
    let texts = |column: &str| row.try_get::<_, Vec<String>>(column);
    let times = times("created")?.into_iter().zip(times("updated")?).zip(times("expires")?);
    let devices = texts("addresses")?.into_iter().zip(texts("agents")?);
    let sessions = tokens.into_iter().zip(times).zip(devices);
    let session = |((token, ((created_at, updated_at), expires_at)), (ip_address, user_agent))| {
        let token = SessionToken::from(token);
        ForeignSession { token, created_at, updated_at, expires_at, ip_address, user_agent }
    };
    Ok(sessions.map(session).collect())
}
