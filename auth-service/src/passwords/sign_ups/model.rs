//! Pending sign-ups.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use shared_claims::UserId;

use super::super::model::StoredHash;
use crate::protocol::email_address::Email;
use crate::users::{CredentialEpoch, NewUsername, User};

/// Lifetime of a sign-up: long enough to find the mail after a holiday weekend and to request another one. After that,
/// its password is invalid.
pub const SIGN_UP_TTL: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Maximum number of pending sign-ups with one email. This is more than the mails that are sent to an email in an
/// hour, which is the lifetime of a link, so the sign-ups that are deleted have no valid link any more.
pub const MAX_FOR_EMAIL: i64 = 10;

/// A sign-up whose email is not verified yet.
pub struct SignUp {
    /// The id of the user that it becomes.
    pub id: UserId,
    pub name: String,
    pub email: Email,
    /// URL of a picture.
    pub image: Option<String>,
    pub password: StoredHash,
    pub created_at: Timestamp,
    /// The username that was chosen. It is not reserved.
    pub username: NewUsername,
    /// The additional fields that were set, by name.
    pub fields: Map<String, Value>,
}

impl SignUp {
    /// Creates the user, whose email was verified at `now`.
    pub(super) fn into_user(self, now: Timestamp) -> (User, StoredHash) {
        let (user, password) = self.into_unverified();
        (User { email_verified: true, updated_at: now, ..user }, password)
    }

    /// Creates the user as it would be without verification.
    pub fn into_unverified(self) -> (User, StoredHash) {
        let user = User {
            id: self.id,
            name: self.name,
            email: self.email,
            email_verified: false,
            image: self.image,
            created_at: self.created_at,
            updated_at: self.created_at,
            username: self.username.username,
            display_username: self.username.display,
            credential_epoch: CredentialEpoch::FIRST,
            two_factor: false,
            fields: self.fields,
        };
        (user, self.password)
    }
}
