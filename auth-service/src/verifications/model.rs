//! What a link is good for.

use jiff::{SignedDuration, Timestamp};
use shared_claims::UserId;

use crate::protocol::opaque_token::OpaqueToken;

/// How long a link is good for: long enough to find the mail, short enough for a mailbox that somebody else opens.
pub const LINK_TTL: SignedDuration = SignedDuration::from_hours(1);

/// What a link holds. The database knows only its SHA-256. Never printed.
pub type LinkToken = OpaqueToken<Verification>;

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
