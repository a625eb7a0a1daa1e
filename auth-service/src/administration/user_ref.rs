//! How operators name users.

use std::fmt::{self, Display, Formatter};

use shared_claims::UserId;

use crate::protocol::email_address::Email;

/// A user as an operator names one. An id has no `@`, so it is never taken for an email.
#[derive(Debug, Clone)]
pub enum UserRef {
    /// By id.
    Id(UserId),
    /// By email.
    Email(Email),
    /// Neither an id nor an email, so that no user has it.
    Invalid(String),
}

impl UserRef {
    /// Reads an id or an email.
    pub fn parse(text: &str) -> Self {
        let email = Email::parse(text).map(Self::Email);
        email.or_else(|| text.parse().ok().map(Self::Id)).unwrap_or_else(|| Self::Invalid(text.to_owned()))
    }
}

/// With what it names the user by.
impl Display for UserRef {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "id {id}"),
            Self::Email(email) => write!(f, "email {}", email.as_str()),
            // It may have control characters.
            Self::Invalid(text) => write!(f, "id or email {text:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_named_by_id_or_email() {
        for (text, read) in [
            ("01979d0c-1f5f-7cc3-9f63-2b0a0f6e2f4d", "id 01979d0c-1f5f-7cc3-9f63-2b0a0f6e2f4d"),
            ("-_Imported", "id -_Imported"),
            ("Alice@Example.com", "email alice@example.com"),
            ("alice@", "id or email \"alice@\""),
            ("me", "id or email \"me\""),
            ("", "id or email \"\""),
            ("a\u{1b}[31m", "id or email \"a\\u{1b}[31m\""),
        ] {
            assert_eq!(UserRef::parse(text).to_string(), read);
        }
    }
}
