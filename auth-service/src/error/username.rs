//! The errors of usernames. The texts and codes are those of Better Auth's plugin `username`.

use actix_web::http::StatusCode;

/// Why a request about a username is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UsernameError {
    /// Unknown username or wrong password, with the same response for both.
    #[error("Invalid username or password")]
    InvalidUsernameOrPassword,
    /// Another user has the username.
    #[error("Username is already taken. Please try another.")]
    Taken,
    /// `USERNAME_IMMUTABLE` is on, and the user has a username.
    #[error("Username cannot be updated")]
    Immutable,
    /// The username breaks a rule. The status depends on the endpoint.
    #[error("{}", .1.message())]
    Unfit(StatusCode, UnfitUsername),
}

/// The rule that a username breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnfitUsername {
    /// It is shorter than the minimum.
    TooShort,
    /// It is longer than the maximum.
    TooLong,
    /// It has other characters than letters, digits, `_` and `.`.
    Invalid,
}

impl UnfitUsername {
    fn code(self) -> &'static str {
        match self {
            Self::TooShort => "USERNAME_TOO_SHORT",
            Self::TooLong => "USERNAME_TOO_LONG",
            Self::Invalid => "INVALID_USERNAME",
        }
    }

    fn message(self) -> &'static str {
        match self {
            Self::TooShort => "Username is too short",
            Self::TooLong => "Username is too long",
            Self::Invalid => "Username is invalid",
        }
    }
}

impl UsernameError {
    /// The status and the code.
    pub(super) fn kind(self) -> (StatusCode, &'static str) {
        match self {
            Self::InvalidUsernameOrPassword => (StatusCode::UNAUTHORIZED, "INVALID_USERNAME_OR_PASSWORD"),
            Self::Taken => (StatusCode::BAD_REQUEST, "USERNAME_IS_ALREADY_TAKEN"),
            Self::Immutable => (StatusCode::BAD_REQUEST, "USERNAME_IS_IMMUTABLE"),
            Self::Unfit(status, unfit) => (status, unfit.code()),
        }
    }
}
