//! Why something does not come along, or not as it was.

use serde::Serialize;

/// Why an account stays behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The id is no `UserId`.
    IdDoesNotFit,
    /// Existing is no address: a phone number, say.
    NoEmail,
    /// The address is none that can sign in.
    EmailDoesNotFit,
    /// The address is longer than an address may be.
    EmailTooLong,
    /// Another account has the address.
    EmailTaken,
    /// It was banned there; here it would not be.
    Banned,
    /// It was deleted there.
    Deleted,
    /// It is nobody's account.
    Anonymous,
    /// A value of it cannot be read.
    Unreadable,
}

impl Reason {
    /// For a person, after a number of accounts.
    pub fn explained(self) -> &'static str {
        match self {
            Self::IdDoesNotFit => "the id is not 1 to 64 letters, digits, _ or -",
            Self::NoEmail => "without an e-mail address",
            Self::EmailDoesNotFit => "the e-mail address is not one that can sign in",
            Self::EmailTooLong => "the e-mail address has more than 254 characters",
            Self::EmailTaken => "another account has the e-mail address, ignoring case",
            Self::Banned => "banned, which does not exist here: they could sign in again",
            Self::Deleted => "deleted",
            Self::Anonymous => "anonymous",
            Self::Unreadable => "a value cannot be read",
        }
    }
}

/// What of an account that came did not come as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Noted {
    /// The name was longer than 100 characters.
    NameCut,
    /// The address of the picture was longer than 2048 characters, or it was the picture itself.
    ImageLeftOut,
    /// The URL of the picture would run a script or name a file.
    ImageUnsafe,
    /// It had a second factor.
    SecondFactorLost,
    /// It never had a password.
    NoPassword,
    /// Its hash is of no format that is known.
    PasswordUnknown,
    /// Its hash costs more than a sign-in may.
    PasswordTooCostly,
    /// It was here already, and has changed there since it was copied.
    ChangedSince,
}

impl Noted {
    /// For a person, after a number of accounts.
    pub fn explained(self) -> &'static str {
        match self {
            Self::NameCut => "name cut to 100 characters",
            Self::ImageLeftOut => "image left out: more than 2048 characters",
            Self::ImageUnsafe => {
                "image left out: a javascript:, vbscript: or file: URL, or a data: URL that is not an image"
            }
            Self::SecondFactorLost => "the second factor did not come along: the password alone signs in",
            Self::NoPassword => "without a password there: to be set by a password reset",
            Self::PasswordUnknown => {
                "the password's hash is of no known format: to be set by a password reset"
            }
            Self::PasswordTooCostly => {
                "the password's hash is too costly to check: to be set by a password reset"
            }
            Self::ChangedSince => "already here, and changed there since: the change was not copied",
        }
    }
}
