//! The stored keys as an operator's check sees them. Nothing is changed.

use jiff::Timestamp;
use service_kit::database::Executor;

use super::encryption::KeyEncryptionKeys;
use super::error::KeyError;
use super::lifecycle::KeyStatus;
use super::model::SigningKey;
use super::store;

/// All stored keys, opened as far as possible.
pub struct KeyInspection {
    /// The `kid`s that the JWKS contains.
    pub published: Vec<String>,
    /// The `kid`s of private halves that none of the encryption keys decrypts.
    pub sealed: Vec<String>,
    /// The key that signs, if there is one and it could be decrypted.
    pub active: Option<SigningKey>,
}

impl KeyInspection {
    /// Reads all keys and decrypts their private halves.
    ///
    /// # Errors
    /// If the query fails, or a decrypted key is not a usable RSA key.
    pub async fn read(
        client: &impl Executor,
        encryption: &KeyEncryptionKeys,
        now: Timestamp,
    ) -> Result<Self, KeyError> {
        let mut inspection = Self { published: Vec::new(), sealed: Vec::new(), active: None };
        for key in store::all(client).await? {
            let is_published = key.record.is_published(now);
            let kid = key.record.kid;
            if let Some(sealed) = &key.key_pair.private_key {
                match encryption.open(&kid, sealed) {
                    None => inspection.sealed.push(kid.clone()),
                    Some(der) if key.record.status == KeyStatus::Active => {
                        inspection.active = Some(SigningKey::from_pkcs8(&der)?.named(&kid));
                    }
                    Some(_) => {}
                }
            }
            if is_published {
                inspection.published.push(kid);
            }
        }
        Ok(inspection)
    }
}
