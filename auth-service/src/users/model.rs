//! Users and their e-mail addresses.

use jiff::Timestamp;
use serde::Serialize;
use shared_claims::UserId;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::protocol::email_address::Email;
use crate::protocol::timestamp;

/// The longest name, in characters.
pub const MAX_NAME: usize = 100;
/// The longest image address, in characters: what browsers and proxies agree to carry as a URL.
pub const MAX_IMAGE: usize = 2048;

/// An account.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
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
    #[serde(serialize_with = "timestamp::serialize")]
    pub created_at: Timestamp,
    /// When the account was last changed.
    #[serde(serialize_with = "timestamp::serialize")]
    pub updated_at: Timestamp,
    /// The epoch of the account's credential when this was read. Never shown.
    #[serde(skip)]
    #[schema(ignore)]
    pub credential_epoch: CredentialEpoch,
}

/// Counts how often an account's credential was set, reset or changed. What was checked under one epoch (a password, a
/// device mark, a link) is worth nothing under another; renewing a hash of the same password does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct CredentialEpoch(i64);

impl CredentialEpoch {
    /// The epoch of a new account.
    pub const FIRST: Self = Self(0);

    /// The epoch that PostgreSQL stores as `number`.
    pub fn from_number(number: i64) -> Self {
        Self(number)
    }

    /// The epoch as PostgreSQL stores it.
    pub fn number(self) -> i64 {
        self.0
    }
}

/// What a new account is made of.
#[derive(Debug)]
pub struct NewUser {
    /// What the person is called.
    pub name: String,
    /// Where they are reached.
    pub email: Email,
    /// Address of a picture.
    pub image: Option<String>,
}

impl NewUser {
    /// A user that looks like the one this would become, and is in no database.
    pub fn made_up(&self, now: Timestamp) -> Result<User, ApiError> {
        Ok(User {
            id: new_id(now)?,
            name: self.name.clone(),
            email: self.email.clone(),
            email_verified: false,
            image: self.image.clone(),
            created_at: now,
            updated_at: now,
            credential_epoch: CredentialEpoch::FIRST,
        })
    }
}

/// A fresh id for an account made now.
pub fn new_id(now: Timestamp) -> Result<UserId, ApiError> {
    let id = service_kit::id::new_v7(now).to_string();
    id.parse().map_err(|error| ApiError::Internal(format!("a uuid is a user id: {error}")))
}
