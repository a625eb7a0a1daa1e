//! Kinds of second factors, and the tokens of challenges and trusted devices.

use aws_lc_rs::{hmac, rand};
use secrecy::{ExposeSecret, SecretString};
use shared_claims::UserId;
use strum::{EnumString, IntoStaticStr};

use crate::error::ApiError;
use crate::protocol::opaque_token::OpaqueToken;

/// Digits of a code that a user types.
pub const CODE_DIGITS: u32 = 6;
/// The number of codes with [`CODE_DIGITS`] digits.
pub const CODE_SPACE: u32 = 10_u32.pow(CODE_DIGITS);

/// What a user proved besides the first factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum SecondFactor {
    /// A code of the authenticator app.
    Totp,
    /// A code from a mail.
    MailCode,
    /// A backup code.
    BackupCode,
}

impl SecondFactor {
    /// The name in the database, in the log and in the audit log.
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// The kind of challenge tokens.
pub enum ChallengeKind {}

/// The token of a sign-in that waits for the second factor, which the browser keeps in a cookie.
pub type ChallengeToken = OpaqueToken<ChallengeKind>;

/// The kind of the tokens of trusted devices.
pub enum DeviceKind {}

/// The token of a trusted device, which the browser keeps in a cookie.
pub type DeviceToken = OpaqueToken<DeviceKind>;

/// A code that is sent by mail. Not shown by `Debug`.
pub struct MailCode(SecretString);

impl MailCode {
    /// Creates a random code.
    ///
    /// # Errors
    /// [`ApiError::Internal`] if the system provides no random bytes.
    pub fn generate() -> Result<Self, ApiError> {
        // Four bytes have a remainder of 4,294,967,296 by 1,000,000: those of the last, incomplete million are drawn again.
        const UNBIASED: u32 = u32::MAX / CODE_SPACE * CODE_SPACE;
        loop {
            let mut bytes = [0; 4];
            rand::fill(&mut bytes).map_err(|_| ApiError::Internal("no randomness".to_owned()))?;
            let number = u32::from_be_bytes(bytes);
            if number < UNBIASED {
                return Ok(Self(format!("{:06}", number % CODE_SPACE).into()));
            }
        }
    }

    /// The code in plain text, for its mail.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What the database stores of it: an HMAC, because a hash of six digits is easy to reverse.
    pub fn hash(&self, key: &hmac::Key, user: &UserId) -> Vec<u8> {
        Self::hash_of(self.expose(), key, user)
    }

    /// The same of a code that somebody sent.
    pub fn hash_of(text: &str, key: &hmac::Key, user: &UserId) -> Vec<u8> {
        hmac::sign(key, format!("{}:{text}", user.as_str()).as_bytes()).as_ref().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_six_digits_and_are_stored_for_their_user_only() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]);
        let (ada, eve): (UserId, UserId) = ("ada".parse().unwrap(), "eve".parse().unwrap());
        let code = MailCode::generate().ok().unwrap();
        assert_eq!(code.expose().len(), 6);
        assert!(code.expose().bytes().all(|byte| byte.is_ascii_digit()));
        assert_eq!(code.hash(&key, &ada), MailCode::hash_of(code.expose(), &key, &ada));
        assert_ne!(code.hash(&key, &ada), code.hash(&key, &eve));
    }
}
