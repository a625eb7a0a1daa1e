//! What can go wrong with keys, and what requests are answered for it.

use aws_lc_rs::error::{KeyRejected, Unspecified};
use service_kit::store::StoreError;

use crate::error::ApiError;

/// A secret could not be encrypted: the system has no randomness.
#[derive(Debug, thiserror::Error)]
#[error("a private key could not be encrypted")]
pub struct EncryptionError;

/// Why a signing key cannot be generated, read or used.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeyError {
    /// No key could be generated.
    #[error("key generation: {0}")]
    Generation(#[from] Unspecified),
    /// Not an RSA key of 2048 bits or more.
    #[error("not a usable RSA private key: {0}")]
    Unusable(#[from] KeyRejected),
    /// The claims are not JSON, or the system has no randomness for blinding.
    #[error("signing: {0}")]
    Signing(String),
}

/// Why keys cannot be used or changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A query failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A private key was encrypted under a key that is not in the list.
    #[error(
        "KEY_ENCRYPTION_KEYS: none of the keys decrypts the signing key {0}. Add the key it was encrypted under to the \
         end of the list; if that key is lost, `auth-service keys revoke {0}` takes the signing key out of use"
    )]
    Sealed(String),
    /// The operator's request would break something.
    #[error("{0}")]
    Refused(String),
    /// The keys were last read so long ago that another replica may have changed them.
    #[error("the signing keys may be out of date: the database was not reached for too long")]
    OutOfDate,
    /// A private key cannot be encrypted.
    #[error(transparent)]
    Encryption(#[from] EncryptionError),
    /// A key cannot be generated, read or used.
    #[error(transparent)]
    SigningKey(#[from] SigningKeyError),
    /// The JWKS cannot be written.
    #[error("the JWKS is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A bug.
    #[error("{0}")]
    Internal(String),
}

impl From<KeyError> for ApiError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Store(error) => Self::Store(error),
            KeyError::OutOfDate => Self::CutOff,
            error @ (KeyError::Sealed(_)
            | KeyError::Refused(_)
            | KeyError::Encryption(_)
            | KeyError::SigningKey(_)
            | KeyError::Json(_)
            | KeyError::Internal(_)) => Self::Internal(error.to_string()),
        }
    }
}

impl From<EncryptionError> for ApiError {
    fn from(error: EncryptionError) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<SigningKeyError> for ApiError {
    fn from(error: SigningKeyError) -> Self {
        Self::Internal(error.to_string())
    }
}
