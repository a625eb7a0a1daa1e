//! A user in a response.

use jiff::Timestamp;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::super::model::User;
use super::super::username::{DISPLAY_USERNAME, USERNAME};
use super::rules::UserFields;
use crate::protocol::timestamp;

/// A user with the additional fields that responses contain. Without a value and a default, a field is null.
#[derive(Debug, Clone, Copy)]
pub struct UserView<'a> {
    user: &'a User,
    plugins: ShownPlugins,
    fields: &'a UserFields,
}

/// The plugins of Better Auth whose members of a user are shown.
#[derive(Debug, Clone, Copy)]
pub struct ShownPlugins {
    pub two_factor: bool,
    /// The members may be null.
    pub username: bool,
}

impl<'a> UserView<'a> {
    /// The user with the members of `plugins` and the values of `fields`.
    pub(in super::super) fn new(user: &'a User, plugins: ShownPlugins, fields: &'a UserFields) -> Self {
        Self { user, plugins, fields }
    }
}

impl Serialize for UserView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let User {
            id, name, email, email_verified, image, created_at, updated_at, two_factor, fields, ..
        } = self.user;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", id)?;
        map.serialize_entry("name", name)?;
        map.serialize_entry("email", email)?;
        map.serialize_entry("emailVerified", email_verified)?;
        map.serialize_entry("image", image)?;
        map.serialize_entry("createdAt", &Milliseconds(created_at))?;
        map.serialize_entry("updatedAt", &Milliseconds(updated_at))?;
        if self.plugins.two_factor {
            map.serialize_entry("twoFactorEnabled", two_factor)?;
        }
        if self.plugins.username {
            map.serialize_entry(USERNAME, &self.user.username)?;
            map.serialize_entry(DISPLAY_USERNAME, &self.user.display_username)?;
        }
        for field in self.fields.iter().filter(|field| field.returned) {
            map.serialize_entry(&field.name, &field.value(fields))?;
        }
        map.end()
    }
}

struct Milliseconds<'a>(&'a Timestamp);

impl Serialize for Milliseconds<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        timestamp::serialize(self.0, serializer)
    }
}
