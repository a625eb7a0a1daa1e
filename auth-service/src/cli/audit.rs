//! `audit`: the security events that the database keeps.

use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use secrecy::SecretString;
use serde::Serialize;
use service_kit::database::{self, DatabaseError, DatabaseUrl, Pool, Timeouts};
use service_kit::secret::SecretError;
use service_kit::settings;
use service_kit::store::StoreError;

use super::audit_output::{Format, print_events};
use super::output::{formatted, print};
use super::store_args::database_url;
use super::time::{midnight, time};
use crate::audit::{self, Filter};
use crate::progress::{Progress, ProgressOutput};
use crate::protocol::email_address::Email;
use crate::security_event::SecurityEvent;
use crate::server::NAME;
use crate::users;

/// Events read at once: a response of PostgreSQL of about a megabyte.
const PAGE: i64 = 5000;

/// What to do with the audit log.
#[derive(Subcommand)]
pub enum AuditCommand {
    /// Print security events, oldest first
    List(ListArgs),
    /// Delete old security events
    Prune(PruneArgs),
}

/// Options of `audit list`.
#[derive(Args)]
pub struct ListArgs {
    /// PostgreSQL database `auth`, as the service role
    #[arg(long, env, hide_env_values = true)]
    database_url: Option<SecretString>,
    /// File that contains DATABASE_URL
    #[arg(long, env, value_parser = settings::file_path())]
    database_url_file: Option<PathBuf>,
    /// Only events of this user, by id or email. A deleted user has only the id
    #[arg(long)]
    user: Option<String>,
    /// Only events of this name, such as session.started. Can be repeated
    #[arg(long = "event", value_parser = event_name)]
    events: Vec<String>,
    /// Only events of this day in UTC, such as 2026-11-30
    #[arg(long, conflicts_with_all = ["since", "until"])]
    day: Option<Date>,
    /// Only events from this time on: 2026-11-30T08:00:00Z, or a date
    #[arg(long, value_parser = time)]
    since: Option<Timestamp>,
    /// Only events before this time
    #[arg(long, value_parser = time)]
    until: Option<Timestamp>,
    /// Output format
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Options of `audit prune`.
#[derive(Args)]
pub struct PruneArgs {
    /// PostgreSQL URL for the owner role: only it can delete events
    #[arg(long, env, hide_env_values = true)]
    migration_database_url: Option<SecretString>,
    /// File that contains MIGRATION_DATABASE_URL
    #[arg(long, env, value_parser = settings::file_path())]
    migration_database_url_file: Option<PathBuf>,
    /// Delete events that are older than this, such as 8760h for a year
    #[arg(long, value_parser = settings::duration)]
    older_than: Duration,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What `audit prune` did. As JSON, its fields are documented and stable.
#[derive(Serialize)]
struct Pruned {
    deleted: u64,
}

impl Display for Pruned {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} events deleted.", self.deleted)
    }
}

/// A problem that the operator has to fix.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("no user has the email {0}. Find deleted users by id")]
    UnknownEmail(String),
    #[error("--day: {0}")]
    Day(#[from] jiff::Error),
    #[error("standard output: {0}")]
    Output(#[from] std::io::Error),
    #[error("output: {0}")]
    Format(#[from] Box<dyn std::error::Error + Send + Sync>),
    #[error("output: {0}")]
    Json(#[from] serde_json::Error),
}

/// Runs a command and prints its result.
pub async fn run(command: AuditCommand) -> Result<(), AuditError> {
    match command {
        AuditCommand::List(args) => list(args).await,
        AuditCommand::Prune(args) => prune(args).await,
    }
}

async fn list(args: ListArgs) -> Result<(), AuditError> {
    let address: DatabaseUrl = database_url::<AuditError>(
        "DATABASE_URL",
        args.database_url.as_ref(),
        args.database_url_file.as_deref(),
    )?;
    let pool = address.pool(1, Timeouts::COMMAND)?;
    database::wait_until_usable(&pool, &crate::migrations::runner(), NAME).await?;
    let (since, until) = match args.day {
        Some(day) => (Some(midnight(day)?), Some(midnight(day.checked_add(1.day())?)?)),
        None => (args.since, args.until),
    };
    let user_id = match args.user {
        Some(user) => Some(user_id(&pool, user).await?),
        None => None,
    };
    let filter = Filter { user_id, events: args.events, since, until };
    let (mut after, mut is_first) = (None, true);
    loop {
        let events = audit::list(&pool, &filter, after, PAGE).await?;
        let is_last = i64::try_from(events.len()).is_ok_and(|read| read < PAGE);
        after = events.last().map(audit::AuditEvent::cursor).or(after);
        print(&print_events(&events, args.format, is_first)?)?;
        if is_last {
            return Ok(());
        }
        is_first = false;
    }
}

/// The id of a user who is named by id or email.
async fn user_id(pool: &Pool, user: String) -> Result<String, AuditError> {
    let Some(email) = Email::parse(&user) else { return Ok(user) };
    let found = users::find_by_email(pool, &email).await?;
    Ok(found.ok_or(AuditError::UnknownEmail(user))?.id.to_string())
}

async fn prune(args: PruneArgs) -> Result<(), AuditError> {
    let (url, file) = (args.migration_database_url, args.migration_database_url_file);
    let address: DatabaseUrl =
        database_url::<AuditError>("MIGRATION_DATABASE_URL", url.as_ref(), file.as_deref())?;
    let pool = address.pool(1, Timeouts::COMMAND)?;
    let seconds = i64::try_from(args.older_than.as_secs()).unwrap_or(i64::MAX);
    let mut pruned = Pruned { deleted: 0 };
    let mut progress = Progress::new(ProgressOutput::unless(args.json), "events", None);
    loop {
        match audit::prune(&pool, seconds).await? {
            0 => break,
            deleted => {
                pruned.deleted = pruned.deleted.saturating_add(deleted);
                progress.add(deleted);
            }
        }
    }
    progress.finish();
    Ok(print(&formatted(&pruned, args.json)?)?)
}

fn event_name(text: &str) -> Result<String, String> {
    let known = SecurityEvent::names();
    if known.contains(&text) {
        Ok(text.to_owned())
    } else {
        Err(format!("unknown event. The events are {}", known.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_named_as_in_the_log() {
        assert!(event_name("session.started").is_ok() && event_name("session").is_err());
    }
}
