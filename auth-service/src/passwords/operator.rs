//! Passwords that the operator sets.

use secrecy::SecretString;

use super::hashing::HashPool;
use super::model::{Password, PasswordRules, StoredHash};
use super::policy::{Owner, PasswordPolicy};
use crate::client_address::Network;
use crate::error::ApiError;
use crate::limits::Requester;
use crate::users::User;

/// Checks and hashes passwords outside a request, by the rules of sign-up.
pub struct PasswordHasher {
    /// The length.
    pub rules: PasswordRules,
    /// Which passwords may be chosen.
    pub policy: PasswordPolicy,
    /// The threads that hash.
    pub hashes: HashPool,
}

impl PasswordHasher {
    /// Hashes a new password of `owner`.
    ///
    /// # Errors
    /// [`ApiError::PasswordTooShort`], [`ApiError::PasswordTooLong`] or [`ApiError::PasswordCompromised`] if the owner may
    /// not have it.
    pub async fn hash(&self, text: &SecretString, owner: &User) -> Result<StoredHash, ApiError> {
        let chosen = Password::chosen(text, self.rules)?;
        let password = self.policy.admit(chosen, Owner::from(owner)).await?;
        // Nobody else uses the queue.
        Ok(self.hashes.hash(Requester::newcomer(Network::of(None)), password).await?)
    }
}
