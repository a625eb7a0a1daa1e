//! Backup codes: ten for each user, each used once.

use aws_lc_rs::{hmac, rand};
use secrecy::{ExposeSecret, SecretString};

use crate::error::ApiError;

/// How many codes a user gets, as in Better Auth.
pub const COUNT: usize = 10;
/// Characters of a code without its hyphen: 59 bits, which nobody guesses.
const LENGTH: usize = 10;
/// Better Auth writes a hyphen after so many characters.
const HALF: usize = LENGTH / 2;
const ALPHABET: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// A backup code. Not shown by `Debug`.
pub struct BackupCode(SecretString);

impl BackupCode {
    /// Creates the codes of a user.
    ///
    /// # Errors
    /// [`ApiError::Internal`] if the system provides no random bytes.
    pub fn generate_all() -> Result<Vec<Self>, ApiError> {
        std::iter::repeat_with(Self::generate).take(COUNT).collect()
    }

    fn generate() -> Result<Self, ApiError> {
        let mut code = String::with_capacity(LENGTH + 1);
        while code.len() <= LENGTH {
            let mut byte = [0];
            rand::fill(&mut byte).map_err(|_| ApiError::Internal("no randomness".to_owned()))?;
            // Six bits. Those that name no character are drawn again, so that all characters are equally likely.
            if let Some(char) = ALPHABET.get(usize::from(byte[0] & 0x3f)) {
                if code.len() == HALF {
                    code.push('-');
                }
                code.push(char::from(*char));
            }
        }
        Ok(Self(code.into()))
    }

    /// The code in plain text, for its owner.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What the database stores of it, with the key of its user.
    pub fn hash(&self, key: &hmac::Key) -> Vec<u8> {
        hmac::sign(key, self.expose().as_bytes()).as_ref().to_vec()
    }
}

impl From<&str> for BackupCode {
    fn from(text: &str) -> Self {
        Self(text.to_owned().into())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_have_better_auths_form_and_do_not_repeat() {
        let codes = BackupCode::generate_all().ok().unwrap();
        let texts: HashSet<&str> = codes.iter().map(BackupCode::expose).collect();
        assert_eq!(texts.len(), COUNT);
        for text in texts {
            let (one, two) = text.split_once('-').unwrap();
            assert_eq!((one.len(), two.len()), (HALF, HALF), "{text}");
            assert!((one.to_owned() + two).bytes().all(|byte| ALPHABET.contains(&byte)), "{text}");
        }
    }
}
