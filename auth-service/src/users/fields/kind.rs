//! The types of fields.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::protocol::body::kind;

/// Maximum number of entries of a list: a field is not a table.
const MAX_ENTRIES: usize = 50;

/// The type of a field, by the names of Better Auth.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum FieldKind {
    /// A type by its name.
    Named(NamedKind),
    /// One of these texts.
    OneOf(Vec<String>),
}

/// The types with names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum NamedKind {
    #[serde(rename = "string")]
    String,
    #[serde(rename = "number")]
    Number,
    #[serde(rename = "boolean")]
    Boolean,
    /// A time as RFC 3339 writes it.
    #[serde(rename = "date")]
    Date,
    #[serde(rename = "string[]")]
    Strings,
    #[serde(rename = "number[]")]
    Numbers,
}

impl FieldKind {
    /// Returns the value as it is stored. Texts have up to `max_length` UTF-16 code units.
    ///
    /// # Errors
    /// What is wrong with it, in the words of Better Auth's schema library.
    pub(super) fn check(&self, value: &Value, max_length: usize) -> Result<Value, String> {
        match self {
            Self::OneOf(texts) => match value.as_str().filter(|text| texts.iter().any(|one| one == text)) {
                Some(text) => Ok(text.into()),
                None => Err(format!("Invalid option: expected one of {}", quoted(texts))),
            },
            Self::Named(NamedKind::String) => text(value, max_length).map(Value::from),
            Self::Named(NamedKind::Number) => number(value),
            Self::Named(NamedKind::Boolean) => match value {
                Value::Bool(_) => Ok(value.clone()),
                other => Err(expected("boolean", other)),
            },
            Self::Named(NamedKind::Date) => {
                let time: Option<Timestamp> = value.as_str().and_then(|text| text.parse().ok());
                time.map(|time| format!("{time:.3}").into()).ok_or_else(|| "Invalid ISO datetime".to_owned())
            }
            Self::Named(NamedKind::Strings) => list(value, |entry| text(entry, max_length).map(Value::from)),
            Self::Named(NamedKind::Numbers) => list(value, number),
        }
    }

    /// Reads a value that an operator wrote: as JSON, or as the text itself.
    pub(super) fn parse(&self, text: &str) -> Value {
        match self {
            Self::OneOf(_) | Self::Named(NamedKind::String | NamedKind::Date) => text.into(),
            Self::Named(_) => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
        }
    }

    /// Maximum number of UTF-16 code units of a value as a claim; `None` for lists, which can be of any size.
    pub(super) fn claim_length(&self, max_length: usize) -> Option<usize> {
        match self {
            Self::OneOf(texts) => texts.iter().map(|text| text.encode_utf16().count()).max(),
            Self::Named(NamedKind::String) => Some(max_length),
            // The longest number and the longest time have fewer.
            Self::Named(NamedKind::Number | NamedKind::Boolean | NamedKind::Date) => Some(32),
            Self::Named(NamedKind::Strings | NamedKind::Numbers) => None,
        }
    }
}

fn text(value: &Value, max_length: usize) -> Result<&str, String> {
    let text = value.as_str().ok_or_else(|| expected("string", value))?;
    if text.contains('\0') {
        // PostgreSQL cannot store it.
        return Err("Invalid input: expected string without NUL characters".to_owned());
    }
    if text.encode_utf16().count() > max_length {
        return Err(format!("Too big: expected string to have <={max_length} characters"));
    }
    Ok(text)
}

fn number(value: &Value) -> Result<Value, String> {
    if value.is_number() { Ok(value.clone()) } else { Err(expected("number", value)) }
}

fn list(value: &Value, check: impl Fn(&Value) -> Result<Value, String>) -> Result<Value, String> {
    let entries = value.as_array().ok_or_else(|| expected("array", value))?;
    if entries.len() > MAX_ENTRIES {
        return Err(format!("Too big: expected array to have <={MAX_ENTRIES} items"));
    }
    entries.iter().map(check).collect::<Result<Vec<_>, _>>().map(Value::Array)
}

fn expected(expected: &str, value: &Value) -> String {
    format!("Invalid input: expected {expected}, received {}", kind(Some(value)))
}

fn quoted(texts: &[String]) -> String {
    texts.iter().map(|text| format!("\"{text}\"")).collect::<Vec<_>>().join("|")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kind_of(json: Value) -> FieldKind {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn values_of_the_type_are_stored_as_they_are_and_dates_in_one_form() {
        for (kind, value) in [
            (json!("string"), json!("ä")),
            (json!("number"), json!(1.5)),
            (json!("number"), json!(-7)),
            (json!("boolean"), json!(false)),
            (json!("date"), json!("2026-11-30T12:00:00.000Z")),
            (json!("string[]"), json!(["a", ""])),
            (json!("number[]"), json!([])),
            (json!(["user", "admin"]), json!("admin")),
        ] {
            assert_eq!(kind_of(kind).check(&value, 3), Ok(value));
        }
        let date = kind_of(json!("date")).check(&json!("2026-11-30T13:00:00+01:00"), 3);
        assert_eq!(date, Ok(json!("2026-11-30T12:00:00.000Z")));
    }

    #[test]
    fn other_values_are_refused_in_the_words_of_the_schema_library() {
        let too_many: Vec<i64> = (0..51).collect();
        for (kind, value, complaint) in [
            (json!("string"), json!(1), "Invalid input: expected string, received number"),
            (json!("string"), json!("abcd"), "Too big: expected string to have <=3 characters"),
            (json!("string"), json!("a\0"), "Invalid input: expected string without NUL characters"),
            (json!("number"), json!("1"), "Invalid input: expected number, received string"),
            (json!("boolean"), json!(null), "Invalid input: expected boolean, received null"),
            (json!("date"), json!("yesterday"), "Invalid ISO datetime"),
            (json!("string[]"), json!("a"), "Invalid input: expected array, received string"),
            (json!("string[]"), json!([1]), "Invalid input: expected string, received number"),
            (json!("number[]"), json!(too_many), "Too big: expected array to have <=50 items"),
            (json!(["user", "admin"]), json!("root"), "Invalid option: expected one of \"user\"|\"admin\""),
        ] {
            assert_eq!(kind_of(kind).check(&value, 3), Err(complaint.to_owned()));
        }
    }
}
