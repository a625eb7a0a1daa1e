//! A transaction of several statements.

use std::time::Duration;

use futures_util::FutureExt;

use super::connection::{Connection, Failure};
use super::executor::{Executor, Outcome};
use super::parameter::Parameter;
use crate::store::StoreError;

/// A transaction. It holds a connection of its own, and is rolled back if it is dropped before [`Transaction::commit`].
///
/// Nothing in it is sent a second time: what it read before may have decided what it does.
pub struct Transaction {
    connection: Connection,
    limit: Duration,
    open: bool,
}

impl Transaction {
    pub(super) async fn begin(connection: Connection, limit: Duration) -> Result<Self, Failure> {
        connection.within(limit, connection.link()?.client().batch_execute("BEGIN")).await?;
        Ok(Self { connection, limit, open: true })
    }

    /// Runs statements without parameters and rows, such as `SET LOCAL`.
    ///
    /// # Errors
    /// As for [`Executor::run`].
    pub async fn batch(&self, sql: &'static str) -> Result<(), StoreError> {
        let link = self.connection.link()?;
        Ok(self.connection.within(self.limit, link.client().batch_execute(sql)).await?)
    }

    /// Makes everything in it happen.
    ///
    /// # Errors
    /// When the database is away: then it may have happened or not.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        self.batch("COMMIT").await?;
        self.open = false;
        Ok(())
    }
}

impl Executor for Transaction {
    async fn run(&self, sql: &'static str, parameters: &[&dyn Parameter]) -> Result<Outcome, StoreError> {
        let link = self.connection.link()?;
        Ok(self.connection.within(self.limit, link.run((sql, parameters))).await?)
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if !self.open || self.connection.is_doubtful() {
            return;
        }
        // Polled once it is on its way, before anything that the next borrower sends. Its answer is nobody's business.
        if let Ok(link) = self.connection.link() {
            let _ = link.client().batch_execute("ROLLBACK").now_or_never();
        }
    }
}
