//! A transaction of several statements.

use std::time::Duration;

use super::connection::{Connection, Failure};
use super::executor::{Executor, Outcome};
use super::parameter::Parameter;
use super::raw_connection::RawConnection;
use super::spans;
use crate::store::StoreError;

/// A transaction on its own connection. Rolled back if it is dropped before [`Transaction::commit`].
///
/// Its statements are never repeated: they may depend on rows that it read before.
pub struct Transaction {
    connection: Connection,
    limit: Duration,
    open: bool,
}

impl Transaction {
    pub(super) async fn begin(connection: Connection, limit: Duration) -> Result<Self, Failure> {
        batch(&connection, limit, "BEGIN").await?;
        Ok(Self { connection, limit, open: true })
    }

    /// Runs statements that have no parameters and return no rows, such as `SET LOCAL`.
    pub async fn batch(&self, sql: &'static str) -> Result<(), StoreError> {
        Ok(batch(&self.connection, self.limit, sql).await?)
    }

    /// Commits the transaction.
    ///
    /// # Errors
    /// If the connection is lost or times out. The transaction may have been committed all the same.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        self.batch("COMMIT").await?;
        self.open = false;
        Ok(())
    }

    /// Runs one more statement and commits, in one round trip. If the statement fails, nothing is committed.
    ///
    /// # Errors
    /// As for [`Executor::run`] and [`commit`](Self::commit).
    pub async fn commit_after(
        mut self,
        sql: &'static str,
        parameters: &[&dyn Parameter],
    ) -> Result<(), StoreError> {
        let raw = self.connection.raw()?;
        let span = spans::pair(sql, "COMMIT");
        let transact = raw.transact((sql, parameters), ("COMMIT", &[]));
        let outcome = self.connection.within(self.limit, transact).await;
        spans::end(span, &outcome);
        outcome?;
        self.open = false;
        Ok(())
    }
}

impl Executor for Transaction {
    async fn run(&self, sql: &'static str, parameters: &[&dyn Parameter]) -> Result<Outcome, StoreError> {
        let raw = self.connection.raw()?;
        let span = spans::statement(sql);
        let outcome = self.connection.within(self.limit, raw.run((sql, parameters))).await;
        spans::end(span, &outcome);
        Ok(outcome?)
    }
}

async fn batch(connection: &Connection, limit: Duration, sql: &'static str) -> Result<(), Failure> {
    let span = spans::statement(sql);
    let outcome = connection.within(limit, connection.raw()?.batch(sql)).await;
    spans::end(span, &outcome);
    outcome
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if !self.open || self.connection.is_broken() {
            return;
        }
        // It is sent before anything that the next user sends. The result is not needed.
        if !self.connection.raw().is_ok_and(RawConnection::roll_back) {
            self.connection.close();
        }
    }
}
