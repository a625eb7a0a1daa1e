//! Rows of the database, and errors of its statements, grouped by who has to act.

mod query_error;
mod row;

use std::time::Duration;

use tokio_postgres::error::SqlState;
use tokio_postgres::types::FromSql;

pub use self::query_error::{QueryError, ServerError};
pub(crate) use self::row::Column;
pub use self::row::{ColumnError, ColumnIndex, Row};
use crate::errors::with_causes;

/// A failed statement.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is unreachable, full or shutting down: 503. A retry may succeed.
    #[error("the database is unavailable: {}", with_causes(.0.as_ref()))]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A row violates a named constraint. The feature that owns the constraint maps it to an error.
    #[error("a row violates the constraint {name}")]
    Constraint {
        /// The constraint's name in the schema.
        name: String,
        /// PostgreSQL's error.
        source: Box<ServerError>,
    },
    /// A stored value does not fit its type: a bug, or a manual change in the database.
    #[error("{table}.{column} contains an invalid value: {source}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// Why the value does not fit.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// PostgreSQL rejected the statement for another reason.
    #[error("the database rejected a statement: {}", with_causes(.0.as_ref()))]
    Statement(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    /// Returns whether a row violates this constraint.
    pub fn is_constraint(&self, constraint: &str) -> bool {
        matches!(self, Self::Constraint { name, .. } if name == constraint)
    }
}

impl From<QueryError> for StoreError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Server(error) if is_temporary(&error.code) => Self::Unavailable(error),
            QueryError::Server(error) => match error.constraint.clone() {
                Some(name) => Self::Constraint { name, source: error },
                None => Self::Statement(error),
            },
            QueryError::Broken(_) => Self::Unavailable(error.into()),
            QueryError::Parameter(_) | QueryError::Protocol(_) => Self::Statement(error.into()),
        }
    }
}

impl From<ColumnError> for StoreError {
    fn from(error: ColumnError) -> Self {
        Self::Statement(error.into())
    }
}

/// An error of the driver, which connects and migrates.
impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        let is_temporary = match error.code() {
            Some(code) => is_temporary(code),
            // Not a response of the server: the connection broke, or a value could not be encoded or decoded.
            None => error.is_closed() || io_cause(&error),
        };
        if is_temporary { Self::Unavailable(error.into()) } else { Self::Statement(error.into()) }
    }
}

/// The server did not respond within this time.
#[derive(Debug, thiserror::Error)]
#[error("no response within {} ms", .0.as_millis())]
pub struct TimedOut(pub Duration);

/// Reads a column. The error names table and column.
///
/// # Errors
/// [`StoreError::Corrupt`] if the value is missing or of another type.
pub fn column<'r, T: FromSql<'r>>(
    row: &'r Row,
    table: &'static str,
    column: &'static str,
) -> Result<T, StoreError> {
    row.try_get(column).map_err(|source| corrupt(table, column, source))
}

/// Creates the error for a stored value that does not fit its type.
pub fn corrupt(
    table: &'static str,
    column: &'static str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> StoreError {
    StoreError::Corrupt { table, column, source: source.into() }
}

/// Temporary conditions: connection trouble, no resources, shutdown or startup, a timeout, a conflict with another
/// transaction, a server that has become read-only, a missing prepared statement.
fn is_temporary(code: &SqlState) -> bool {
    let class = code.code().get(..2).unwrap_or_default();
    class == "08"
        || class == "40"
        || class == "53"
        || [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::QUERY_CANCELED,
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
            SqlState::IDLE_SESSION_TIMEOUT,
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::READ_ONLY_SQL_TRANSACTION,
            SqlState::INVALID_SQL_STATEMENT_NAME,
            SqlState::DUPLICATE_PSTATEMENT,
        ]
        .contains(code)
}

fn io_cause(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
}
