//! Second factors, as a source describes them and as they are stored here.

use data_encoding::BASE32_NOPAD;
use secrecy::{ExposeSecret, SecretString};

use super::reason::Note;
use crate::error::ApiError;
use crate::second_factors::{BackupCode, FactorSecret, TotpKey};

/// The prefix of keys that Better Auth has imported itself. Its own are used as they are.
const BASE32_PREFIX: &str = "base32:";

/// The second factor of an account as its source describes it. The default is none.
#[derive(Default)]
pub enum ForeignFactor {
    #[default]
    None,
    /// There is one that cannot be imported.
    Lost,
    /// Codes by mail.
    Mail,
    /// An authenticator app.
    App {
        key: TotpKey,
        /// The backup codes that are left; `None` if they cannot be read.
        backup_codes: Option<Vec<BackupCode>>,
    },
}

/// The secrets of a second factor, ready to be encrypted and stored.
pub struct ImportedFactor {
    pub secret: FactorSecret,
    /// The hashes of the backup codes.
    pub code_hashes: Vec<Vec<u8>>,
}

impl ForeignFactor {
    /// The app whose key is this text of Better Auth's, in the clear. `Lost` if it is not a key.
    pub fn app(key: &SecretString, backup_codes: Option<Vec<BackupCode>>) -> Self {
        let key = match key.expose_secret().strip_prefix(BASE32_PREFIX) {
            Some(text) => base32(text),
            None => Some(TotpKey::from_bytes(key.expose_secret().as_bytes().to_vec())),
        };
        match key.filter(|key| !key.expose().is_empty()) {
            Some(key) => Self::App { key, backup_codes },
            None => Self::Lost,
        }
    }

    /// Whether a sign-in asks for it, and its secrets. Notes what is not imported.
    pub fn usable(self, notes: &mut Vec<Note>) -> Result<(bool, Option<ImportedFactor>), ApiError> {
        let (key, backup_codes) = match self {
            Self::None => return Ok((false, None)),
            Self::Lost => {
                notes.push(Note::SecondFactorLost);
                return Ok((false, None));
            }
            Self::Mail => {
                notes.push(Note::SecondFactorByMail);
                return Ok((true, None));
            }
            Self::App { key, backup_codes } => (key, backup_codes),
        };
        if backup_codes.is_none() {
            notes.push(Note::BackupCodesLost);
        }
        let secret = FactorSecret::new(Some(key))?;
        let hash = |code: &BackupCode| code.hash(&secret.code_key());
        let code_hashes = backup_codes.iter().flatten().map(hash).collect();
        Ok((true, Some(ImportedFactor { secret, code_hashes })))
    }
}

/// Reads a key in Base32, in upper or lower case, with or without padding.
pub fn base32(text: &str) -> Option<TotpKey> {
    let text = text.trim_end_matches('=').to_ascii_uppercase();
    BASE32_NOPAD.decode(text.as_bytes()).ok().map(TotpKey::from_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(text: &str) -> ForeignFactor {
        ForeignFactor::app(&text.to_owned().into(), None)
    }

    #[test]
    fn keys_are_text_or_base32() {
        for (text, bytes) in [("ABC", &b"ABC"[..]), ("base32:mfrgg===", b"abc"), ("base32:MFRGG", b"abc")] {
            let ForeignFactor::App { key, .. } = app(text) else { panic!("{text}") };
            assert_eq!(key.expose(), bytes, "{text}");
        }
        for lost in ["", "base32:", "base32:1", "base32:!"] {
            assert!(matches!(app(lost), ForeignFactor::Lost), "{lost}");
        }
    }

    #[test]
    fn what_is_not_imported_is_noted() {
        let noted = |factor: ForeignFactor| {
            let mut notes = Vec::new();
            let (asks, factor) = factor.usable(&mut notes).ok().unwrap();
            (asks, factor.map(|factor| factor.code_hashes.len()), notes)
        };
        assert_eq!(noted(ForeignFactor::None), (false, None, vec![]));
        assert_eq!(noted(ForeignFactor::Lost), (false, None, vec![Note::SecondFactorLost]));
        assert_eq!(noted(ForeignFactor::Mail), (true, None, vec![Note::SecondFactorByMail]));
        assert_eq!(noted(app("key")), (true, Some(0), vec![Note::BackupCodesLost]));
        let codes = Some(vec![BackupCode::from("aaaaa-aaaaa")]);
        let whole = ForeignFactor::app(&"key".to_owned().into(), codes);
        assert_eq!(noted(whole), (true, Some(1), vec![]));
    }
}
