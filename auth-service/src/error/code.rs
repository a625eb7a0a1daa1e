//! The errors of codes in mail.

use actix_web::http::StatusCode;

/// Why a request with a code is refused. The texts and codes are those of Better Auth's plugin `emailOTP`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// The code is wrong or was used, or there is none.
    #[error("Invalid OTP")]
    Invalid,
    /// The code has expired.
    #[error("OTP expired")]
    Expired,
    /// Too many guesses at the code were wrong.
    #[error("Too many attempts")]
    TooManyAttempts,
    /// The email has no account.
    #[error("User not found")]
    UserNotFound,
    /// `send-verification-otp` does not send codes that change an email.
    #[error("Invalid OTP type")]
    InvalidType,
    /// `CHANGE_EMAIL_ENABLED` is off.
    #[error("Change email with OTP is disabled")]
    ChangeEmailDisabled,
    /// The code from the current email is missing, which `CHANGE_EMAIL_CONFIRMATION` requires.
    #[error("OTP is required to verify current email")]
    CurrentEmailUnproven,
    /// The new email has an account.
    #[error("Email already in use")]
    EmailTaken,
}

impl CodeError {
    /// The status, and the code if Better Auth has one.
    pub(super) fn kind(self) -> (StatusCode, Option<&'static str>) {
        match self {
            Self::Invalid => (StatusCode::BAD_REQUEST, Some("INVALID_OTP")),
            Self::Expired => (StatusCode::BAD_REQUEST, Some("OTP_EXPIRED")),
            Self::TooManyAttempts => (StatusCode::FORBIDDEN, Some("TOO_MANY_ATTEMPTS")),
            Self::UserNotFound => (StatusCode::BAD_REQUEST, Some("USER_NOT_FOUND")),
            Self::InvalidType | Self::ChangeEmailDisabled | Self::CurrentEmailUnproven | Self::EmailTaken => {
                (StatusCode::BAD_REQUEST, None)
            }
        }
    }

    /// The reason in security events.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Expired => "code_expired",
            Self::TooManyAttempts => "too_many_guesses",
            Self::UserNotFound => "unknown_email",
            Self::EmailTaken => "email_taken",
            Self::Invalid | Self::InvalidType | Self::ChangeEmailDisabled | Self::CurrentEmailUnproven => {
                "invalid_code"
            }
        }
    }
}
