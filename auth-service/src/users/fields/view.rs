//! A user in a response.

use jiff::Timestamp;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::super::model::User;
use super::super::settings::AccountSettings;
use crate::protocol::timestamp;

/// A user with the additional fields that responses contain. Without a value and a default, a field is null.
#[derive(Debug, Clone, Copy)]
pub struct UserView<'a> {
    user: &'a User,
    settings: &'a AccountSettings,
}

impl AccountSettings {
    /// The user as responses show it.
    pub fn view<'a>(&'a self, user: &'a User) -> UserView<'a> {
        UserView { user, settings: self }
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
        if self.settings.two_factor {
            map.serialize_entry("twoFactorEnabled", two_factor)?;
        }
        for field in self.settings.fields.iter().filter(|field| field.returned) {
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
