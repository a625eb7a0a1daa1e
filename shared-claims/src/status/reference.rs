//! The reference of a token to its entry in a status list.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use crate::spelling::Spellings;

/// The claim `status` of a token.
#[derive(Debug, Default, PartialEq)]
pub(crate) enum StatusClaim {
    /// The token has no such claim.
    #[default]
    Absent,
    /// The claim is not a reference to a status list.
    Malformed,
    /// A reference.
    Reference(Reference),
}

/// A reference to an entry of a status list.
#[derive(Debug, PartialEq, Deserialize)]
pub(crate) struct Reference {
    /// The index, from 0.
    pub(crate) idx: u64,
    /// The URI of the list.
    pub(crate) uri: String,
}

impl<'de> Deserialize<'de> for StatusClaim {
    /// Never fails: a verifier without status lists ignores the claim, whatever its value.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Claim {
            Reference { status_list: Reference },
            Other(IgnoredAny),
        }
        Claim::deserialize(deserializer).map(|claim| match claim {
            Claim::Reference { status_list } => Self::Reference(status_list),
            Claim::Other(_) => Self::Malformed,
        })
    }
}

/// The prefix of the URIs of the issuer's lists; a number follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prefix(Spellings);

impl Prefix {
    /// A trailing slash is ignored.
    pub(crate) fn new(prefix: &str) -> Self {
        Self(Spellings::new(prefix.trim_end_matches('/')))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.written().is_empty()
    }

    /// Returns the URI of this list, with the prefix as it was written.
    pub(crate) fn uri(&self, number: u32) -> String {
        format!("{}/{number}", self.0.written())
    }

    /// Returns the number of the list with this URI, in any accepted spelling of the prefix; `None` if it is not a list of the
    /// issuer.
    pub(crate) fn number(&self, uri: &str) -> Option<u32> {
        let digits = self.0.all().find_map(|prefix| uri.strip_prefix(prefix)?.strip_prefix('/'))?;
        let canonical = digits == "0" || digits.bytes().next().is_some_and(|first| first != b'0');
        let decimal = digits.bytes().all(|byte| byte.is_ascii_digit());
        if canonical && decimal { digits.parse().ok() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(json: &str) -> StatusClaim {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_reference_is_read_among_other_members() {
        let expected = StatusClaim::Reference(Reference { idx: 7, uri: "u".to_owned() });
        assert_eq!(claim(r#"{"status_list":{"idx":7,"uri":"u"}}"#), expected);
        assert_eq!(claim(r#"{"x":[1],"status_list":{"y":null,"uri":"u","idx":7}}"#), expected);
    }

    #[test]
    fn everything_else_is_malformed() {
        for json in [
            "null",
            "7",
            "[]",
            "\"x\"",
            "{}",
            r#"{"status_list":null}"#,
            r#"{"status_list":{}}"#,
            r#"{"status_list":{"idx":7}}"#,
            r#"{"status_list":{"uri":"u"}}"#,
            r#"{"status_list":{"idx":-1,"uri":"u"}}"#,
            r#"{"status_list":{"idx":7.0,"uri":"u"}}"#,
            r#"{"status_list":{"idx":"7","uri":"u"}}"#,
            r#"{"status_list":{"idx":18446744073709551616,"uri":"u"}}"#,
            r#"{"status_list":{"idx":7,"uri":7}}"#,
            r#"{"status_list":{"idx":7,"idx":8,"uri":"u"}}"#,
            r#"{"status_list":{"idx":7,"uri":"u"},"status_list":{"idx":8,"uri":"u"}}"#,
        ] {
            assert_eq!(claim(json), StatusClaim::Malformed, "{json}");
        }
    }

    #[test]
    fn only_the_prefix_and_a_plain_number_name_a_list() {
        for prefix in ["https://a.test/lists", "https://a.test/lists/"] {
            let prefix = Prefix::new(prefix);
            for number in [0, 1, 10, u32::MAX] {
                assert_eq!(prefix.number(&prefix.uri(number)), Some(number));
            }
            for uri in [
                "",
                "https://a.test/lists",
                "https://a.test/lists/",
                "https://a.test/lists/00",
                "https://a.test/lists/01",
                "https://a.test/lists/+1",
                "https://a.test/lists/-1",
                "https://a.test/lists/1/",
                "https://a.test/lists/1?x",
                "https://a.test/lists/1#x",
                "https://a.test/lists/ 1",
                "https://a.test/lists/\u{661}",
                "https://a.test/lists/4294967296",
                "https://a.test/lists/../lists/1",
                "https://a.test/lists1",
                "https://a.test//lists/1",
                "https://A.test/lists/1",
                "http://a.test/lists/1",
                "https://b.test/lists/1",
            ] {
                assert_eq!(prefix.number(uri), None, "{uri}");
            }
        }
    }
}
