//! Detects transaction poolers in front of PostgreSQL.

use tokio_postgres::{Client, SimpleQueryMessage};

use super::error::DatabaseError;
use super::pooler::Pooler;
use super::url::DatabaseUrl;
use crate::store::StoreError;

/// Number of checks. A busy pooler may assign its connections to other clients in between.
const CHECKS: usize = 8;

impl DatabaseUrl {
    /// Rejects a transaction pooler that was not declared: statements prepared on one of its connections are missing on
    /// the next.
    ///
    /// # Errors
    /// [`DatabaseError::Pooler`], or when the server does not answer.
    pub async fn reject_undeclared_pooler(&self) -> Result<(), DatabaseError> {
        match self.pooler {
            Pooler::None => {
                self.refuse_pooler("Set DATABASE_POOLER=transaction, or use the URL of the server itself")
                    .await
            }
            Pooler::Transaction => Ok(()),
        }
    }

    pub(super) async fn refuse_pooler(&self, advice: &'static str) -> Result<(), DatabaseError> {
        if self.lends_connections().await? {
            return Err(DatabaseError::Pooler { name: self.name, advice });
        }
        Ok(())
    }

    /// Whether one server process ever serves two connections that are open at the same time, or two processes serve one
    /// connection. Without a transaction pooler this is impossible.
    async fn lends_connections(&self) -> Result<bool, StoreError> {
        let (one, other) = (self.connect().await?, self.connect().await?);
        let ours = backend(&one).await?;
        for _ in 0..CHECKS {
            if backend(&other).await? == ours || backend(&one).await? != ours {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The id of the server process behind a connection.
async fn backend(client: &Client) -> Result<Option<String>, StoreError> {
    let messages = client.simple_query("SELECT pg_backend_pid()").await?;
    Ok(messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    }))
}
