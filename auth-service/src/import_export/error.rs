//! Why a move stops.

use std::path::PathBuf;

use service_kit::database::DatabaseError;
use service_kit::secret::SecretError;
use service_kit::store::StoreError;

/// What the operator has to mend. What was copied before it stays; the same command goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// A secret is missing or malformed.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The database that is read from.
    #[error("the source: {0}")]
    Source(StoreError),
    /// The source does not look as expected.
    #[error("{0}")]
    Shape(String),
    /// Our own database.
    #[error("our database: {0}")]
    Target(StoreError),
    /// A key of the source.
    #[error("{0}")]
    Key(String),
    /// A file.
    #[error("{}: {source}", path.display())]
    File {
        /// Where.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The result cannot be written.
    #[error("standard output: {0}")]
    Output(#[from] std::io::Error),
    /// A file that is no CSV as it was expected.
    #[error("{}: {problem}", path.display())]
    Csv {
        /// Where.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
}
