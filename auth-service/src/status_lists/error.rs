//! What can go wrong with status lists, and what requests are answered for it.

use aws_lc_rs::error::Unspecified;
use service_kit::store::StoreError;
use tokio::task::JoinError;

use crate::error::ApiError;
use crate::keys::{KeyError, SigningKeyError};

/// Why status lists cannot be refreshed or served.
#[derive(Debug, thiserror::Error)]
pub enum StatusListError {
    /// A query failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No key may sign.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A list cannot be signed.
    #[error(transparent)]
    Signing(#[from] SigningKeyError),
    /// The lists were last read so long ago that there may be newer revocations.
    #[error("the status lists may be out of date: the database was not reached for too long")]
    OutOfDate,
    /// The system has no randomness.
    #[error("no randomness")]
    Randomness(#[from] Unspecified),
    /// A list cannot be compressed.
    #[error("compressing a status list: {0}")]
    Compression(#[from] std::io::Error),
    /// The aggregation cannot be written.
    #[error("the list of status lists is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// Signing panicked.
    #[error(transparent)]
    Task(#[from] JoinError),
}

impl From<StatusListError> for ApiError {
    fn from(error: StatusListError) -> Self {
        match error {
            StatusListError::Store(error) => Self::Store(error),
            StatusListError::Key(error) => error.into(),
            StatusListError::OutOfDate => Self::CutOff,
            error @ (StatusListError::Signing(_)
            | StatusListError::Randomness(_)
            | StatusListError::Compression(_)
            | StatusListError::Json(_)
            | StatusListError::Task(_)) => Self::Internal(error.to_string()),
        }
    }
}
