//! Opaque tokens: random values of which the database stores the hash.

use std::marker::PhantomData;

use aws_lc_rs::{digest, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

use crate::error::ApiError;

/// 256 bits cannot be guessed.
const TOKEN_BYTES: usize = 32;

/// A token of the kind `K`, so that a session token cannot be used as a link token. Not shown by `Debug`.
pub struct OpaqueToken<K> {
    text: SecretString,
    kind: PhantomData<fn() -> K>,
}

/// The kind of session tokens.
pub enum SessionKind {}

/// The token that a signed-in device holds. The database stores its SHA-256.
pub type SessionToken = OpaqueToken<SessionKind>;

impl<K> OpaqueToken<K> {
    /// Creates a random token.
    pub fn generate() -> Result<Self, ApiError> {
        let mut bytes = [0; TOKEN_BYTES];
        rand::fill(&mut bytes).map_err(|_| ApiError::Internal("no randomness".to_owned()))?;
        Ok(Self::of(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The token in plain text, for its owner.
    pub fn expose(&self) -> &str {
        self.text.expose_secret()
    }

    /// The SHA-256 that the database stores. A fast hash is enough, because the token is random.
    pub fn hash(&self) -> Vec<u8> {
        digest::digest(&digest::SHA256, self.expose().as_bytes()).as_ref().to_vec()
    }

    fn of(text: String) -> Self {
        Self { text: text.into(), kind: PhantomData }
    }
}

impl<K> From<&str> for OpaqueToken<K> {
    fn from(text: &str) -> Self {
        Self::of(text.to_owned())
    }
}

impl<K> Clone for OpaqueToken<K> {
    fn clone(&self) -> Self {
        Self { text: self.text.clone(), kind: PhantomData }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Test;

    #[test]
    fn tokens_do_not_repeat_and_are_stored_hashed() {
        let generate = || OpaqueToken::<Test>::generate().ok().unwrap();
        let (one, two) = (generate(), generate());
        assert_ne!(one.expose(), two.expose());
        assert_eq!(one.expose().len(), 43);
        assert!(!one.expose().contains('.'), "a dot would look like a signature");
        assert_eq!(one.hash().len(), 32);
    }
}
