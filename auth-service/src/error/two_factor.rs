//! The errors of second factors.

use actix_web::http::StatusCode;

/// Why a request about a second factor is refused. The texts and codes are Better Auth's, unless noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TwoFactorError {
    /// The user has no authenticator app, or has not confirmed it.
    #[error("TOTP not enabled")]
    TotpNotEnabled,
    /// The user has a confirmed authenticator app.
    #[error("TOTP is already enabled")]
    TotpAlreadyEnabled,
    /// Mail is off, or a code by mail would be no other factor than the first one.
    #[error("OTP is not available")]
    OtpNotAvailable,
    /// The same, for `send-otp`.
    #[error("otp isn't configured")]
    OtpNotConfigured,
    /// No code was sent, or it has expired.
    #[error("OTP has expired")]
    OtpHasExpired,
    /// The user has no second factor.
    #[error("Two factor isn't enabled")]
    NotEnabled,
    /// The user has no backup codes.
    #[error("Backup codes aren't enabled")]
    BackupCodesNotEnabled,
    /// The backup code is wrong or was used.
    #[error("Invalid backup code")]
    InvalidBackupCode,
    /// The code is wrong or was used.
    #[error("Invalid code")]
    InvalidCode,
    /// Too many codes were compared for this challenge, or with this code.
    #[error("Too many attempts. Please request a new code.")]
    TooManyAttempts,
    /// Too many codes were wrong for this account.
    #[error(
        "Too many failed verification attempts. Your account is temporarily locked. Please try again later."
    )]
    Locked {
        /// Seconds until the next attempt is accepted.
        retry_after: i64,
    },
    /// No sign-in of this browser waits for a second factor.
    #[error("Invalid two factor cookie")]
    InvalidChallenge,
    /// The user must set up a second factor before anything else. Not in Better Auth.
    #[error("Set up two-factor authentication first")]
    EnrollmentRequired,
}

impl TwoFactorError {
    /// The status and the code.
    pub(super) fn kind(self) -> (StatusCode, &'static str) {
        use StatusCode as Status;
        match self {
            Self::TotpNotEnabled => (Status::BAD_REQUEST, "TOTP_NOT_ENABLED"),
            Self::TotpAlreadyEnabled => (Status::BAD_REQUEST, "TOTP_ALREADY_ENABLED"),
            Self::OtpNotAvailable | Self::OtpNotConfigured => (Status::BAD_REQUEST, "OTP_NOT_CONFIGURED"),
            Self::OtpHasExpired => (Status::BAD_REQUEST, "OTP_HAS_EXPIRED"),
            Self::NotEnabled => (Status::BAD_REQUEST, "TWO_FACTOR_NOT_ENABLED"),
            Self::BackupCodesNotEnabled => (Status::BAD_REQUEST, "BACKUP_CODES_NOT_ENABLED"),
            Self::InvalidBackupCode => (Status::UNAUTHORIZED, "INVALID_BACKUP_CODE"),
            Self::InvalidCode => (Status::UNAUTHORIZED, "INVALID_CODE"),
            Self::TooManyAttempts => (Status::BAD_REQUEST, "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE"),
            Self::Locked { .. } => (Status::TOO_MANY_REQUESTS, "ACCOUNT_TEMPORARILY_LOCKED"),
            Self::InvalidChallenge => (Status::UNAUTHORIZED, "INVALID_TWO_FACTOR_COOKIE"),
            Self::EnrollmentRequired => (Status::FORBIDDEN, "TWO_FACTOR_ENROLLMENT_REQUIRED"),
        }
    }
}
