//! Users and their e-mail addresses.

use jiff::Timestamp;
use serde::Serialize;
use shared_claims::UserId;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::protocol::timestamp;

/// The longest e-mail address, in characters: the limit of RFC 5321's path.
pub const MAX_EMAIL: usize = 254;
/// The longest name, in characters.
pub const MAX_NAME: usize = 100;
/// The longest image address, in characters: what browsers and proxies agree to carry as a URL.
pub const MAX_IMAGE: usize = 2048;

/// An account.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The user's id, which is the `sub` claim of their tokens.
    #[schema(value_type = String)]
    pub id: UserId,
    /// The user's name.
    pub name: String,
    /// The user's email, in lower case.
    #[schema(value_type = String)]
    pub email: Email,
    /// Whether the email is verified.
    pub email_verified: bool,
    /// URL of a picture.
    pub image: Option<String>,
    /// When the account was created.
    #[serde(serialize_with = "timestamp::serialize")]
    pub created_at: Timestamp,
    /// When the account was last changed.
    #[serde(serialize_with = "timestamp::serialize")]
    pub updated_at: Timestamp,
    /// The epoch of the account's credential when this was read. Never shown.
    #[serde(skip)]
    #[schema(ignore)]
    pub credential_epoch: CredentialEpoch,
}

/// Counts how often an account's credential was set, reset or changed. What was checked under one epoch (a password, a
/// device mark, a link) is worth nothing under another; renewing a hash of the same password does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct CredentialEpoch(i64);

impl CredentialEpoch {
    /// The epoch of a new account.
    pub const FIRST: Self = Self(0);

    /// The epoch that PostgreSQL stores as `number`.
    pub fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// The epoch as PostgreSQL stores it.
    pub fn number(self) -> i64 {
        self.0
    }
}

/// What a new account is made of.
#[derive(Debug)]
pub struct NewUser {
    /// What the person is called.
    pub name: String,
    /// Where they are reached.
    pub email: Email,
    /// Address of a picture.
    pub image: Option<String>,
}

impl NewUser {
    /// A user that looks like the one this would become, and is in no database.
    ///
    /// # Errors
    /// When no id can be made.
    pub fn made_up(&self, now: Timestamp) -> Result<User, ApiError> {
        Ok(User {
            id: new_id(now)?,
            name: self.name.clone(),
            email: self.email.clone(),
            email_verified: false,
            image: self.image.clone(),
            created_at: now,
            updated_at: now,
            credential_epoch: CredentialEpoch::FIRST,
        })
    }
}

/// A fresh id for an account made now.
///
/// # Errors
/// When no id can be made.
pub fn new_id(now: Timestamp) -> Result<UserId, ApiError> {
    let id = service_kit::id::new_v7(now).to_string();
    id.parse().map_err(|error| ApiError::Internal(format!("a uuid is a user id: {error}")))
}

/// An e-mail address in lower case, of the shape that Better Auth accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// Reads an address; `None` when it is none. The rule is the one of Better Auth's schema library, so that both
    /// take and refuse the same.
    pub fn parse(text: &str) -> Option<Self> {
        let (local, domain) = text.split_once('@')?;
        (is_local_part(local) && is_domain(domain)).then(|| Self(text.to_ascii_lowercase()))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Dot-separated words of letters, digits, `_`, `'`, `+` and `-`; the last character is no `'`.
fn is_local_part(local: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_'+-".contains(&byte))
    };
    local.split('.').all(is_word) && !local.ends_with('\'')
}

/// Labels of letters, digits and `-` that do not begin with `-`, then a top-level domain of two or more letters.
fn is_domain(domain: &str) -> bool {
    let Some((labels, top)) = domain.rsplit_once('.') else { return false };
    let is_label = |label: &str| {
        label.starts_with(|first: char| first.is_ascii_alphanumeric())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    labels.split('.').all(is_label) && top.len() >= 2 && top.bytes().all(|byte| byte.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fr_002_the_format_of_an_email_is_checked() {
        for good in ["a@b.co", "A.B+c@Sub.Example.COM", "o'brien@x-y.org", "_@1.aa", "a-@b.cc", "a@b-.cc"] {
            assert_eq!(Email::parse(good).unwrap().as_str(), good.to_ascii_lowercase());
        }
        for bad in [
            "",
            "a",
            "@",
            "a@",
            "@b.co",
            "a@b",
            "a@b.c",
            "a@b.c1",
            "a@-b.co",
            "a@b..co",
            ".a@b.co",
            "a.@b.co",
            "a..b@c.de",
            "a'@b.co",
            "a b@c.de",
            " a@b.co",
            "a@b.co ",
            "a@b@c.de",
            "ä@b.co",
            "a@ä.de",
            "a@b.co\n",
            "a\0@b.co",
            "\"a\"@b.co",
            "a@[127.0.0.1]",
            "a!@b.co",
        ] {
            assert_eq!(Email::parse(bad), None, "{bad:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn reading_an_address_never_panics_and_is_stable(text in ".{0,40}@?.{0,40}") {
            if let Some(email) = Email::parse(&text) {
                proptest::prop_assert_eq!(Email::parse(email.as_str()), Some(email));
            }
        }
    }
}
