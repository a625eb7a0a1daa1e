//! The fields of bodies and queries, with the rules and messages of Better Auth's schema library.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value};

use super::email_address::{Email, MAX_EMAIL};
use super::image_url::{IMAGE_RULE, is_safe_image};
use super::origin::{TrustedOrigins, is_truthy};
use super::redirect::CheckedTarget;
use crate::error::{ApiError, RedirectTarget};

/// Reads the fields of an object and collects the complaints in order.
pub struct Fields<'a> {
    /// The name of the object in messages.
    place: &'static str,
    object: &'a Map<String, Value>,
    origins: &'a TrustedOrigins,
    complaints: Vec<String>,
    untrusted: Option<RedirectTarget>,
}

impl<'a> Fields<'a> {
    /// Reads the fields of `object`, which messages call `place`. Redirect targets must be in `origins`.
    pub fn new(place: &'static str, object: &'a Map<String, Value>, origins: &'a TrustedOrigins) -> Self {
        Self { place, object, origins, complaints: Vec::new(), untrusted: None }
    }

    /// Returns `parsed` if there are no complaints.
    ///
    /// # Errors
    /// [`ApiError::Validation`] with all complaints. Without complaints, 403 for a redirect target that is not
    /// trusted.
    pub fn accept<T>(self, parsed: Option<T>) -> Result<T, ApiError> {
        match (parsed, self.untrusted) {
            (Some(parsed), None) if self.complaints.is_empty() => Ok(parsed),
            (_, Some(target)) if self.complaints.is_empty() => Err(ApiError::UntrustedTarget(target)),
            _ => Err(ApiError::Validation(self.complaints.join("; "))),
        }
    }

    /// Reads a required string.
    pub fn string(&mut self, name: &str) -> Option<&'a str> {
        match self.object.get(name) {
            Some(Value::String(text)) => self.without_nul(name, text),
            other => self.complain(name, "string", other),
        }
    }

    /// Reads an optional string, which may be absent (`None`) but not null.
    pub fn optional_string(&mut self, name: &str) -> Option<&'a str> {
        match self.object.get(name) {
            None => None,
            Some(Value::String(text)) => self.without_nul(name, text),
            other => self.complain(name, "string", other),
        }
    }

    /// Reads a string that may be absent (the outer `None`) or null (the inner `None`).
    pub fn nullable_string(&mut self, name: &str) -> Option<Option<&'a str>> {
        match self.object.get(name) {
            None => None,
            Some(Value::Null) => Some(None),
            Some(Value::String(text)) => self.without_nul(name, text).map(Some),
            other => self.complain(name, "string", other),
        }
    }

    /// Reads a required redirect target. The inner `None` is an empty one.
    pub fn target(&mut self, target: RedirectTarget) -> Option<Option<CheckedTarget>> {
        let text = self.string(target.name())?;
        Some(self.checked(target, text))
    }

    /// Reads a redirect target that may be absent (the outer `None`) or empty (the inner `None`).
    pub fn optional_target(&mut self, target: RedirectTarget) -> Option<Option<CheckedTarget>> {
        let text = self.optional_string(target.name())?;
        Some(self.checked(target, text))
    }

    /// Like [`optional_target`](Self::optional_target), where Better Auth calls every target `reported` if it is not trusted.
    pub fn optional_target_reported_as(
        &mut self,
        target: RedirectTarget,
        reported: RedirectTarget,
    ) -> Option<Option<CheckedTarget>> {
        let text = self.optional_string(target.name())?;
        Some(self.checked(reported, text))
    }

    fn checked(&mut self, target: RedirectTarget, text: &str) -> Option<CheckedTarget> {
        let checked = CheckedTarget::parse(text, self.origins);
        if checked.is_none() && !text.is_empty() {
            self.untrusted.get_or_insert(target);
        }
        checked
    }

    /// The fields other than these.
    pub fn except(&self, names: &[&str]) -> Map<String, Value> {
        let others = self.object.iter().filter(|(name, _)| !names.contains(&name.as_str()));
        others.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// Whether the field is truthy in JavaScript.
    pub fn is_truthy(&self, name: &str) -> bool {
        self.object.get(name).is_some_and(is_truthy)
    }

    /// Reads a required email.
    pub fn email(&mut self, name: &str) -> Option<Email> {
        let text = self.string(name)?;
        let email = Email::parse(text);
        if email.is_none() {
            self.reject(name, "Invalid email address");
        }
        self.at_most(name, Some(text), MAX_EMAIL);
        email
    }

    /// Reads an optional boolean, which may be absent but not null.
    pub fn optional_boolean(&mut self, name: &str) -> Option<bool> {
        match self.object.get(name) {
            None => None,
            Some(Value::Bool(value)) => Some(*value),
            other => self.complain(name, "boolean", other),
        }
    }

    /// Reads a required password. It may contain any character, NUL included.
    pub fn password(&mut self, name: &str) -> Option<SecretString> {
        match self.object.get(name) {
            Some(Value::String(text)) => Some(text.as_str().into()),
            other => self.complain(name, "string", other),
        }
    }

    /// Reads an optional password, which may be absent or empty, but not null.
    pub fn optional_password(&mut self, name: &str) -> Option<SecretString> {
        let password = self.object.contains_key(name).then(|| self.password(name)).flatten();
        password.filter(|password| !password.expose_secret().is_empty())
    }

    /// Reads an optional string that must be one of `choices`.
    pub fn optional_choice(&mut self, name: &str, choices: &[&'static str]) -> Option<&'static str> {
        let value = self.object.get(name)?;
        let found = choices.iter().copied().find(|choice| value.as_str() == Some(*choice));
        if found.is_none() {
            let quoted: Vec<_> = choices.iter().map(|choice| format!("\"{choice}\"")).collect();
            self.reject(name, &format!("Invalid option: expected one of {}", quoted.join("|")));
        }
        found
    }

    /// Reads an optional list of strings.
    pub fn optional_strings(&mut self, name: &str) -> Option<Vec<String>> {
        let list = match self.object.get(name) {
            None => return None,
            Some(Value::Array(list)) => list,
            other => return self.complain(name, "array", other),
        };
        let read = |(place, value): (usize, &'a Value)| match value {
            Value::String(text) => self.without_nul(name, text).map(str::to_owned),
            other => self.complain(&format!("{name}.{place}"), "string", Some(other)),
        };
        list.iter().enumerate().map(read).collect()
    }

    /// Reads an optional object whose values are strings.
    pub fn optional_texts(&mut self, name: &str) -> Option<Vec<(String, String)>> {
        let object = self.optional_record(name)?;
        let read = |(key, value): (&'a String, &'a Value)| match value {
            Value::String(text) => Some((key.clone(), text.clone())),
            other => self.complain(&format!("{name}.{key}"), "string", Some(other)),
        };
        object.iter().map(read).collect()
    }

    /// Reads an optional object with any members.
    pub fn optional_record(&mut self, name: &str) -> Option<&'a Map<String, Value>> {
        match self.object.get(name) {
            None => None,
            Some(Value::Object(object)) => Some(object),
            other => self.complain(name, "record", other),
        }
    }

    /// Reads an optional object by `read`. Messages call it `place`.
    pub fn optional_within<T>(
        &mut self,
        name: &str,
        place: &'static str,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        let object = match self.object.get(name) {
            None => return None,
            Some(Value::Object(object)) => object,
            other => return self.complain(name, "object", other),
        };
        let mut within = Self::new(place, object, self.origins);
        let parsed = read(&mut within);
        self.complaints.append(&mut within.complaints);
        self.untrusted = self.untrusted.or(within.untrusted);
        parsed
    }

    /// Checks an optional number that means nothing here.
    pub fn ignored_number(&mut self, name: &str) {
        match self.object.get(name) {
            None | Some(Value::Number(_)) => {}
            other => {
                self.complain::<()>(name, "number", other);
            }
        }
    }

    /// Reads a required string that the schema library calls a union: its complaint does not say what it expects.
    pub fn text_of_union(&mut self, name: &str) -> Option<&'a str> {
        let text = self.text(name);
        if text.is_none() {
            self.reject(name, "Invalid input");
        }
        text
    }

    /// A string, without a complaint if it is none.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        self.object.get(name).and_then(Value::as_str).filter(|text| !text.contains('\0'))
    }

    /// Whether the field is true.
    pub fn is_true(&self, name: &str) -> bool {
        self.object.get(name) == Some(&Value::Bool(true))
    }

    /// Adds a complaint about the object.
    pub fn reject_all(&mut self, complaint: &str) {
        self.complaints.push(format!("[{}] {complaint}", self.place));
    }

    /// Whether the object has the field.
    pub fn contain(&self, name: &str) -> bool {
        self.object.contains_key(name)
    }

    /// The names of all fields.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.object.keys().map(String::as_str)
    }

    /// Adds a complaint about `name` in the words of the schema library.
    pub fn reject(&mut self, name: &str, complaint: &str) {
        self.complaints.push(format!("[{}.{name}] {complaint}", self.place));
    }

    /// Adds a complaint if `text` is longer than `max` UTF-16 code units, which JavaScript counts.
    pub fn at_most(&mut self, name: &str, text: Option<&str>, max: usize) {
        if text.is_some_and(|text| text.encode_utf16().count() > max) {
            self.reject(name, &format!("Too big: expected string to have <={max} characters"));
        }
    }

    /// Adds a complaint if `text` is an unsafe URL of a picture.
    pub fn safe_image(&mut self, name: &str, text: Option<&str>) {
        if text.is_some_and(|text| !is_safe_image(text)) {
            self.reject(name, &format!("Invalid URL: {IMAGE_RULE}"));
        }
    }

    /// Refuses NUL, which PostgreSQL cannot store in text.
    fn without_nul(&mut self, name: &str, text: &'a str) -> Option<&'a str> {
        if text.contains('\0') {
            self.reject(name, "Invalid input: expected string without NUL characters");
            return None;
        }
        Some(text)
    }

    fn complain<T>(&mut self, name: &str, expected: &str, got: Option<&Value>) -> Option<T> {
        self.reject(name, &format!("Invalid input: expected {expected}, received {}", kind(got)));
        None
    }
}

/// The schema library's name for the type of a value.
pub fn kind(value: Option<&Value>) -> &'static str {
    match value {
        None => "undefined",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "boolean",
        Some(Value::Number(_)) => "number",
        Some(Value::String(_)) => "string",
        Some(Value::Array(_)) => "array",
        Some(Value::Object(_)) => "object",
    }
}
