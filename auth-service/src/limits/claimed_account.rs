//! The account that somebody claims to own. Wrong passwords and known devices are counted by it.

use crate::protocol::email_address::Email;
use crate::users::Username;

/// An account whose password is claimed. It need not exist.
#[derive(Debug, Clone, Copy)]
pub enum ClaimedAccount<'a> {
    /// The account with this email. An account has the same email whichever name it is addressed by, so the wrong
    /// passwords for all its names count together.
    Email(&'a Email),
    /// A username that no account and no sign-up has.
    UnknownUsername(&'a Username),
}

impl<'a> ClaimedAccount<'a> {
    /// The name as text. A username has no `@`, so it is never the email of another account.
    pub fn as_str(self) -> &'a str {
        match self {
            Self::Email(email) => email.as_str(),
            Self::UnknownUsername(username) => username.as_str(),
        }
    }
}

impl<'a> From<&'a Email> for ClaimedAccount<'a> {
    fn from(email: &'a Email) -> Self {
        Self::Email(email)
    }
}
