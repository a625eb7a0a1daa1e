//! A connection on loan from a pool. It goes back only when the server has answered all that it was asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool::managed::{self, Object};
use tokio::time::timeout;
use tokio_postgres::error::{Severity, SqlState};

use super::link::{Link, Silence};
use super::pool::Manager;
use crate::store::{Late, StoreError};

/// A connection that one task uses. It is closed when it is dropped while an answer is awaited, as happens when a client
/// hangs up: nobody can say what state it is in, or whether the server is there at all.
pub(super) struct Connection {
    /// Always there until it is dropped.
    object: Option<Object<Manager>>,
    doubtful: AtomicBool,
    silence: Arc<Silence>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(object) = self.object.take()
            && self.is_doubtful()
        {
            drop(Object::take(object));
        }
    }
}

impl Connection {
    /// Borrows one from a pool.
    pub(super) async fn of(
        pool: &managed::Pool<Manager>,
        silence: &Arc<Silence>,
    ) -> Result<Self, StoreError> {
        let object = Some(pool.get().await?);
        Ok(Self { object, doubtful: AtomicBool::new(false), silence: Arc::clone(silence) })
    }

    pub(super) fn is_doubtful(&self) -> bool {
        self.doubtful.load(Ordering::Relaxed)
    }

    /// Awaits what the connection is asked to do, for at most as long as `limit` says.
    pub(super) async fn within<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, Failure> {
        self.doubtful.store(true, Ordering::Relaxed);
        match timeout(limit, work).await {
            Ok(Ok(value)) => {
                self.link()?.heard();
                self.doubtful.store(false, Ordering::Relaxed);
                Ok(value)
            }
            Ok(Err(error)) => {
                let failure = Failure::of(error);
                self.doubtful.store(failure.taints, Ordering::Relaxed);
                Err(failure)
            }
            Err(_) => {
                self.silence.notice();
                Err(Failure::of_late(limit))
            }
        }
    }

    pub(super) fn link(&self) -> Result<&Link, Failure> {
        self.object.as_deref().ok_or_else(|| Failure::of_late(Duration::ZERO))
    }
}

/// What went wrong with a statement, and what that says about the connection and about trying again.
pub(super) struct Failure {
    pub(super) error: StoreError,
    /// Whether the connection is of no use any more.
    taints: bool,
    /// Whether the statement did certainly nothing and may succeed if it is sent again.
    pub(super) may_repeat: bool,
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

impl Failure {
    fn of(error: tokio_postgres::Error) -> Self {
        let Some(database) = error.as_db_error() else {
            // The connection broke, or a value could not be sent: what the server made of the rest is not known.
            return Self { error: error.into(), taints: true, may_repeat: false };
        };
        if is_missing_statement(database.code()) {
            tracing::error!(%error, "is there a transaction pooler before PostgreSQL? Then set DATABASE_POOLER=transaction");
        }
        let fatal = matches!(database.parsed_severity(), Some(Severity::Fatal | Severity::Panic));
        let (here, elsewhere) = (is_conflict(database.code()), is_of_this_connection(database.code()));
        Self { taints: fatal || elsewhere, may_repeat: here || elsewhere, error: error.into() }
    }

    fn of_late(limit: Duration) -> Self {
        let error = StoreError::Unavailable(Late(limit).into());
        Self { error, taints: true, may_repeat: false }
    }
}

/// Two transactions got into each other's way, and this one gave way: the next time it may come through.
fn is_conflict(code: &SqlState) -> bool {
    [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED].contains(code)
}

/// Refusals that have to do with the connection and not with the statement, so that another connection may do: the server
/// became a standby or shuts down, or what was prepared is gone or out of date.
fn is_of_this_connection(code: &SqlState) -> bool {
    [
        SqlState::READ_ONLY_SQL_TRANSACTION,
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::IDLE_SESSION_TIMEOUT,
        // "cached plan must not change result type", after a migration.
        SqlState::FEATURE_NOT_SUPPORTED,
    ]
    .contains(code)
        || is_missing_statement(code)
}

/// What was prepared here is missing, or there before it was prepared: there is more than one server connection.
fn is_missing_statement(code: &SqlState) -> bool {
    [SqlState::INVALID_SQL_STATEMENT_NAME, SqlState::DUPLICATE_PSTATEMENT].contains(code)
}
