//! What stores send their statements through.

use tokio_postgres::Row;

use super::parameter::Parameter;
use crate::store::{StoreError, corrupt};

/// What came of a statement.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The rows it returned.
    pub rows: Vec<Row>,
    /// How many rows it returned, inserted, changed or deleted.
    pub affected: u64,
}

/// Something that runs statements: a [`Pool`](super::Pool), where each is a transaction of its own, or a
/// [`Transaction`](super::Transaction). Statements are constants; what varies are the parameters.
pub trait Executor: Sync {
    /// Runs a statement.
    ///
    /// # Errors
    /// When the database is away, does not answer in time, or refuses the statement. Nothing was changed then, with one
    /// exception: a change whose confirmation got lost ([`StoreError::Unavailable`]) may have been made.
    fn run(
        &self,
        sql: &'static str,
        parameters: &[&dyn Parameter],
    ) -> impl Future<Output = Result<Outcome, StoreError>> + Send;

    /// Its rows.
    ///
    /// # Errors
    /// As for [`Executor::run`].
    fn query(
        &self,
        sql: &'static str,
        parameters: &[&dyn Parameter],
    ) -> impl Future<Output = Result<Vec<Row>, StoreError>> + Send {
        async move { Ok(self.run(sql, parameters).await?.rows) }
    }

    /// Its first row, if there is one.
    ///
    /// # Errors
    /// As for [`Executor::run`].
    fn query_opt(
        &self,
        sql: &'static str,
        parameters: &[&dyn Parameter],
    ) -> impl Future<Output = Result<Option<Row>, StoreError>> + Send {
        async move { Ok(self.run(sql, parameters).await?.rows.into_iter().next()) }
    }

    /// Its one row.
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

    /// How many rows it inserted, changed or deleted.
    ///
    /// # Errors
    /// As for [`Executor::run`].
    fn execute(
        &self,
        sql: &'static str,
        parameters: &[&dyn Parameter],
    ) -> impl Future<Output = Result<u64, StoreError>> + Send {
        async move { Ok(self.run(sql, parameters).await?.affected) }
    }
}
