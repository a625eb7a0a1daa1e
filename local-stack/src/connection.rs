//! Connections to PostgreSQL.

use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::{Client, Config, NoTls};

use crate::error::{DatabaseContext, Error, Result};

/// Opens a connection without TLS, for loopback. If the URL names several servers, connects to the one that accepts
/// writes. The connection closes when the client is dropped.
///
/// # Errors
/// If the server cannot be reached or rejects the connection.
pub async fn connect(url: &str) -> Result<Client> {
    let mut config: Config = url.parse().context("parse the database URL")?;
    if config.get_hosts().len() > 1 {
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
    let (client, connection) = config.connect(NoTls).await.context("connect to PostgreSQL")?;
    tokio::spawn(connection);
    Ok(client)
}

/// Whether PostgreSQL failed with this SQLSTATE.
pub(crate) fn failed_with(error: &Error, code: &str) -> bool {
    matches!(error, Error::Database { source, .. } if source.code().is_some_and(|found| found.code() == code))
}
