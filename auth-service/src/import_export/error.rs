//! Why an import or export stops.

use std::path::PathBuf;

use service_kit::database::DatabaseError;
use service_kit::secret::SecretError;
use service_kit::store::StoreError;

/// A problem that the operator has to fix. Accounts that were imported before stay, and the same command continues.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A query of the database that is imported fails.
    #[error("source database: {0}")]
    Source(StoreError),
    /// The source lacks a table or column.
    #[error("{0}")]
    Schema(String),
    /// A query of the database of auth-service fails.
    #[error("auth-service database: {0}")]
    Store(StoreError),
    #[error("{0}")]
    Key(String),
    #[error("{}: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("standard output: {0}")]
    Output(#[from] std::io::Error),
    #[error("output: {0}")]
    Json(#[from] serde_json::Error),
    /// A file is not the CSV that is expected.
    #[error("{}: {problem}", path.display())]
    Csv { path: PathBuf, problem: String },
}
