//! Why an account is skipped, or not imported in full. The names are those of the JSON report.

use serde::Serialize;

/// Why an account is skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    IdDoesNotFit,
    NoEmail,
    EmailDoesNotFit,
    EmailTooLong,
    EmailTaken,
    Deleted,
    Anonymous,
    Unreadable,
}

impl SkipReason {
    /// The text before the number of accounts.
    pub fn text(self) -> &'static str {
        match self {
            Self::IdDoesNotFit => "the id is not 1 to 64 letters, digits, _ or -",
            Self::NoEmail => "no email",
            Self::EmailDoesNotFit => "the email is invalid",
            Self::EmailTooLong => "the email is longer than 254 characters",
            Self::EmailTaken => "another account has the same email, ignoring case",
            Self::Deleted => "deleted",
            Self::Anonymous => "anonymous",
            Self::Unreadable => "a value cannot be read",
        }
    }
}

/// Why an account at a provider is not imported with its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkReason {
    /// It signs in another user here, or one that was imported before.
    Taken,
    /// The user has it twice. The one that was changed last is imported.
    Repeated,
    DoesNotFit,
}

impl LinkReason {
    /// The text before the number of accounts.
    pub fn text(self) -> &'static str {
        match self {
            Self::Taken => "another user has the same account at the provider",
            Self::Repeated => "the user has the same account at the provider twice",
            Self::DoesNotFit => "the provider or the id there is empty, too long or has control characters",
        }
    }
}

/// What is not imported of an account, or not as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Note {
    NameCut,
    BanReasonCut,
    /// Some systems store the picture itself as a `data:` URL.
    ImageLeftOut,
    ImageUnsafe,
    SecondFactorLost,
    SecondFactorByMail,
    BackupCodesLost,
    /// Users have no usernames here.
    UsernameNotEnabled,
    UsernameUnfit,
    /// Another user has it here, or one that was imported before.
    UsernameTaken,
    DisplayUsernameLeftOut,
    NoPassword,
    PasswordUnknown,
    PasswordTooCostly,
    /// The account was imported before, and has changed at the source since.
    ChangedSince,
}

impl Note {
    /// The text before the number of accounts.
    pub fn text(self) -> &'static str {
        match self {
            Self::NameCut => "name truncated to 100 characters",
            Self::BanReasonCut => "reason of the ban truncated to 500 characters",
            Self::ImageLeftOut => "image dropped: longer than 2048 characters",
            Self::ImageUnsafe => {
                "image dropped: a javascript:, vbscript: or file: URL, or a data: URL that is not an image"
            }
            Self::SecondFactorLost => "second factor not imported: the password alone signs in",
            Self::SecondFactorByMail => {
                "the second factor is a code by mail: needs MAIL_URL, and backup codes in case the password is forgotten"
            }
            Self::BackupCodesLost => {
                "backup codes not imported: the app signs in, and the user can create others"
            }
            Self::UsernameNotEnabled => "username dropped: USERNAME_ENABLED is off",
            Self::UsernameUnfit => {
                "username dropped: not letters, digits, _ and . in the length of USERNAME_MIN_LENGTH and USERNAME_MAX_LENGTH"
            }
            Self::UsernameTaken => "username dropped: another user has it",
            Self::DisplayUsernameLeftOut => {
                "display form of the username dropped: longer than 100 characters"
            }
            Self::NoPassword => "no password: a password reset sets one",
            Self::PasswordUnknown => "unknown format of the password hash: a password reset sets a new one",
            Self::PasswordTooCostly => {
                "password hash too expensive to verify: a password reset sets a new one"
            }
            Self::ChangedSince => {
                "already imported, and changed at the source since: the change is not imported"
            }
        }
    }
}
