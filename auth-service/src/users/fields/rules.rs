//! Which additional fields there are.

use std::str::FromStr;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::kind::FieldKind;

/// Maximum number of fields: every response with the user has them all.
const MAX_FIELDS: usize = 32;
/// Maximum length of the name of a field in characters, as of a column in PostgreSQL.
const MAX_FIELD_NAME: usize = 63;
/// Maximum length of texts in UTF-16 code units, unless the field has another one.
const DEFAULT_LENGTH: usize = 255;
/// The largest maximum length. Half of such fields fit into the largest request.
const LONGEST: usize = 2000;
/// Maximum length of all claims of fields in UTF-16 code units. In base64, escaped, they take 4 KiB, which leaves as much
/// for everything else in a token.
const MAX_CLAIMS: usize = 512;

/// The fields that users have anyway, and those of requests that create or change a user.
const USER_MEMBERS: [&str; 14] = [
    "id",
    "name",
    "email",
    "emailVerified",
    "image",
    "createdAt",
    "updatedAt",
    "password",
    "callbackURL",
    "rememberMe",
    "banned",
    "banReason",
    "banExpires",
    "credentialEpoch",
];
/// The claims with another meaning (RFC 7519, RFC 9068, OpenID Connect Core and this service).
const CLAIMS: [&str; 20] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "client_id",
    "sid",
    "auth_time",
    "acr",
    "amr",
    "email_verified",
    "status",
    "scope",
    "azp",
    "nonce",
    "cnf",
    "act",
    "latchkey_diagnosis",
];

/// The additional fields of users, by name. The default is none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UserFields(Vec<UserField>);

/// An additional field.
#[derive(Debug, Clone, PartialEq)]
pub struct UserField {
    /// The name in requests, responses and the database.
    pub name: String,
    pub(super) kind: FieldKind,
    /// Whether a new user must have a value.
    pub(super) required: bool,
    /// Whether users can set it.
    pub(super) input: bool,
    /// Whether responses contain it.
    pub(super) returned: bool,
    /// The value of users without one.
    pub(super) default: Option<Value>,
    pub(super) max_length: usize,
}

/// A field as it is described, by the names of Better Auth. `maxLength` is ours.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Description {
    r#type: FieldKind,
    #[serde(default)]
    required: bool,
    #[serde(default = "yes")]
    input: bool,
    #[serde(default = "yes")]
    returned: bool,
    default_value: Option<Value>,
    max_length: Option<usize>,
}

fn yes() -> bool {
    true
}

impl UserFields {
    /// All fields.
    pub(super) fn iter(&self) -> impl Iterator<Item = &UserField> {
        self.0.iter()
    }

    /// The field with this name.
    pub fn find(&self, name: &str) -> Option<&UserField> {
        self.0.iter().find(|field| field.name == name)
    }

    /// The fields with these names, as claims of access tokens.
    ///
    /// # Errors
    /// What is wrong with a name.
    pub fn claims(&self, names: &[String]) -> Result<Vec<UserField>, String> {
        let mut length = 0;
        let mut claims = Vec::with_capacity(names.len());
        for name in names {
            let field = self.find(name).ok_or_else(|| format!("`{name}` is not in USER_FIELDS"))?;
            if CLAIMS.contains(&name.as_str()) {
                return Err(format!("`{name}` is a claim with another meaning"));
            }
            let Some(longest) = field.kind.claim_length(field.max_length) else {
                return Err(format!("`{name}` is a list, which can be too long for a token"));
            };
            length += longest;
            claims.push(field.clone());
        }
        if length > MAX_CLAIMS {
            return Err(format!(
                "the fields can have {length} characters, and {MAX_CLAIMS} fit into a token"
            ));
        }
        Ok(claims)
    }
}

impl UserField {
    /// The value of a user with these stored `values`.
    pub fn value<'a>(&'a self, values: &'a Map<String, Value>) -> Option<&'a Value> {
        values.get(&self.name).or(self.default.as_ref())
    }

    fn read(name: String, description: Description) -> Result<Self, String> {
        let Description { r#type: kind, required, input, returned, default_value, max_length } = description;
        let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic());
        let is_name = starts_well && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
        if !is_name || name.len() > MAX_FIELD_NAME {
            return Err(format!("{name:?} is not a name: letters, digits and _, up to {MAX_FIELD_NAME}"));
        }
        if USER_MEMBERS.contains(&name.as_str()) {
            return Err(format!("`{name}` has a meaning already"));
        }
        if matches!(&kind, FieldKind::OneOf(texts) if texts.is_empty()) {
            return Err(format!("`{name}` has no possible value"));
        }
        let max_length = max_length.unwrap_or(DEFAULT_LENGTH);
        if !(1..=LONGEST).contains(&max_length) {
            return Err(format!("`{name}`: maxLength must be 1 to {LONGEST}"));
        }
        let default = default_value.filter(|value| !value.is_null());
        let default = default.map(|value| kind.check(&value, max_length)).transpose();
        let default = default.map_err(|complaint| format!("`{name}`: defaultValue: {complaint}"))?;
        if required && !input && default.is_none() {
            return Err(format!("`{name}` is required, and nobody can set it: it needs a defaultValue"));
        }
        Ok(Self { name, kind, required, input, returned, default, max_length })
    }
}

impl FromStr for UserFields {
    type Err = String;

    /// Reads a JSON object of descriptions. An empty text describes no field.
    fn from_str(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let described: Map<String, Value> =
            serde_json::from_str(text).map_err(|error| format!("is not a JSON object: {error}"))?;
        if described.len() > MAX_FIELDS {
            return Err(format!("has {} fields, and {MAX_FIELDS} are allowed", described.len()));
        }
        let read = |(name, description): (String, Value)| {
            let description =
                serde_json::from_value(description).map_err(|error| format!("`{name}`: {error}"))?;
            UserField::read(name, description)
        };
        described.into_iter().map(read).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        text.parse::<UserFields>().unwrap_err()
    }

    #[test]
    fn fields_are_described_as_in_better_auth() {
        let fields: UserFields = r#"{
            "department": {"type": "string", "required": true},
            "role": {"type": ["user", "admin"], "defaultValue": "user", "input": false},
            "internal": {"type": "number", "returned": false, "required": false, "defaultValue": null}
        }"#
        .parse()
        .unwrap();
        let role = fields.find("role").unwrap();
        assert!(!role.input && role.returned && !role.required);
        assert_eq!(role.value(&Map::new()), Some(&"user".into()));
        let department = fields.find("department").unwrap();
        assert!(department.required && department.input && department.value(&Map::new()).is_none());
        assert!(!fields.find("internal").unwrap().returned);
        assert!(fields.find("email").is_none());
        assert_eq!("".parse::<UserFields>(), Ok(UserFields::default()));
    }

    #[test]
    fn a_wrong_description_names_its_field() {
        for (text, part) in [
            ("[]", "is not a JSON object"),
            (r#"{"a b": {"type": "string"}}"#, "\"a b\" is not a name"),
            (r#"{"1a": {"type": "string"}}"#, "\"1a\" is not a name"),
            (r#"{"email": {"type": "string"}}"#, "`email` has a meaning already"),
            (r#"{"a": {"type": "text"}}"#, "`a`: "),
            (r#"{"a": {"type": []}}"#, "`a` has no possible value"),
            (r#"{"a": {"type": "string", "unique": true}}"#, "unknown field `unique`"),
            (r#"{"a": {"type": "string", "defaultValue": 1}}"#, "`a`: defaultValue: Invalid input"),
            (r#"{"a": {"type": "string", "maxLength": 0}}"#, "`a`: maxLength must be 1 to 2000"),
            (r#"{"a": {"type": "string", "required": true, "input": false}}"#, "needs a defaultValue"),
        ] {
            let refusal = refusal(text);
            assert!(refusal.contains(part), "{text}: {refusal}");
        }
        let many: Map<String, Value> =
            (0..33).map(|n| (format!("f{n}"), serde_json::json!({"type": "string"}))).collect();
        assert!(refusal(&Value::Object(many).to_string()).contains("33 fields"));
    }

    #[test]
    fn claims_fit_into_a_token_and_mean_nothing_else() {
        let fields: UserFields =
            r#"{"role": {"type": ["user", "admin"]}, "a": {"type": "string"}, "b": {"type": "string"},
            "c": {"type": "string"}, "scope": {"type": "string"}, "list": {"type": "string[]"}}"#
                .parse()
                .unwrap();
        let claims =
            |names: &[&str]| fields.claims(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(claims(&["role", "a"]).unwrap().len(), 2);
        assert_eq!(
            claims(&["a", "b", "c"]).unwrap_err(),
            "the fields can have 765 characters, and 512 fit into a token"
        );
        assert_eq!(claims(&["other"]).unwrap_err(), "`other` is not in USER_FIELDS");
        assert!(claims(&["scope"]).unwrap_err().contains("another meaning"));
        assert!(claims(&["list"]).unwrap_err().contains("is a list"));
    }
}
