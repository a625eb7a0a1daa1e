//! Users and their credential epochs.

use jiff::Timestamp;
use serde_json::{Map, Value};
use shared_claims::UserId;
use utoipa::ToSchema;

use super::username::{NewUsername, Username};
use crate::error::ApiError;
use crate::protocol::email_address::Email;

/// Maximum length of a name in characters.
pub const MAX_NAME: usize = 100;
/// Maximum length of the URL of a picture in characters: browsers and proxies support URLs up to this length.
pub const MAX_IMAGE: usize = 2048;

/// An account.
#[derive(Debug, Clone, ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct User {
    /// The user's id, which is the `sub` claim of their tokens.
    #[schema(value_type = String)]
    pub id: UserId,
    /// The user's name.
    pub name: String,
    /// The user's email, in lower case.
    #[schema(value_type = String)]
    pub email: Email,
    /// Whether the email is verified.
    pub email_verified: bool,
    /// URL of a picture.
    pub image: Option<String>,
    /// When the account was created.
    pub created_at: Timestamp,
    /// When the account was last changed.
    pub updated_at: Timestamp,
    /// The username, in lower case. Only shown if `USERNAME_ENABLED` is on.
    #[schema(value_type = Option<String>)]
    pub username: Option<Username>,
    /// The username as pages show it. Only shown if `USERNAME_ENABLED` is on.
    pub display_username: Option<String>,
    /// The epoch of the account's credential when this was read. Never shown.
    #[schema(ignore)]
    pub credential_epoch: CredentialEpoch,
    /// Whether a sign-in asks for a second factor. Shown if second factors are enabled.
    #[schema(rename = "twoFactorEnabled", required = false)]
    pub two_factor: bool,
    /// The additional fields that were set, by name.
    #[schema(ignore)]
    pub fields: Map<String, Value>,
}

/// Counts how often the credential of an account was set, reset or changed. A check in one epoch (of a password, a
/// device mark or a link) is invalid in another. Replacing the hash of the same password does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct CredentialEpoch(i64);

impl CredentialEpoch {
    pub const FIRST: Self = Self(0);

    pub fn from_number(number: i64) -> Self {
        Self(number)
    }

    pub fn number(self) -> i64 {
        self.0
    }
}

/// The data of a new account.
#[derive(Debug)]
pub struct NewUser {
    pub name: String,
    pub email: Email,
    /// URL of a picture.
    pub image: Option<String>,
    pub username: NewUsername,
    /// The additional fields that were set, by name.
    pub fields: Map<String, Value>,
}

impl NewUser {
    /// Creates a user with a new id that is not stored yet.
    pub fn to_user(&self, now: Timestamp) -> Result<User, ApiError> {
        Ok(User {
            id: new_id(now)?,
            name: self.name.clone(),
            email: self.email.clone(),
            email_verified: false,
            image: self.image.clone(),
            created_at: now,
            updated_at: now,
            username: self.username.username.clone(),
            display_username: self.username.display.clone(),
            credential_epoch: CredentialEpoch::FIRST,
            two_factor: false,
            fields: self.fields.clone(),
        })
    }
}

pub fn new_id(now: Timestamp) -> Result<UserId, ApiError> {
    let id = service_kit::id::new_v7(now).to_string();
    id.parse().map_err(|error| ApiError::Internal(format!("a uuid is a user id: {error}")))
}
