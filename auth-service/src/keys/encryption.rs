//! Encryption of private keys at rest: AES-256-GCM with a fresh nonce, bound to their `kid`.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use service_kit::secret::{SecretError, is_guessable};

use super::error::EncryptionError;

/// The length of an AES-256 key.
const KEY_BYTES: usize = 32;

/// The keys that encrypt private keys. The first encrypts and all decrypt, so that it can be replaced.
pub struct KeyEncryptionKeys(Vec<RandomizedNonceKey>);

impl KeyEncryptionKeys {
    /// Reads the comma-separated list of `KEY_ENCRYPTION_KEYS`.
    ///
    /// # Errors
    /// If a key is not the base64 of 32 bytes, or the first is easy to guess. The others may be: they only decrypt what is
    /// encrypted again with the first.
    pub fn parse(list: &SecretString) -> Result<Self, SecretError> {
        let texts = list.expose_secret().split(',').map(str::trim).filter(|text| !text.is_empty());
        let mut encrypts = true;
        let keys: Option<Vec<_>> = texts
            .map(|text| {
                let bytes = STANDARD.decode(text).ok().filter(|bytes| bytes.len() == KEY_BYTES)?;
                let is_random = !std::mem::take(&mut encrypts) || !is_guessable(&bytes);
                is_random.then(|| RandomizedNonceKey::new(&AES_256_GCM, &bytes).ok()).flatten()
            })
            .collect();
        keys.filter(|keys| !keys.is_empty()).map(Self).ok_or_else(|| {
            let rule = format!(
                "each key of the comma-separated list must be the base64 of {KEY_BYTES} random bytes, such as from: \
                 openssl rand -base64 32; the first, which encrypts, must not repeat a few bytes or one short text"
            );
            SecretError::Weak { name: "KEY_ENCRYPTION_KEYS", rule }
        })
    }

    /// Encrypts `secret`. Only the same `kid` decrypts the result.
    pub fn seal(&self, kid: &str, secret: &[u8]) -> Result<Vec<u8>, EncryptionError> {
        let key = self.0.first().ok_or(EncryptionError)?;
        let mut text = secret.to_vec();
        let nonce = key.seal_in_place_append_tag(Aad::from(kid), &mut text).map_err(|_| EncryptionError)?;
        let mut sealed = nonce.as_ref().to_vec();
        sealed.append(&mut text);
        Ok(sealed)
    }

    /// Decrypts what [`seal`](Self::seal) returned, with the first key that fits.
    pub fn open(&self, kid: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        self.0.iter().find_map(|key| {
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let mut text = text.to_vec();
            let length = key.open_in_place(nonce, Aad::from(kid), &mut text).ok()?.len();
            text.truncate(length);
            Some(text)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys that count up from these bytes.
    fn keys(bytes: &[u8]) -> KeyEncryptionKeys {
        let key = |from: &u8| (*from..).take(KEY_BYTES).collect::<Vec<u8>>();
        let list: Vec<String> = bytes.iter().map(|from| STANDARD.encode(key(from))).collect();
        KeyEncryptionKeys::parse(&list.join(",").into()).unwrap()
    }

    #[test]
    fn only_the_same_key_and_kid_open() {
        let sealed = keys(&[1]).seal("kid-1", b"secret").unwrap();
        assert_eq!(keys(&[1]).open("kid-1", &sealed).as_deref(), Some(&b"secret"[..]));
        assert_eq!(
            keys(&[2, 1]).open("kid-1", &sealed).as_deref(),
            Some(&b"secret"[..]),
            "an older key still opens"
        );
        assert_eq!(keys(&[1]).open("kid-2", &sealed), None, "moved to another row");
        assert_eq!(keys(&[2]).open("kid-1", &sealed), None);
        assert_eq!(keys(&[1]).open("kid-1", &sealed[..20]), None);
        assert_eq!(keys(&[1]).open("kid-1", b""), None);
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
    }

    #[test]
    fn a_key_that_repeats_itself_only_decrypts() {
        let (zero, random) =
            (STANDARD.encode([0; KEY_BYTES]), STANDARD.encode(b"0b8f5c0e4d3a29171f6e2d4c8b7a9053"));
        let parse = |list: String| KeyEncryptionKeys::parse(&list.into()).is_ok();
        assert!(!parse(zero.clone()) && !parse(format!("{zero},{random}")));
        assert!(parse(format!("{random},{zero}")), "until everything is encrypted under the other");
        assert!(!parse(STANDARD.encode([0xa5; KEY_BYTES])));
        assert!(!parse(
            STANDARD.encode(b"0123456789012345678901234567890123456789".get(..KEY_BYTES).unwrap())
        ));
    }

    #[test]
    fn a_bad_key_is_refused_by_name() {
        for bad in ["", "short", &STANDARD.encode([0; 31]), &format!("{},x", STANDARD.encode([0; 32]))] {
            let Err(error) = KeyEncryptionKeys::parse(&bad.to_owned().into()) else {
                panic!("{bad} accepted")
            };
            assert!(error.to_string().starts_with("KEY_ENCRYPTION_KEYS: "), "{error}");
        }
    }
}
