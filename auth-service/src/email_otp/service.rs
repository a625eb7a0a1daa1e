use crate::codes::Codes;
use crate::email_sign_in::EmailSignIn;
use crate::error::ApiError;
use crate::passwords::Passwords;
use crate::protocol::email_address::Email;
use crate::protocol::service::Feature;

/// Sends codes, and does what they permit.
#[derive(Clone)]
pub struct EmailOtp {
    pub codes: Codes,
    /// Whether the feature is on.
    pub enabled: bool,
    pub sign_in: EmailSignIn,
    /// Resets passwords and counts guesses. Also has the database, the mailer, the log and the clock.
    pub passwords: Passwords,
}

impl Feature for EmailOtp {
    fn is_on(&self) -> bool {
        self.enabled
    }
}

/// Reads an email in upper or lower case.
///
/// # Errors
/// [`ApiError::InvalidEmail`]
pub(super) fn email(text: &str) -> Result<Email, ApiError> {
    Email::parse(text).ok_or(ApiError::InvalidEmail)
}
