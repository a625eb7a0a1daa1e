//! What may stand between us and PostgreSQL.

use clap::ValueEnum;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::address::{Address, DatabaseError};
use crate::store::StoreError;

/// How often a pooler is looked for. One in use by others may lend a connection to somebody else between two looks.
const LOOKS: usize = 8;

/// What stands between a service and PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Pooler {
    /// Nothing, or a pooler in session mode: statements are prepared once on each connection
    None,
    /// A pooler that lends a server connection for one transaction: statements are sent unprepared each time
    Transaction,
}

impl Address {
    /// Refuses a transaction pooler that nobody told us of: what is prepared on one of its connections is missing on the
    /// next.
    ///
    /// # Errors
    /// [`DatabaseError::Pooler`], or when the server does not answer.
    pub async fn refuse_unknown_pooler(&self) -> Result<(), DatabaseError> {
        match self.pooler {
            Pooler::None => {
                self.refuse_pooler("Set DATABASE_POOLER=transaction, or name the server itself").await
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

    /// Whether two connections that are open at the same time are ever served by the same process of the server, or one by
    /// two. Without a transaction pooler that cannot be.
    async fn lends_connections(&self) -> Result<bool, StoreError> {
        let (one, other) = (self.connect().await?, self.connect().await?);
        let ours = backend(&one).await?;
        for _ in 0..LOOKS {
            if backend(&other).await? == ours || backend(&one).await? != ours {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The server's process behind a connection.
async fn backend(client: &Client) -> Result<Option<String>, StoreError> {
    let messages = client.simple_query("SELECT pg_backend_pid()").await?;
    Ok(messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    }))
}
