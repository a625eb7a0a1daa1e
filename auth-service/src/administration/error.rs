use service_kit::store::StoreError;

use super::user_ref::UserRef;
use crate::error::ApiError;

/// Why an act on a user failed.
#[derive(Debug, thiserror::Error)]
pub enum AdministrationError {
    /// No user has this id, email or username, or the user was deleted a moment ago.
    #[error("no user has the {0}")]
    NoSuchUser(UserRef),
    /// Another user has the email.
    #[error("another user has this email")]
    EmailTaken,
    /// A user or a password is not accepted, or a bug in this service.
    #[error(transparent)]
    Refused(ApiError),
    /// The database or a stored value caused an error.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ApiError> for AdministrationError {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::UserAlreadyExists => Self::EmailTaken,
            ApiError::Store(error) => Self::Store(error),
            error => Self::Refused(error),
        }
    }
}
