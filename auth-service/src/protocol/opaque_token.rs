//! Tokens without meaning of their own, which the database knows by their hash alone.

use std::marker::PhantomData;

use aws_lc_rs::{digest, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

use crate::error::ApiError;

/// A token nobody guesses: 256 bits.
const TOKEN_BYTES: usize = 32;

/// A token for one use, which `K` names: a session's is no link's. Never printed.
pub struct OpaqueToken<K> {
    text: SecretString,
    kind: PhantomData<fn() -> K>,
}

/// The kind of token that a session has.
pub enum SessionKind {}

/// The token that a signed-in device holds. The database holds only its SHA-256.
pub type SessionToken = OpaqueToken<SessionKind>;

impl<K> OpaqueToken<K> {
    /// A new random token.
    pub fn generate() -> Result<Self, ApiError> {
        let mut bytes = [0; TOKEN_BYTES];
        rand::fill(&mut bytes).map_err(|_| ApiError::Internal("no randomness".to_owned()))?;
        Ok(Self::of(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The token's text, to be handed to its owner.
    pub fn expose(&self) -> &str {
        self.text.expose_secret()
    }

    /// What the database holds of it. A plain hash suffices: the token has no pattern to guess by.
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
