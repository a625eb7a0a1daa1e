//! The outcome of encrypting the secrets of a table again, for the operator who replaces the keys.

use service_kit::store::StoreError;

use super::error::EncryptionError;

/// How many rows were encrypted again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReEncrypted {
    /// The number of rows that were encrypted again.
    pub count: usize,
    /// The number of rows that none of the keys decrypts.
    pub lost: usize,
}

/// Why secrets were not encrypted again.
#[derive(Debug, thiserror::Error)]
pub enum ReEncryptionError {
    /// The encryption failed.
    #[error(transparent)]
    Encryption(#[from] EncryptionError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
