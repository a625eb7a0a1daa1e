//! What a link is good for.

use aws_lc_rs::{digest, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use shared_claims::UserId;

use crate::error::ApiError;

/// How long a link is good for: long enough to find the mail, short enough for a mailbox that somebody else opens.
pub const LINK_TTL: SignedDuration = SignedDuration::from_hours(1);
/// A token nobody guesses: 256 bits.
const TOKEN_BYTES: usize = 32;

/// What a link holds. The database knows only its SHA-256. Never printed.
pub struct LinkToken(SecretString);

impl LinkToken {
    /// A new random token.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn generate() -> Result<Self, ApiError> {
        let mut bytes = [0; TOKEN_BYTES];
        rand::fill(&mut bytes).map_err(|_| ApiError::Internal("no randomness".to_owned()))?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes).into()))
    }

    /// The token's text, to be sent to its owner.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What the database holds of it. A plain hash suffices: the token has no pattern to guess by.
    pub(super) fn hash(&self) -> Vec<u8> {
        digest::digest(&digest::SHA256, self.expose().as_bytes()).as_ref().to_vec()
    }
}

impl From<&str> for LinkToken {
    fn from(text: &str) -> Self {
        Self(text.to_owned().into())
    }
}

/// What somebody who has the link may do, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Choose a new password.
    ResetPassword,
    /// Show that the account's address is theirs.
    VerifyEmail,
    /// Agree, from the present address, to a new one.
    ConfirmEmailChange,
    /// Show that the new address is theirs, which then becomes the account's.
    ChangeEmail,
    /// Delete the account.
    DeleteUser,
}

impl Purpose {
    const ALL: [Self; 5] = [
        Self::ResetPassword,
        Self::VerifyEmail,
        Self::ConfirmEmailChange,
        Self::ChangeEmail,
        Self::DeleteUser,
    ];

    /// Its name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ResetPassword => "reset-password",
            Self::VerifyEmail => "verify-email",
            Self::ConfirmEmailChange => "confirm-email-change",
            Self::ChangeEmail => "change-email",
            Self::DeleteUser => "delete-user",
        }
    }

    /// Reads the name in the database.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == name)
    }
}

/// A link that was sent.
#[derive(Debug, Clone)]
pub struct Verification {
    /// What it is good for.
    pub purpose: Purpose,
    /// Whose it is.
    pub user_id: UserId,
    /// The account's address when the link was made.
    pub email: String,
    /// The address the account is to have.
    pub new_email: Option<String>,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Whether it was used.
    pub used: bool,
}

impl Verification {
    /// Whether it can still be used.
    pub fn is_live(&self, now: Timestamp) -> bool {
        !self.used && now < self.expires_at
    }
}
