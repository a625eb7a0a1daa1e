//! What can go wrong with keys.

use service_kit::store::StoreError;

use crate::error::ApiError;

/// Why keys cannot be used or changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The database cannot.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A private half was encrypted under a key that is not at hand.
    #[error(
        "KEY_ENCRYPTION_KEYS: none of the keys opens the private half of the signing key {0}. Add the one it was \
         encrypted under to the list, behind the first; if that is lost, `auth-service keys revoke {0}` takes the \
         signing key out of use"
    )]
    Sealed(String),
    /// What the operator asks for would break something.
    #[error("{0}")]
    Refused(String),
    /// Anything else.
    #[error(transparent)]
    Other(#[from] ApiError),
}

impl From<KeyError> for ApiError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Store(error) => Self::Store(error),
            KeyError::Other(error) => error,
            error @ (KeyError::Sealed(_) | KeyError::Refused(_)) => Self::Internal(error.to_string()),
        }
    }
}
