//! Connections borrowed from a pool. They are returned only if no result is outstanding.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deadpool::managed::{self, Object, PoolError};
use futures_util::FutureExt;
use tokio::time::error::Elapsed;
use tokio::time::timeout;
use tokio_postgres::error::SqlState;

use super::connect::ConnectError;
use super::manager::Manager;
use super::raw_connection::{Outages, RawConnection};
use crate::store::{QueryError, StoreError, TimedOut};

/// A connection in use by one task. If it is dropped while a result is outstanding, as when a client hangs up, the
/// connection is closed: its state is unknown, and the server may be unreachable.
pub(super) struct Connection {
    /// `None` only while it is being dropped.
    object: Option<Object<Manager>>,
    broken: AtomicBool,
    outages: Arc<Outages>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(object) = self.object.take()
            && self.is_broken()
        {
            drop(Object::take(object));
        }
    }
}

impl Connection {
    /// Borrows a connection from a pool.
    pub(super) async fn of(
        pool: &managed::Pool<Manager>,
        outages: &Arc<Outages>,
    ) -> Result<Self, PoolError<ConnectError>> {
        let object = Some(pool.get().await?);
        Ok(Self { object, broken: AtomicBool::new(false), outages: Arc::clone(outages) })
    }

    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    /// Waits for a result on this connection, for at most `limit`. Not an `async fn`, whose future would contain `work` twice.
    pub(super) fn within<T>(
        &self,
        limit: Duration,
        work: impl Future<Output = Result<T, QueryError>>,
    ) -> impl Future<Output = Result<T, Failure>> {
        self.broken.store(true, Ordering::Relaxed);
        let outages = self.outages.count();
        timeout(limit, work).map(move |outcome| self.settle(outcome, limit, outages))
    }

    /// Decides what an outcome means for this connection. `outages` were known when the work began.
    fn settle<T>(
        &self,
        outcome: Result<Result<T, QueryError>, Elapsed>,
        limit: Duration,
        outages: usize,
    ) -> Result<T, Failure> {
        match outcome {
            Ok(Ok(value)) => {
                self.raw()?.mark_verified(outages);
                self.broken.store(false, Ordering::Relaxed);
                Ok(value)
            }
            Ok(Err(error)) => {
                if error.code() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION) {
                    // A failover: the other connections lead to the same server.
                    self.outages.record();
                }
                let failure = Failure::of(error);
                self.broken.store(failure.breaks, Ordering::Relaxed);
                Err(failure)
            }
            Err(_) => {
                self.outages.record();
                Err(Failure::timed_out(limit))
            }
        }
    }

    /// Records that the server has become read-only: this connection is closed, and all others are checked before they are
    /// reused.
    pub(super) fn reject(&self) {
        self.outages.record();
        self.close();
    }

    /// Closes the connection when it is dropped, instead of returning it.
    pub(super) fn close(&self) {
        self.broken.store(true, Ordering::Relaxed);
    }

    pub(super) fn raw(&self) -> Result<&RawConnection, Failure> {
        self.object.as_deref().ok_or_else(|| Failure::timed_out(Duration::ZERO))
    }
}

/// Why a statement failed, whether its connection must be closed, and whether it may be repeated.
pub(super) struct Failure {
    pub(super) error: StoreError,
    /// Whether the connection must be closed.
    breaks: bool,
    /// Whether the statement certainly had no effect and may succeed if it is repeated.
    pub(super) may_repeat: bool,
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

impl Failure {
    fn of(error: QueryError) -> Self {
        let QueryError::Server(server) = &error else {
            // The connection broke, or a value could not be encoded. What the server executed is unknown.
            return Self { error: error.into(), breaks: true, may_repeat: false };
        };
        if is_missing_statement(&server.code) {
            tracing::error!(%error, "prepared statement missing: if a transaction pooler is in use, set DATABASE_POOLER=transaction");
        }
        let (here, elsewhere) = (is_conflict(&server.code), is_of_this_connection(&server.code));
        Self {
            breaks: server.ends_connection() || elsewhere,
            may_repeat: here || elsewhere,
            error: error.into(),
        }
    }

    fn timed_out(limit: Duration) -> Self {
        let error = StoreError::Unavailable(TimedOut(limit).into());
        Self { error, breaks: true, may_repeat: false }
    }
}

/// A serialization failure or a deadlock. Repeating the statement may succeed.
fn is_conflict(code: &SqlState) -> bool {
    [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED].contains(code)
}

/// Errors caused by this connection, not by the statement: the server has become read-only or is shutting down, or a
/// prepared statement is missing or outdated. Another connection may succeed.
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

/// A prepared statement is missing, or already exists: a pooler has switched server connections.
fn is_missing_statement(code: &SqlState) -> bool {
    [SqlState::INVALID_SQL_STATEMENT_NAME, SqlState::DUPLICATE_PSTATEMENT].contains(code)
}
