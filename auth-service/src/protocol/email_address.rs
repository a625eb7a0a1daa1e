//! Email addresses, by the rule of Better Auth's schema library.

use serde::Serialize;

/// Maximum length of an email in characters: the limit of a path in RFC 5321.
pub const MAX_EMAIL: usize = 254;

/// An email in lower case that Better Auth's schema library accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// Reads an email by the rule of Better Auth's schema library; `None` if it is invalid.
    pub fn parse(text: &str) -> Option<Self> {
        let (local, domain) = text.split_once('@')?;
        (is_local_part(local) && is_domain(domain)).then(|| Self(text.to_ascii_lowercase()))
    }

    /// The email as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Dot-separated words of letters, digits, `_`, `'`, `+` and `-`. The last character must not be `'`.
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
