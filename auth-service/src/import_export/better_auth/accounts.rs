//! Users with their passwords and sessions: one query, joined by the source, so that ids may be of any type there.

use jiff::Timestamp;
use secrecy::SecretString;
use service_kit::store::StoreError;
use tokio_postgres::Row;

use super::names::{Names, quoted};
use crate::import_export::account::{NewAccount, NewSession};
use crate::import_export::error::TransferError;
use crate::import_export::progress::Progress;
use crate::import_export::reason::Reason;
use crate::import_export::snapshot::Snapshot;
use crate::import_export::target::Target;

/// The statements for a deployment whose tables were looked at.
pub struct Plan {
    users: String,
    count: String,
    providers: String,
    expired: Option<String>,
}

/// What a table has, of what is asked of it.
pub struct Table<'a> {
    names: &'a Names,
    model: &'static str,
    /// Its name, quoted.
    pub name: String,
    columns: Vec<String>,
}

impl<'a> Table<'a> {
    /// Looks at a table.
    pub async fn look(
        snapshot: &Snapshot<'_>,
        names: &'a Names,
        model: &'static str,
    ) -> Result<Self, TransferError> {
        let name = names.table(model);
        let columns = snapshot.columns(&name).await.map_err(TransferError::Source)?;
        if columns.is_empty() && names.is_given(model, None) {
            return Err(TransferError::Shape(format!("the source has no table {name}")));
        }
        Ok(Self { names, model, name, columns })
    }

    /// Whether it is there at all.
    pub fn is_there(&self) -> bool {
        !self.columns.is_empty()
    }

    /// A column that must be there, quoted.
    pub fn column(&self, column: &str) -> Result<String, TransferError> {
        let name = self.names.column(self.model, column);
        if !self.is_there() {
            let (model, table) = (self.model, &self.name);
            return Err(TransferError::Shape(format!(
                "the source has no table {table}: if it is called otherwise, say --table {model}=name"
            )));
        }
        if !self.columns.iter().any(|known| known == name) {
            let (model, table) = (self.model, &self.name);
            return Err(TransferError::Shape(format!(
                "table {table} has no column {}: if it is called otherwise, say --column {model}.{column}=name",
                quoted(name)
            )));
        }
        Ok(quoted(name))
    }

    /// A column that a deployment may lack, quoted and with `prefix`; `otherwise` stands for one that is not there.
    pub fn optional(&self, prefix: &str, column: &str, otherwise: &str) -> Result<String, TransferError> {
        let name = self.names.column(self.model, column);
        if self.names.is_given(self.model, Some(column)) || self.columns.iter().any(|known| known == name) {
            return Ok(format!("{prefix}{}", self.column(column)?));
        }
        Ok(otherwise.to_owned())
    }
}

/// Looks at the tables and makes the statements.
pub async fn plan(snapshot: &Snapshot<'_>, names: &Names, sessions: bool) -> Result<Plan, TransferError> {
    let user = Table::look(snapshot, names, "user").await?;
    let account = Table::look(snapshot, names, "account").await?;
    let session = Table::look(snapshot, names, "session").await?;
    let (id, email) = (user.column("id")?, user.column("email")?);
    let created = user.column("createdAt")?;
    let with_sessions = sessions && session.is_there();
    let session_query = if with_sessions { sessions_of(&session)? } else { NO_SESSIONS.to_owned() };
    let users = format!(
        "SELECT u.{id}::text AS id, u.{email}::text AS email, u.{name}::text AS name,
                coalesce(u.{verified}::boolean, false) AS email_verified, {image}::text AS image,
                u.{created}::timestamptz AS created_at, u.{updated}::timestamptz AS updated_at,
                p.hash AS hash,
                coalesce({banned}::boolean, false) AND coalesce({until}::timestamptz > $1, true) AS banned,
                coalesce({factor}::boolean, false) AS second_factor,
                coalesce({anonymous}::boolean, false) AS anonymous,
                s.tokens, s.created, s.updated, s.expires, s.addresses, s.agents
         FROM {table} u
         LEFT JOIN ({passwords}) p ON p.user_id::text = u.{id}::text
         LEFT JOIN ({session_query}) s ON s.user_id::text = u.{id}::text
         ORDER BY u.{email} <> lower(u.{email}), u.{created}, u.{id}",
        name = user.column("name")?,
        verified = user.column("emailVerified")?,
        image = user.optional("u.", "image", "NULL")?,
        updated = user.column("updatedAt")?,
        banned = user.optional("u.", "banned", "NULL")?,
        until = user.optional("u.", "banExpires", "NULL")?,
        factor = user.optional("u.", "twoFactorEnabled", "NULL")?,
        anonymous = user.optional("u.", "isAnonymous", "NULL")?,
        table = user.name,
        passwords = passwords_of(&account)?,
    );
    Ok(Plan {
        users,
        count: format!("SELECT count(*) FROM {}", user.name),
        providers: format!(
            "SELECT {provider}::text AS provider, count(*) AS links FROM {} WHERE {provider} <> 'credential' GROUP BY 1",
            account.name,
            provider = account.column("providerId")?,
        ),
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

/// In the place of sessions where none are wanted, or there is no such table.
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

/// Copies the accounts, `batch` of them in a transaction.
pub async fn import(
    snapshot: &Snapshot<'_>,
    plan: &Plan,
    batch: u16,
    target: &mut Target,
    now: Timestamp,
) -> Result<(), TransferError> {
    let source = TransferError::Source;
    for row in snapshot.rows(&plan.providers, &[]).await.map_err(source)? {
        let (provider, links) = (read(&row, "provider"), read::<i64>(&row, "links"));
        if let (Ok(provider), Ok(links)) = (provider, links) {
            target.report.other_providers.insert(provider, u64::try_from(links).unwrap_or(0));
        }
    }
    if let Some(expired) = &plan.expired {
        target.report.sessions.expired = snapshot.count(expired, &[&now]).await.map_err(source)?;
    }
    let total = snapshot.count(&plan.count, &[]).await.map_err(source)?;
    let mut progress = Progress::new("users", Some(total));
    let mut pages = snapshot.open(&plan.users, &[&now]).await.map_err(source)?;
    loop {
        let rows = pages.next(batch).await.map_err(source)?;
        if rows.is_empty() {
            break;
        }
        let count = rows.len() as u64;
        target.take(rows.iter().map(account).collect()).await?;
        progress.add(count);
    }
    progress.finish();
    Ok(())
}

/// A row that cannot be read is an account that stays behind, and no reason to stop.
fn account(row: &Row) -> NewAccount {
    let id: String = read(row, "id").unwrap_or_default();
    read_account(row, &id).unwrap_or_else(|_| NewAccount {
        label: id,
        stays: Some(Reason::Unreadable),
        ..NewAccount::default()
    })
}

fn read_account(row: &Row, id: &str) -> Result<NewAccount, StoreError> {
    let stays = match (read(row, "banned")?, read(row, "anonymous")?) {
        (true, _) => Some(Reason::Banned),
        (false, true) => Some(Reason::Anonymous),
        (false, false) => None,
    };
    Ok(NewAccount {
        label: id.to_owned(),
        id: Some(id.to_owned()),
        email: read(row, "email")?,
        name: read(row, "name")?,
        email_verified: read(row, "email_verified")?,
        image: read(row, "image")?,
        created_at: read(row, "created_at")?,
        updated_at: read(row, "updated_at")?,
        password: read::<Option<String>>(row, "hash")?.map(SecretString::from),
        scheme: None,
        sessions: sessions(row)?,
        stays,
        second_factor: read(row, "second_factor")?,
    })
}

fn sessions(row: &Row) -> Result<Vec<NewSession>, StoreError> {
    let Some(tokens) = read::<Option<Vec<String>>>(row, "tokens")? else { return Ok(Vec::new()) };
    let created: Vec<Timestamp> = read(row, "created")?;
    let updated: Vec<Timestamp> = read(row, "updated")?;
    let expires: Vec<Timestamp> = read(row, "expires")?;
    let addresses: Vec<String> = read(row, "addresses")?;
    let agents: Vec<String> = read(row, "agents")?;
    let times = created.into_iter().zip(updated).zip(expires);
    let devices = addresses.into_iter().zip(agents);
    let sessions = tokens.into_iter().zip(times).zip(devices);
    let sessions =
        sessions.map(|((token, ((created_at, updated_at), expires_at)), (ip_address, user_agent))| {
            NewSession { token: token.into(), created_at, updated_at, expires_at, ip_address, user_agent }
        });
    Ok(sessions.collect())
}

/// A column of the source's answer.
pub fn read<'r, T: tokio_postgres::types::FromSql<'r>>(row: &'r Row, column: &str) -> Result<T, StoreError> {
    Ok(row.try_get(column)?)
}
