//! What can go wrong between a store and PostgreSQL, sorted by who has to act.

use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::FromSql;

use crate::errors::with_causes;

/// A statement that did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is away, full or shutting down: 503, and it may work the next time.
    #[error("the database is away: {}", with_causes(.0.as_ref()))]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A named constraint refused the row; the feature that owns the constraint says what that means.
    #[error("constraint {name} refused a row")]
    Constraint {
        /// The constraint's name in the schema.
        name: String,
        /// PostgreSQL's own words.
        source: tokio_postgres::Error,
    },
    /// A stored value does not fit its type: a bug or a hand at the database.
    #[error("{table}.{column} holds a value that does not belong there: {source}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// Why the value does not fit.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Anything else PostgreSQL refused.
    #[error("the database refused a statement: {}", with_causes(.0))]
    Statement(#[source] tokio_postgres::Error),
}

impl StoreError {
    /// Whether the named constraint refused the row.
    pub fn is_constraint(&self, constraint: &str) -> bool {
        matches!(self, Self::Constraint { name, .. } if name == constraint)
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(database) = error.as_db_error() else {
            // Not an answer of the server: the connection broke, or a value could not be sent or read.
            return if error.is_closed() || io_cause(&error) {
                Self::Unavailable(error.into())
            } else {
                Self::Statement(error)
            };
        };
        if is_passing(database.code()) {
            return Self::Unavailable(error.into());
        }
        match database.constraint().map(str::to_owned) {
            Some(name) => Self::Constraint { name, source: error },
            None => Self::Statement(error),
        }
    }
}

/// The server did not respond within this time.
#[derive(Debug, thiserror::Error)]
#[error("no response within {} ms", .0.as_millis())]
pub struct TimedOut(pub Duration);

/// Reads one column, naming table and column when the stored value does not fit.
///
/// # Errors
/// [`StoreError::Corrupt`] when the value is missing or of another type.
pub fn column<'r, T: FromSql<'r>>(
    row: &'r Row,
    table: &'static str,
    column: &'static str,
) -> Result<T, StoreError> {
    row.try_get(column).map_err(|source| corrupt(table, column, source))
}

/// A stored value that its type refuses.
pub fn corrupt(
    table: &'static str,
    column: &'static str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> StoreError {
    StoreError::Corrupt { table, column, source: source.into() }
}

/// Temporary conditions: connection trouble, no resources, shutdown or startup, a timeout, a conflict with another
/// transaction, a server that has become read-only, a missing prepared statement.
fn is_passing(code: &SqlState) -> bool {
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
