//! What can go wrong with mail.

use std::path::PathBuf;

use service_kit::store::StoreError;

use crate::error::ApiError;
use crate::keys::EncryptionError;

/// Why no mail can ever be sent with these settings.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// `MAIL_CA_FILE` cannot be used.
    #[error("MAIL_CA_FILE: {}: {reason}", path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// TLS cannot be set up.
    #[error("MAIL_URL: TLS: {0}")]
    Tls(String),
    /// The directory cannot be created.
    #[error("MAIL_URL: cannot create the directory {}: {source}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
}

/// Why a mail was not sent. The texts hold nothing that the mail server said: servers tend to repeat the recipient.
#[derive(Debug)]
pub(super) enum Failure {
    /// This mail can never be sent.
    Refused(String),
    /// This mail cannot be sent now.
    Later(String),
    /// No mail can be sent now.
    Away(String),
}

impl Failure {
    /// Returns its kind, for traces.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Later(_) => "later",
            Self::Away(_) => "away",
        }
    }
}

/// Why a mail cannot be put into the outbox.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// A query failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The mail cannot be encrypted.
    #[error(transparent)]
    Encryption(#[from] EncryptionError),
    /// The mail cannot be serialized.
    #[error("mail payload: {0}")]
    Payload(#[from] serde_json::Error),
}

impl From<OutboxError> for ApiError {
    fn from(error: OutboxError) -> Self {
        match error {
            OutboxError::Store(error) => Self::Store(error),
            OutboxError::Encryption(error) => error.into(),
            error @ OutboxError::Payload(_) => Self::Internal(error.to_string()),
        }
    }
}
