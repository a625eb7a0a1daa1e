//! Database checks at start and for `/readyz`.

use std::time::Duration;

use refinery::Runner;

use super::connect::ConnectError;
use super::error::DatabaseError;
use super::executor::Executor;
use super::pool::Pool;
use super::url::DatabaseUrl;
use crate::store::StoreError;

/// How long a service or a migration waits for its database at start, and the time between attempts.
pub(super) const START_DEADLINE: Duration = Duration::from_secs(30);
const START_RETRY: Duration = Duration::from_millis(250);

pub(super) const IS_MIGRATED: &str = "SELECT to_regclass('refinery_schema_history') IS NOT NULL";
pub(super) const NEWEST: &str = "SELECT coalesce(max(version), 0) FROM refinery_schema_history";
/// Without this limit, nothing cancels a statement whose client is gone. Roles that were created manually may lack it.
const IS_LIMITED: &str = "SELECT current_setting('statement_timeout') <> '0'";

/// Waits up to 30 s for the database, then checks that its schema is at least as new as this binary. A newer schema is
/// accepted, because a rollout may be in progress. `command` is the name of the binary in error messages.
///
/// # Errors
/// If the database is unavailable or its schema is too old.
pub async fn wait_until_usable(
    pool: &Pool,
    runner: &Runner,
    command: &'static str,
) -> Result<(), DatabaseError> {
    wait_until_ok(|| pool.ping()).await?;
    let needed = newest_of(runner);
    let found = schema_version(pool).await?;
    if found < needed {
        return Err(DatabaseError::Outdated { found, needed, command });
    }
    if !pool.query_one(IS_LIMITED, &[]).await?.try_get::<_, bool>(0).map_err(StoreError::from)? {
        tracing::warn!("the database role has no statement_timeout: run migrations/databases.sql again");
    }
    Ok(())
}

impl DatabaseUrl {
    /// Waits until a connection can be opened, up to 30 s.
    ///
    /// # Errors
    /// If the server does not come up in time, or rejects the login; then without waiting.
    pub(super) async fn wait_until_up(&self) -> Result<(), StoreError> {
        wait_until_ok(async || self.connect().await.map(drop)).await
    }
}

/// Repeats `attempt` until it succeeds, it is pointless to go on, or [`START_DEADLINE`] has passed.
async fn wait_until_ok(attempt: impl AsyncFn() -> Result<(), StoreError>) -> Result<(), StoreError> {
    let deadline = tokio::time::Instant::now() + START_DEADLINE;
    while let Err(error) = attempt().await {
        if tokio::time::Instant::now() >= deadline || is_refusal(&error) {
            return Err(error);
        }
        tracing::warn!(%error, "waiting for the database");
        tokio::time::sleep(START_RETRY).await;
    }
    Ok(())
}

/// Checks in one round trip that the database responds and accepts writes.
///
/// # Errors
/// If it does not within two seconds.
pub async fn ping(pool: &Pool) -> Result<(), StoreError> {
    pool.ping().await
}

/// The version of the newest migration.
pub(super) fn newest_of(runner: &Runner) -> i32 {
    runner.get_migrations().iter().map(refinery::Migration::version).max().unwrap_or(0)
}

/// The version of the newest migration that was applied.
pub(super) async fn schema_version(pool: &Pool) -> Result<i32, StoreError> {
    if !pool.query_one(IS_MIGRATED, &[]).await?.try_get::<_, bool>(0)? {
        return Ok(0);
    }
    Ok(pool.query_one(NEWEST, &[]).await?.try_get(0)?)
}

/// Whether waiting is pointless.
fn is_refusal(error: &StoreError) -> bool {
    let StoreError::Unavailable(cause) = error else { return true };
    cause.downcast_ref::<ConnectError>().is_some_and(ConnectError::is_refusal)
}
