//! A sign-up that waits.

use jiff::{SignedDuration, Timestamp};
use shared_claims::UserId;

use super::super::model::StoredHash;
use crate::protocol::email_address::Email;
use crate::users::{CredentialEpoch, User};

/// How long a sign-up waits: long enough to find the mail after a holiday weekend and ask for another one. Its password
/// is nobody's for longer than that.
pub const SIGN_UP_TTL: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How many sign-ups with one email wait beside each other: more than that many mails are sent to an address in an hour,
/// which is how long a link lives, so those that give way have no live link any more.
pub const MAX_FOR_EMAIL: i64 = 10;

/// A sign-up that waits for its email to be verified.
pub struct SignUp {
    /// The id of the user that it becomes.
    pub id: UserId,
    /// What the person is called.
    pub name: String,
    /// The email, which is not verified yet.
    pub email: Email,
    /// Address of a picture.
    pub image: Option<String>,
    /// The hash of its password.
    pub password: StoredHash,
    /// When it was made.
    pub created_at: Timestamp,
}

impl SignUp {
    /// The user that this becomes, verified at the time `now`.
    pub(super) fn into_user(self, now: Timestamp) -> (User, StoredHash) {
        let (user, password) = self.into_unverified();
        (User { email_verified: true, updated_at: now, ..user }, password)
    }

    /// The user that this would be if nobody had to verify anything.
    pub fn into_unverified(self) -> (User, StoredHash) {
        let user = User {
            id: self.id,
            name: self.name,
            email: self.email,
            email_verified: false,
            image: self.image,
            created_at: self.created_at,
            updated_at: self.created_at,
            credential_epoch: CredentialEpoch::FIRST,
        };
        (user, self.password)
    }
}
