use std::sync::Arc;

use aws_lc_rs::hmac;
use shared_claims::UserId;

use super::sealed::{FactorSecret, SealedSecret};
use super::settings::TwoFactorSettings;
use crate::error::ApiError;
use crate::keys::KeyEncryptionKeys;

/// The rules of second factors, and the keys that encrypt and hash their secrets.
pub struct SecondFactors {
    pub settings: TwoFactorSettings,
    /// Encrypts the keys of authenticator apps.
    pub encryption: Arc<KeyEncryptionKeys>,
    /// Hashes the codes in mails.
    pub code_key: hmac::Key,
}

impl SecondFactors {
    /// Encrypts the secrets of `user`.
    ///
    /// # Errors
    /// [`ApiError::Internal`] if the encryption fails.
    pub fn seal(&self, user: &UserId, secret: &FactorSecret) -> Result<SealedSecret, ApiError> {
        let sealed = secret.seal(user, &self.encryption);
        sealed.map_err(|error| ApiError::Internal(format!("secrets of a second factor: {error}")))
    }

    /// Decrypts the secrets of `user`.
    ///
    /// # Errors
    /// [`ApiError::Internal`] if none of the keys decrypts them.
    pub fn open(&self, user: &UserId, sealed: &SealedSecret) -> Result<FactorSecret, ApiError> {
        let lost = || ApiError::Internal("no key decrypts the secrets of a second factor".to_owned());
        sealed.open(user, &self.encryption).ok_or_else(lost)
    }
}
