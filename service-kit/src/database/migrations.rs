//! Bringing a schema up to date.

use std::time::Duration;

use refinery::Runner;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Transaction};

use super::address::{Address, DatabaseError};
use crate::store::StoreError;

/// One migration run at a time on a database ("latchkey" in ASCII): refinery itself takes no lock.
const MIGRATION_LOCK: i64 = 0x6c61_7463_686b_6579;
/// How long a migration run waits for another one: longer than most migrations take, and short enough that an operator who
/// waits learns why.
pub const MIGRATION_LOCK_TIMEOUT: Duration = Duration::from_secs(60);

/// For the lock's transaction alone. It may be idle for as long as the migrations take.
const LOCK_SETTINGS: &str = "
    SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', '0', true),
           set_config('idle_in_transaction_session_timeout', '0', true)";
const LOCK: &str = "SELECT pg_advisory_xact_lock($1)";
/// Who holds it.
const HOLDER: &str = "
    SELECT format('process %s (%s), whose transaction began at %s', a.pid, a.application_name, a.xact_start)
    FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (l.classid::bigint << 32) + l.objid::bigint = $1";

impl Address {
    /// Brings the schema up to date, one run at a time however many start at once. Returns how many migrations were
    /// applied. Waits `lock_timeout` for another run ([`MIGRATION_LOCK_TIMEOUT`]).
    ///
    /// # Errors
    /// When the server cannot be reached, a pooler stands before it, another run does not end, or a migration fails.
    pub async fn migrate(&self, runner: Runner, lock_timeout: Duration) -> Result<usize, DatabaseError> {
        let advice = "Migrations need the server itself: name its own host and port in this URL";
        self.refuse_pooler(advice).await?;
        // A schema that is newer than this binary, as after a rollback, is left as it is.
        let runner = runner.set_abort_missing(false);
        // The lock belongs to a transaction: it ends with it and with its connection, whatever is in between. It cannot be
        // that of the migrations, which commit one after another.
        let mut locking = self.connect().await?;
        let lock = locking.transaction().await.map_err(StoreError::from)?;
        self.lock(&lock, lock_timeout).await?;
        let mut client = self.connect().await?;
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

async fn holder(client: &Client) -> Result<String, StoreError> {
    let rows = client.query_typed(HOLDER, &[(&MIGRATION_LOCK, Type::INT8)]).await?;
    match rows.first() {
        Some(row) => Ok(row.try_get(0)?),
        None => Ok("it has just ended".to_owned()),
    }
}

/// The error of a migration, with the reason if it waited in vain for a table.
fn explained(error: refinery::Error) -> DatabaseError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(this) = cause {
        let code = this.downcast_ref::<tokio_postgres::Error>().and_then(tokio_postgres::Error::code);
        if code == Some(&SqlState::LOCK_NOT_AVAILABLE) {
            return DatabaseError::TableInUse(error);
        }
        cause = this.source();
    }
    DatabaseError::Migration(error)
}
