//! Reading additional fields from requests, in Better Auth's order and with its errors.

use serde_json::{Map, Value};

use super::rules::{UserField, UserFields};
use crate::error::ApiError;
use crate::protocol::origin::is_truthy;

impl UserFields {
    /// Reads the fields of a new user from a body. What is not described is ignored.
    ///
    /// # Errors
    /// [`ApiError::MissingField`], [`ApiError::FieldNotAllowed`], or [`ApiError::Validation`] for a value of another type.
    pub fn of_new_user(&self, body: &Map<String, Value>) -> Result<Map<String, Value>, ApiError> {
        let mut values = self.read(body, |field| field.default.is_some())?;
        values.retain(|_, value| !value.is_null());
        let is_missing = |field: &&UserField| {
            field.required && field.default.is_none() && !values.contains_key(&field.name)
        };
        match self.iter().find(is_missing) {
            Some(field) => Err(ApiError::MissingField(field.name.clone())),
            None => Ok(values),
        }
    }

    /// Reads the fields to change from a body. Null removes a value.
    ///
    /// # Errors
    /// As [`of_new_user`](Self::of_new_user); [`ApiError::MissingField`] if a required value would be removed.
    pub fn of_change(&self, body: &Map<String, Value>) -> Result<Map<String, Value>, ApiError> {
        let values = self.read(body, |_| false)?;
        let is_removed =
            |field: &&UserField| field.required && values.get(&field.name).is_some_and(Value::is_null);
        match self.iter().find(is_removed) {
            Some(field) => Err(ApiError::MissingField(field.name.clone())),
            None => Ok(values),
        }
    }

    /// Reads a field that an operator sets, whether users can set it or not. An empty text removes the value.
    ///
    /// # Errors
    /// What is wrong with the name or the value.
    pub fn of_operator(&self, name: &str, text: &str) -> Result<Value, String> {
        let field = self.find(name).ok_or_else(|| format!("`{name}` is not in USER_FIELDS"))?;
        if text.is_empty() && !field.required {
            return Ok(Value::Null);
        }
        let checked = field.kind.check(&field.kind.parse(text), field.max_length);
        checked.map_err(|complaint| format!("`{name}`: {complaint}"))
    }

    /// A value for a field that users cannot set is ignored if it `is_ignored` or falsy, as in Better Auth.
    fn read(
        &self,
        body: &Map<String, Value>,
        is_ignored: impl Fn(&UserField) -> bool,
    ) -> Result<Map<String, Value>, ApiError> {
        let mut values = Map::new();
        for field in self.iter() {
            let Some(value) = body.get(&field.name) else { continue };
            if !field.input {
                if is_ignored(field) || !is_truthy(value) {
                    continue;
                }
                return Err(ApiError::FieldNotAllowed(field.name.clone()));
            }
            let checked = if value.is_null() {
                Value::Null
            } else {
                let checked = field.kind.check(value, field.max_length);
                checked
                    .map_err(|complaint| ApiError::Validation(format!("[body.{}] {complaint}", field.name)))?
            };
            values.insert(field.name.clone(), checked);
        }
        Ok(values)
    }
}
