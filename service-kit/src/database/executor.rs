//! Runs statements.

use super::parameter::Parameter;
use crate::store::{Row, StoreError, corrupt};

/// The result of a statement.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The rows it returned.
    pub rows: Vec<Row>,
    /// Number of rows that were returned, inserted, updated or deleted.
    pub affected: u64,
}

/// Runs statements: a [`Pool`](super::Pool), where each statement is its own transaction, or a
/// [`Transaction`](super::Transaction). SQL is always constant; values are passed as parameters.
pub trait Executor: Sync {
    /// Runs a statement.
    ///
    /// # Errors
    /// If the database is unreachable, does not respond in time, or rejects the statement. The statement then had no
    /// effect, except that a commit whose confirmation was lost ([`StoreError::Unavailable`]) may have taken effect.
    fn run(
        &self,
        sql: &'static str,
        parameters: &[&dyn Parameter],
    ) -> impl Future<Output = Result<Outcome, StoreError>> + Send;

    /// Runs a statement and returns its rows.
    fn query(
        &self,
        sql: &'static str,
        parameters: &[&dyn Parameter],
    ) -> impl Future<Output = Result<Vec<Row>, StoreError>> + Send {
        async move { Ok(self.run(sql, parameters).await?.rows) }
    }

    /// Runs a statement and returns its first row, if any.
    fn query_opt(
        &self,
        sql: &'static str,
        parameters: &[&dyn Parameter],
    ) -> impl Future<Output = Result<Option<Row>, StoreError>> + Send {
        async move { Ok(self.run(sql, parameters).await?.rows.into_iter().next()) }
    }

    /// Runs a statement that returns one row.
    ///
    /// # Errors
    /// As for [`Executor::run`], and [`StoreError::Corrupt`] if there is none.
    fn query_one(
        &self,
        sql: &'static str,
        parameters: &[&dyn Parameter],
    ) -> impl Future<Output = Result<Row, StoreError>> + Send {
        async move {
            let row = self.query_opt(sql, parameters).await?;
            row.ok_or_else(|| corrupt("result", "row", "a statement that always returns a row returned none"))
        }
    }

    /// Runs a statement and returns the number of rows it inserted, updated or deleted.
    fn execute(
        &self,
        sql: &'static str,
        parameters: &[&dyn Parameter],
    ) -> impl Future<Output = Result<u64, StoreError>> + Send {
        async move { Ok(self.run(sql, parameters).await?.affected) }
    }
}
