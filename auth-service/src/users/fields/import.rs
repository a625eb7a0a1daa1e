//! Reading additional fields of users who come from another system.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::kind::{FieldKind, NamedKind};
use super::rules::UserFields;

/// The fields of an imported user.
#[derive(Debug, Default, PartialEq)]
pub struct ImportedFields {
    /// The values as they are stored.
    pub values: Map<String, Value>,
    /// The names of described fields whose values do not fit. They are left out.
    pub unfit: Vec<String>,
    /// The names that nothing describes. Their values are left out.
    pub unknown: Vec<String>,
}

impl UserFields {
    /// The names of all fields.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|field| field.name.as_str())
    }

    /// Reads the fields of an imported user, whether users can set them or not. A value may be a text that has the value as
    /// JSON. Null counts as missing. A required field may be missing, as it is for users who are older than the field.
    pub fn of_import(&self, given: Map<String, Value>) -> ImportedFields {
        let mut fields = ImportedFields::default();
        for (name, value) in given.into_iter().filter(|(_, value)| !value.is_null()) {
            let Some(field) = self.find(&name) else {
                fields.unknown.push(name);
                continue;
            };
            let value = match (&value, &field.kind) {
                (Value::String(text), FieldKind::Named(NamedKind::Date)) => date(text).unwrap_or(value),
                (Value::String(text), kind) => kind.parse(text),
                _ => value,
            };
            match field.kind.check(&value, field.max_length) {
                Ok(value) => {
                    fields.values.insert(name, value);
                }
                Err(_) => fields.unfit.push(name),
            }
        }
        fields
    }
}

/// A time of a column without a time zone, or a date: in UTC.
fn date(text: &str) -> Option<Value> {
    if text.parse::<Timestamp>().is_ok() {
        return None;
    }
    let time = text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(time.to_string().into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(values: Value) -> ImportedFields {
        let fields: UserFields = r#"{
            "role": {"type": ["user", "admin"], "defaultValue": "user", "input": false},
            "plan": {"type": "string", "required": true, "maxLength": 5},
            "age": {"type": "number"},
            "member": {"type": "boolean"},
            "born": {"type": "date"},
            "tags": {"type": "string[]"}
        }"#
        .parse()
        .unwrap();
        let Value::Object(values) = values else { panic!("{values}") };
        fields.of_import(values)
    }

    #[test]
    fn values_are_read_as_json_or_as_text() {
        let typed = json!({"role": "admin", "plan": "7", "age": 1.5, "member": true, "tags": ["a"]});
        assert_eq!(Value::Object(read(typed.clone()).values), typed);
        let texts = json!({"role": "admin", "plan": "7", "age": "1.5", "member": "true", "tags": "[\"a\"]"});
        assert_eq!(Value::Object(read(texts).values), typed);
        for (text, stored) in [
            ("2000-01-02T03:04:05.678901+00:00", "2000-01-02T03:04:05.678Z"),
            ("2000-01-02T03:04:05", "2000-01-02T03:04:05.000Z"),
            ("2000-01-02", "2000-01-02T00:00:00.000Z"),
        ] {
            assert_eq!(read(json!({"born": text})).values["born"], stored);
        }
    }

    #[test]
    fn what_does_not_fit_is_left_out_by_name_and_the_rest_is_read() {
        let given = json!({
            "role": "root", "plan": "gold", "age": "old", "member": 1, "born": "infinity", "tags": null, "other": 1,
        });
        let read = read(given);
        assert_eq!(Value::Object(read.values), json!({"plan": "gold"}));
        let mut unfit = read.unfit;
        unfit.sort();
        assert_eq!(unfit, ["age", "born", "member", "role"]);
        assert_eq!(read.unknown, ["other"]);
    }
}
