//! Errors of `webhooks`, and their exit codes.

use std::process::ExitCode;

use service_kit::database::DatabaseError;
use service_kit::outgoing::UrlError;
use service_kit::secret::SecretError;

use super::super::consent::ConsentError;
use crate::webhooks::RegistryError;

/// An invalid command line, as clap reports it.
const USAGE: u8 = 2;
/// No such receiver. Scripts can tell it from a failure.
const NO_SUCH_RECEIVER: u8 = 3;

/// A problem that the operator has to fix.
#[derive(Debug, thiserror::Error)]
pub(super) enum WebhooksError {
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Consent(#[from] ConsentError),
    #[error("the URL is not allowed: {0}")]
    Url(UrlError),
    #[error("the URL is not allowed: {0}. Add --allow-private if the receiver is in your own network")]
    PrivateUrl(UrlError),
    #[error("standard output: {0}")]
    Output(#[from] std::io::Error),
    #[error("output: {0}")]
    Json(#[from] serde_json::Error),
}

impl WebhooksError {
    /// The exit code of a command that ends with this error.
    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Registry(RegistryError::NoSuchReceiver(_)) => ExitCode::from(NO_SUCH_RECEIVER),
            Self::Consent(ConsentError::CannotAsk) | Self::Url(_) | Self::PrivateUrl(_) => {
                ExitCode::from(USAGE)
            }
            Self::Registry(
                RegistryError::TooMany
                | RegistryError::NoRandomness
                | RegistryError::Unusable(_)
                | RegistryError::Store(_),
            )
            | Self::Consent(ConsentError::Refused | ConsentError::Terminal(_))
            | Self::Secret(_)
            | Self::Database(_)
            | Self::Output(_)
            | Self::Json(_) => ExitCode::FAILURE,
        }
    }
}
