//! What can go wrong with a provider.

use reqwest::StatusCode;
use service_kit::outgoing::OutgoingError;

/// Why a provider's answer cannot be used. For the log: users learn a code.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ProviderError {
    /// There was no complete response.
    #[error("{0}")]
    Unreachable(String),
    /// It was asked a moment ago and did not answer.
    #[error("it could not be reached a moment ago")]
    AwayLately,
    /// It answered with an error or a redirect, which is not followed.
    #[error("it answered {0}")]
    Status(StatusCode),
    /// It refused the request with an error code of RFC 6749, section 5.2.
    #[error("it refused the request: {0}")]
    Refused(String),
    /// Its response is not what the standard says.
    #[error("its response is not valid: {0}")]
    Invalid(&'static str),
    /// The ID token must not be trusted.
    #[error("its ID token is refused: {0}")]
    IdToken(&'static str),
}

impl From<OutgoingError> for ProviderError {
    fn from(error: OutgoingError) -> Self {
        Self::Unreachable(error.to_string())
    }
}
