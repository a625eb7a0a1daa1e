//! The tokens of a provider, encrypted at rest.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::keys::{EncryptionError, KeyEncryptionKeys};

/// The tokens that a provider issued.
#[derive(Debug, Clone, Default)]
pub struct StoredTokens {
    pub access: Option<SecretString>,
    pub refresh: Option<SecretString>,
    pub id: Option<SecretString>,
}

/// Tokens that only the keys of this service decrypt, for the linked account with the same id.
#[derive(Debug, Clone)]
pub struct SealedTokens(pub(super) Vec<u8>);

/// The form in which they are encrypted.
#[derive(Serialize, Deserialize)]
struct Plain<'a> {
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    access: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    refresh: Option<std::borrow::Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    id: Option<std::borrow::Cow<'a, str>>,
}

impl StoredTokens {
    /// These tokens, and in place of those that are missing the `older` ones.
    #[must_use]
    pub fn or(self, older: Self) -> Self {
        Self {
            access: self.access.or(older.access),
            refresh: self.refresh.or(older.refresh),
            id: self.id.or(older.id),
        }
    }

    /// Encrypts them for the linked account `id`.
    ///
    /// # Errors
    /// If the encryption fails.
    pub fn seal(&self, id: Uuid, keys: &KeyEncryptionKeys) -> Result<SealedTokens, EncryptionError> {
        let text = |token: &Option<SecretString>| {
            token.as_ref().map(|token| token.expose_secret().to_owned().into())
        };
        let plain = Plain { access: text(&self.access), refresh: text(&self.refresh), id: text(&self.id) };
        let plain = serde_json::to_vec(&plain).map_err(|_| EncryptionError)?;
        keys.seal(&row(id), &plain).map(SealedTokens)
    }
}

impl SealedTokens {
    /// Decrypts the tokens of the linked account `id`; `None` if none of the keys does.
    pub fn open(&self, id: Uuid, keys: &KeyEncryptionKeys) -> Option<StoredTokens> {
        let plain = keys.open(&row(id), &self.0)?;
        let plain: Plain<'_> = serde_json::from_slice(&plain).ok()?;
        let secret =
            |text: Option<std::borrow::Cow<'_, str>>| text.map(|text| SecretString::from(text.into_owned()));
        Some(StoredTokens {
            access: secret(plain.access),
            refresh: secret(plain.refresh),
            id: secret(plain.id),
        })
    }
}

/// What tokens are bound to: not the id alone, which something else could have too.
fn row(id: Uuid) -> String {
    format!("linked-account:{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_open_for_their_own_account_only() {
        let key = "q83vEjRWeJASNFZ4kKvN76vN7xI0VniQEjRWeJCrze8=".to_owned();
        let keys = KeyEncryptionKeys::parse(&key.into()).unwrap();
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let tokens = StoredTokens { access: Some("gho_\"1\"".to_owned().into()), ..StoredTokens::default() };
        let sealed = tokens.seal(one, &keys).unwrap();
        let opened = sealed.open(one, &keys).unwrap();
        assert_eq!(opened.access.unwrap().expose_secret(), "gho_\"1\"");
        assert!(opened.refresh.is_none());
        assert!(sealed.open(other, &keys).is_none());
    }

    #[test]
    fn a_token_that_did_not_come_again_is_kept() {
        let token = |text: &str| Some(SecretString::from(text.to_owned()));
        let older = StoredTokens { access: token("old"), refresh: token("old"), id: None };
        let newer = StoredTokens { access: token("new"), refresh: None, id: None }.or(older);
        let shown = |token: Option<SecretString>| token.map(|token| token.expose_secret().to_owned());
        assert_eq!(
            (shown(newer.access).as_deref(), shown(newer.refresh).as_deref()),
            (Some("new"), Some("old"))
        );
    }
}
