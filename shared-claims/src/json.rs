//! JSON objects whose member names must be unique.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

/// Collects the members that a struct does not name, as a flattened last field. A duplicate name is an error.
///
/// serde rejects a duplicate member only if the struct names it. Two readers of one token must not see two
/// different values, so duplicate names are rejected everywhere (RFC 7515, section 4; RFC 7519, section 4).
#[derive(Debug)]
pub(crate) struct OtherMembers;

impl<'de> Deserialize<'de> for OtherMembers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = OtherMembers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object without repeated names")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut seen = HashSet::new();
                while let Some((name, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
                    if !seen.insert(name) {
                        return Err(Error::custom("repeated name"));
                    }
                }
                Ok(OtherMembers)
            }
        }

        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Sample {
        known: u8,
        #[serde(flatten)]
        _other: OtherMembers,
    }

    #[test]
    fn unknown_members_are_let_through_once() {
        let sample: Sample = serde_json::from_str(r#"{"known":1,"a":{"x":1,"y":[2]},"b":null}"#).unwrap();
        assert_eq!(sample.known, 1);
    }

    #[test]
    fn a_name_may_not_come_twice() {
        for json in [
            r#"{"known":1,"known":2}"#,
            r#"{"known":1,"a":1,"a":1}"#,
            r#"{"a":1,"known":1,"\u0061":2}"#,
            r#"{"known":1,"\u006bnown":1}"#,
        ] {
            assert!(serde_json::from_str::<Sample>(json).is_err(), "{json}");
        }
    }
}
