//! How operators name users.

use std::fmt::{self, Display, Formatter};

use shared_claims::UserId;

use crate::protocol::email_address::Email;
use crate::users::Username;

/// Precedes a username. An id has no `@`, and an email does not begin with it, so none is taken for another.
const USERNAME_MARK: char = '@';

/// A user as an operator names one.
#[derive(Debug, Clone)]
pub enum UserRef {
    /// By id.
    Id(UserId),
    /// By email.
    Email(Email),
    /// By username, written `@alice`.
    Username(Username),
    /// Not an id, email or username, so that no user has it.
    Invalid(String),
}

impl UserRef {
    /// Reads an id, an email, or a username after `@`.
    pub fn parse(text: &str) -> Self {
        if let Some(username) = text.strip_prefix(USERNAME_MARK).and_then(Username::parse) {
            return Self::Username(username);
        }
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
            Self::Username(username) => write!(f, "username {}", username.as_str()),
            // It may have control characters.
            Self::Invalid(text) => write!(f, "id, email or username {text:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_named_by_id_email_or_username() {
        for (text, read) in [
            ("01979d0c-1f5f-7cc3-9f63-2b0a0f6e2f4d", "id 01979d0c-1f5f-7cc3-9f63-2b0a0f6e2f4d"),
            ("-_Imported", "id -_Imported"),
            ("Alice@Example.com", "email alice@example.com"),
            ("@Alice.1", "username alice.1"),
            ("@", "id, email or username \"@\""),
            ("@a b", "id, email or username \"@a b\""),
            ("alice@", "id, email or username \"alice@\""),
            ("me", "id, email or username \"me\""),
            ("", "id, email or username \"\""),
            ("a\u{1b}[31m", "id, email or username \"a\\u{1b}[31m\""),
        ] {
            assert_eq!(UserRef::parse(text).to_string(), read);
        }
    }
}
