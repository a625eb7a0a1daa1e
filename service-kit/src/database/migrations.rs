//! Runs schema migrations.

use std::time::Duration;

use clap::Args;
use refinery::Runner;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Transaction};

use super::error::DatabaseError;
use super::start::{IS_MIGRATED, NEWEST, newest_of};
use super::url::DatabaseUrl;
use crate::errors::causes;
use crate::store::StoreError;

/// The advisory lock of migrations ("latchkey" in ASCII). refinery takes none.
const MIGRATION_LOCK: i64 = 0x6c61_7463_686b_6579;
/// Maximum time to wait for another run: longer than most migrations take, short enough to report the reason soon.
pub const MIGRATION_LOCK_TIMEOUT: Duration = Duration::from_secs(60);

/// Settings of the lock's transaction, which is idle while the migrations run.
const LOCK_SETTINGS: &str = "
    SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', '0', true),
           set_config('idle_in_transaction_session_timeout', '0', true)";
const LOCK: &str = "SELECT pg_advisory_xact_lock($1)";
/// The process that holds the lock.
const HOLDER: &str = "
    SELECT format('process %s (%s), whose transaction began at %s', a.pid, a.application_name, a.xact_start)
    FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (l.classid::bigint << 32) + l.objid::bigint = $1";

/// The options of `migrate`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
pub struct MigrateOptions {
    /// Succeed and change nothing if the schema is newer than this program, as after a rollback
    #[arg(long)]
    pub allow_newer_schema: bool,
}

impl DatabaseUrl {
    /// Waits up to 30 s for the database, applies pending migrations and returns their number. Concurrent runs take turns;
    /// each waits at most `lock_timeout` ([`MIGRATION_LOCK_TIMEOUT`]).
    ///
    /// # Errors
    /// If the server is unreachable, the URL leads to a transaction pooler, another run takes too long, a migration fails,
    /// or the schema is newer than `runner` and the options do not allow that.
    pub async fn migrate(
        &self,
        runner: Runner,
        lock_timeout: Duration,
        options: MigrateOptions,
    ) -> Result<usize, DatabaseError> {
        let advice = "Migrations need a direct connection: use the host and port of the server itself";
        self.wait_until_up().await?;
        self.refuse_pooler(advice).await?;
        // A schema that is newer than this binary, as after a rollback, is refused below or left as it is.
        let runner = runner.set_abort_missing(false);
        // A transaction holds the lock, so that the lock ends with it, or with its connection, even through a pooler. The
        // migrations need another connection because each of them commits.
        let mut locking = self.connect().await?;
        let lock = locking.transaction().await.map_err(StoreError::from)?;
        self.lock(&lock, lock_timeout).await?;
        let mut client = self.connect().await?;
        let (found, known) = (schema_version(&client).await?, newest_of(&runner));
        if found > known && !options.allow_newer_schema {
            return Err(DatabaseError::Newer { found, known });
        }
        let report = runner.run_async(&mut client).await.map_err(explained)?;
        lock.commit().await.map_err(StoreError::from)?;
        Ok(report.applied_migrations().len())
    }

    async fn lock(&self, transaction: &Transaction<'_>, lock_timeout: Duration) -> Result<(), DatabaseError> {
        let text = format!("{}ms", lock_timeout.as_millis());
        let settings = transaction.query_typed(LOCK_SETTINGS, &[(&text, Type::TEXT)]).await;
        settings.map_err(StoreError::from)?;
        match transaction.query_typed(LOCK, &[(&MIGRATION_LOCK, Type::INT8)]).await {
            Ok(_) => Ok(()),
            Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => {
                let holder = holder(&self.connect().await?).await?;
                Err(DatabaseError::MigrationRuns { waited: lock_timeout, holder })
            }
            Err(error) => Err(StoreError::from(error).into()),
        }
    }
}

async fn schema_version(client: &Client) -> Result<i32, StoreError> {
    if !client.query_one(IS_MIGRATED, &[]).await?.try_get::<_, bool>(0)? {
        return Ok(0);
    }
    Ok(client.query_one(NEWEST, &[]).await?.try_get(0)?)
}

async fn holder(client: &Client) -> Result<String, StoreError> {
    let rows = client.query_typed(HOLDER, &[(&MIGRATION_LOCK, Type::INT8)]).await?;
    match rows.first() {
        Some(row) => Ok(row.try_get(0)?),
        None => Ok("unknown, it has just ended".to_owned()),
    }
}

/// Recognizes migrations that failed because a table was locked.
fn explained(error: refinery::Error) -> DatabaseError {
    let code = causes(&error).find_map(|cause| cause.downcast_ref::<tokio_postgres::Error>()?.code());
    if code == Some(&SqlState::LOCK_NOT_AVAILABLE) {
        return DatabaseError::TableInUse(error);
    }
    DatabaseError::Migration(error)
}

#[cfg(test)]
mod tests {
    use super::super::start::START_DEADLINE;
    use super::*;

    /// Uses virtual time. Nothing listens on port 1.
    #[tokio::test(start_paused = true)]
    async fn a_migration_waits_half_a_minute_for_its_database() {
        let url = "postgres://nobody:secret@127.0.0.1:1/x".to_owned();
        let address = DatabaseUrl::parse("MIGRATION_DATABASE_URL", &url.into(), "test").unwrap();
        let start = tokio::time::Instant::now();
        let options = MigrateOptions::default();
        let error = address.migrate(Runner::new(&[]), MIGRATION_LOCK_TIMEOUT, options).await.unwrap_err();
        assert!(matches!(error, DatabaseError::Unreachable(_)), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
        assert!(start.elapsed() >= START_DEADLINE, "{:?}", start.elapsed());
        assert!(start.elapsed() < START_DEADLINE + Duration::from_secs(10), "{:?}", start.elapsed());
    }
}
