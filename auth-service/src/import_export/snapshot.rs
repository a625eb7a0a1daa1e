//! Reads a database that may be in use or belong to others: one consistent snapshot, without changing anything.

use service_kit::database::{DatabaseUrl, Executor, Outcome, Parameter, borrowed};
use service_kit::store::{self, StoreError};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, IsolationLevel, Portal, Row, Transaction};

/// Settings of this transaction only, so that a pooler does not keep them. Large tables need more time than the usual
/// limits. Times without a time zone are UTC. A policy that hides rows is an error.
const SETTINGS: &str = "
    SET LOCAL statement_timeout = 0;
    SET LOCAL idle_in_transaction_session_timeout = 0;
    SET LOCAL lock_timeout = '30s';
    SET LOCAL TimeZone = 'UTC';
    SET LOCAL row_security = off";

const COLUMNS: &str = "
    SELECT attname::text FROM pg_attribute
    WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped";

/// Opens a connection for a [`Snapshot`].
pub async fn connect(address: &DatabaseUrl) -> Result<Client, StoreError> {
    address.connect().await
}

/// A snapshot of all tables, in a transaction that PostgreSQL keeps read-only.
pub struct Snapshot<'a>(Transaction<'a>);

impl<'a> Snapshot<'a> {
    /// Takes the snapshot.
    pub async fn begin(client: &'a mut Client) -> Result<Self, StoreError> {
        let transaction = client
            .build_transaction()
            .read_only(true)
            .isolation_level(IsolationLevel::RepeatableRead)
            .start()
            .await?;
        transaction.batch_execute(SETTINGS).await?;
        Ok(Self(transaction))
    }

    /// The names of a table's columns, or none if the table does not exist. `table` is quoted.
    pub async fn columns(&self, table: &str) -> Result<Vec<String>, StoreError> {
        let rows = self.0.query(COLUMNS, &[&table]).await?;
        rows.iter().map(|row| row.try_get(0).map_err(StoreError::from)).collect()
    }

    /// The rows of a query.
    pub async fn rows(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, StoreError> {
        Ok(self.0.query(sql, values).await?)
    }

    /// The number that a query returns.
    pub async fn count(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<u64, StoreError> {
        let count: i64 = self.0.query_one(sql, values).await?.try_get(0)?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Opens a query whose rows are read in pages. The server runs it once.
    pub async fn open(&self, sql: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Pages<'_>, StoreError> {
        let portal = self.0.bind(sql, values).await?;
        Ok(Pages { transaction: &self.0, portal })
    }
}

impl Executor for Snapshot<'_> {
    async fn run(&self, sql: &'static str, parameters: &[&dyn Parameter]) -> Result<Outcome, StoreError> {
        let values: Vec<_> = borrowed(parameters).collect();
        let rows = self.0.query(sql, &values).await?;
        let rows = rows.iter().map(store::Row::copy).collect::<Result<Vec<_>, _>>()?;
        Ok(Outcome { affected: rows.len() as u64, rows })
    }
}

/// The rows of a query, in pages.
pub struct Pages<'a> {
    transaction: &'a Transaction<'a>,
    portal: Portal,
}

impl Pages<'_> {
    /// Reads up to `size` more rows. None are left if the page is empty.
    pub async fn next(&mut self, size: u16) -> Result<Vec<Row>, StoreError> {
        Ok(self.transaction.query_portal(&self.portal, i32::from(size)).await?)
    }
}
