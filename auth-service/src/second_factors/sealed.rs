//! The secrets of a user's second factors, encrypted at rest.

use aws_lc_rs::{hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use shared_claims::UserId;

use super::totp::TotpKey;
use crate::error::ApiError;
use crate::keys::{EncryptionError, KeyEncryptionKeys};

/// Length of the key that hashes backup codes: that of the hash (RFC 2104, section 3).
const CODE_KEY_BYTES: usize = 32;

/// The key of the authenticator app, if there is one, and the key that hashes backup codes. Not shown by `Debug`.
pub struct FactorSecret {
    pub totp: Option<TotpKey>,
    code_key: Vec<u8>,
}

/// Secrets that only the keys of this service decrypt, for the same user.
#[derive(Debug, Clone)]
pub struct SealedSecret(pub(super) Vec<u8>);

/// The form in which they are encrypted.
#[derive(Serialize, Deserialize)]
struct Plain {
    #[serde(skip_serializing_if = "Option::is_none")]
    totp: Option<String>,
    codes: String,
}

impl FactorSecret {
    /// Adds a new key for backup codes.
    ///
    /// # Errors
    /// [`ApiError::Internal`] if the system provides no random bytes.
    pub fn new(totp: Option<TotpKey>) -> Result<Self, ApiError> {
        let mut code_key = vec![0; CODE_KEY_BYTES];
        rand::fill(&mut code_key).map_err(|_| ApiError::Internal("no randomness".to_owned()))?;
        Ok(Self { totp, code_key })
    }

    /// The key that hashes backup codes.
    pub fn code_key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.code_key)
    }

    /// Encrypts them for `user`.
    ///
    /// # Errors
    /// If the encryption fails.
    pub fn seal(&self, user: &UserId, keys: &KeyEncryptionKeys) -> Result<SealedSecret, EncryptionError> {
        let totp = self.totp.as_ref().map(|key| STANDARD.encode(key.expose()));
        let plain = Plain { totp, codes: STANDARD.encode(&self.code_key) };
        let plain = serde_json::to_vec(&plain).map_err(|_| EncryptionError)?;
        keys.seal(&row(user), &plain).map(SealedSecret)
    }
}

impl SealedSecret {
    /// Decrypts the secrets of `user`; `None` if none of the keys does.
    pub fn open(&self, user: &UserId, keys: &KeyEncryptionKeys) -> Option<FactorSecret> {
        let plain: Plain = serde_json::from_slice(&keys.open(&row(user), &self.0)?).ok()?;
        let totp = match plain.totp {
            Some(text) => Some(TotpKey::from_bytes(STANDARD.decode(text).ok()?)),
            None => None,
        };
        Some(FactorSecret { totp, code_key: STANDARD.decode(plain.codes).ok()? })
    }
}

/// What they are bound to: not the id alone, which something else could have too.
fn row(user: &UserId) -> String {
    format!("second-factor:{}", user.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_open_for_their_own_user_only() {
        let key = "q83vEjRWeJASNFZ4kKvN76vN7xI0VniQEjRWeJCrze8=".to_owned();
        let keys = KeyEncryptionKeys::parse(&key.into()).unwrap();
        let (ada, eve): (UserId, UserId) = ("ada".parse().unwrap(), "eve".parse().unwrap());
        let secret = FactorSecret::new(Some(TotpKey::from_bytes(b"key".to_vec()))).ok().unwrap();
        let sealed = secret.seal(&ada, &keys).unwrap();
        let opened = sealed.open(&ada, &keys).unwrap();
        assert_eq!(opened.totp.unwrap().expose(), b"key");
        assert_eq!(opened.code_key, secret.code_key);
        assert!(sealed.open(&eve, &keys).is_none());
    }
}
