//! Errors of `users`, and their exit codes.

use std::process::ExitCode;

use service_kit::database::DatabaseError;
use service_kit::secret::SecretError;

use super::super::consent::ConsentError;
use crate::administration::AdministrationError;
use crate::config::NoPasswordFits;
use crate::error::ApiError;
use crate::passwords::{BreachServiceError, PasswordRules};

/// An invalid command line, as clap reports it.
const USAGE: u8 = 2;
/// No such user. Scripts can tell it from a failure.
const NO_SUCH_USER: u8 = 3;

/// A problem that the operator has to fix.
#[derive(Debug, thiserror::Error)]
pub(super) enum UsersError {
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Administration(#[from] AdministrationError),
    #[error(transparent)]
    Consent(#[from] ConsentError),
    #[error("--until: {0} is in the past")]
    UntilPast(jiff::Timestamp),
    #[error(transparent)]
    Rules(#[from] NoPasswordFits),
    #[error(transparent)]
    BreachService(#[from] BreachServiceError),
    #[error("{0}")]
    Field(String),
    #[error("threads for hashing: {0}")]
    Threads(std::io::Error),
    #[error(
        "standard input has no password: write it to the first line, or add --no-password to users create"
    )]
    NoPassword,
    #[error("the two passwords differ")]
    PasswordsDiffer,
    #[error("the password must have {} to {} characters", .0.min_length, .0.max_length)]
    PasswordLength(PasswordRules),
    #[error("standard input: {0}")]
    Input(std::io::Error),
    #[error("terminal: {0}")]
    Terminal(std::io::Error),
    #[error("standard output: {0}")]
    Output(#[from] std::io::Error),
    #[error("output: {0}")]
    Json(#[from] serde_json::Error),
}

impl UsersError {
    /// Why a password was not hashed.
    pub(super) fn password(error: ApiError, rules: PasswordRules) -> Self {
        match error {
            ApiError::PasswordTooShort | ApiError::PasswordTooLong => Self::PasswordLength(rules),
            error => Self::Administration(error.into()),
        }
    }

    /// The exit code of a command that ends with this error.
    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Administration(AdministrationError::NoSuchUser(_)) => ExitCode::from(NO_SUCH_USER),
            Self::Consent(ConsentError::CannotAsk) | Self::UntilPast(_) | Self::Field(_) => {
                ExitCode::from(USAGE)
            }
            Self::Secret(_)
            | Self::Database(_)
            | Self::Administration(
                AdministrationError::EmailTaken
                | AdministrationError::Refused(_)
                | AdministrationError::Store(_),
            )
            | Self::Rules(_)
            | Self::BreachService(_)
            | Self::Threads(_)
            | Self::NoPassword
            | Self::PasswordsDiffer
            | Self::PasswordLength(_)
            | Self::Input(_)
            | Self::Consent(ConsentError::Refused | ConsentError::Terminal(_))
            | Self::Terminal(_)
            | Self::Output(_)
            | Self::Json(_) => ExitCode::FAILURE,
        }
    }
}
