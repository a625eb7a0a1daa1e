//! The id of a user.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Maximum length of a user id, in bytes.
const MAX_LENGTH: usize = 64;

/// Words with another meaning in the place of a user id: `/api/me/...` is the caller, `/api/auth/...` is the auth
/// service.
const RESERVED: [&str; 2] = ["me", "auth"];

/// The id of a user: 1 to 64 characters out of `A-Z a-z 0-9 _ -`, and neither `me` nor `auth`.
///
/// It is text and not a UUID, because imported accounts keep their ids. Upper and lower case differ. It can only be created
/// from text that follows these rules, so no further check is needed. Clones are cheap.
///
/// ```
/// use shared_claims::UserId;
///
/// let id: UserId = "0190f5a2-7c3e-7d2b-9a41-3f0d5b6c7e88".parse()?;
/// assert_eq!(id.as_str(), "0190f5a2-7c3e-7d2b-9a41-3f0d5b6c7e88");
/// assert!("me".parse::<UserId>().is_err());
/// # Ok::<(), shared_claims::InvalidUserId>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserId(Arc<str>);

/// The text is not a user id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a user id has 1 to 64 characters out of A-Z a-z 0-9 _ - and is neither `me` nor `auth`")]
pub struct InvalidUserId;

impl UserId {
    /// Returns the id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_valid(text: &str) -> bool {
    (1..=MAX_LENGTH).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        && !RESERVED.contains(&text)
}

impl FromStr for UserId {
    type Err = InvalidUserId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_valid(text) { Ok(Self(text.into())) } else { Err(InvalidUserId) }
    }
}

impl TryFrom<String> for UserId {
    type Error = InvalidUserId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if is_valid(&text) { Ok(Self(text.into())) } else { Err(InvalidUserId) }
    }
}

impl From<UserId> for String {
    fn from(id: UserId) -> Self {
        id.as_str().to_owned()
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn accepts_what_the_rule_allows() {
        for text in
            ["a", "Me", "AUTH", "me_", "-", "_", "0190f5a2-7c3e-7d2b-9a41-3f0d5b6c7e88", &"x".repeat(64)]
        {
            let id: UserId = text.parse().unwrap();
            assert_eq!(id.as_str(), text);
            assert_eq!(id.to_string(), text);
            assert_eq!(UserId::try_from(text.to_owned()), Ok(id));
        }
    }

    #[test]
    fn refuses_everything_else() {
        let too_long = "x".repeat(65);
        for text in ["", "me", "auth", " a", "a ", "a/b", "a.b", "a'b", "a\0", "ä", "a;b", "a%20b", &too_long]
        {
            assert_eq!(text.parse::<UserId>(), Err(InvalidUserId), "{text:?}");
            assert_eq!(UserId::try_from(text.to_owned()), Err(InvalidUserId), "{text:?}");
        }
    }

    #[test]
    fn json_is_checked_like_any_other_text() {
        let id: UserId = serde_json::from_str(r#""alice""#).unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), r#""alice""#);
        assert!(serde_json::from_str::<UserId>(r#""me""#).is_err());
        assert!(serde_json::from_str::<UserId>(r#""a b""#).is_err());
        assert!(serde_json::from_str::<UserId>("7").is_err());
    }

    proptest! {
        #[test]
        fn every_text_of_the_alphabet_comes_back_unchanged(text in "[A-Za-z0-9_-]{1,64}") {
            prop_assume!(!RESERVED.contains(&text.as_str()));
            let id: UserId = text.parse().unwrap();
            prop_assert_eq!(id.as_str(), text);
        }

        #[test]
        fn any_text_is_decided_without_a_panic(text in any::<String>()) {
            if let Ok(id) = text.parse::<UserId>() {
                prop_assert_eq!(id.as_str(), text);
            }
        }
    }
}
