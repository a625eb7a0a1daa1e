//! Decrypts private keys and tokens of Better Auth: XChaCha20-Poly1305 with the SHA-256 of its secret as key, the nonce first, in
//! hexadecimal digits, optionally after the version of the secret.

use aws_lc_rs::digest::{SHA256, digest};
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretString};

/// The prefix of the secret's version, which a `$` ends.
const ENVELOPE: &str = "$ba$";
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// The secrets of a deployment. Each is tried in turn.
#[derive(Default)]
pub struct SourceSecrets(Vec<SecretString>);

impl SourceSecrets {
    /// Reads `BETTER_AUTH_SECRET` and the list `BETTER_AUTH_SECRETS`, in which each has its version: `2:new,1:old`.
    pub fn new(secret: Option<SecretString>, versioned: Option<&SecretString>) -> Self {
        let mut secrets: Vec<SecretString> = secret.into_iter().collect();
        let list = versioned.map_or("", |list| list.expose_secret());
        let listed = list.split(',').map(str::trim).filter_map(|entry| entry.split_once(':'));
        secrets.extend(listed.map(|(_, secret)| SecretString::from(secret.trim().to_owned())));
        secrets.retain(|secret| !secret.expose_secret().is_empty());
        Self(secrets)
    }

    /// Whether there are no secrets.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a text has the form of an encrypted one. A text of other digits, or of fewer, is in the clear.
    pub fn may_be_encrypted(text: &str) -> bool {
        let is_long = text.len() >= 2 * (NONCE_BYTES + TAG_BYTES);
        text.starts_with(ENVELOPE)
            || is_long && text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    }

    /// Decrypts a text, if one of the secrets does.
    pub fn decrypt(&self, encrypted: &str) -> Option<SecretString> {
        let digits = match encrypted.strip_prefix(ENVELOPE) {
            Some(rest) => rest.split_once('$')?.1,
            None => encrypted,
        };
        let bytes = from_hex(digits)?;
        let (nonce, text) = bytes.split_at_checked(NONCE_BYTES)?;
        let nonce = XNonce::try_from(nonce).ok()?;
        self.0.iter().find_map(|secret| {
            let key = digest(&SHA256, secret.expose_secret().as_bytes());
            let cipher = XChaCha20Poly1305::new_from_slice(key.as_ref()).ok()?;
            let decrypted = cipher.decrypt(&nonce, text).ok()?;
            String::from_utf8(decrypted).ok().map(SecretString::from)
        })
    }
}

fn from_hex(digits: &str) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = digits.as_bytes().chunks_exact(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The output of better-auth 1.7.25: `symmetricEncrypt({key: "research-secret-research-secret-0123456789", data: "{}"})`.
    const ENCRYPTED: &str =
        "4b8eb54d685b4dc3f03fc8ee2d6255718376e80196c5bf55c45a0ea81d693b461202077c23e6b97c9326";
    const SECRET: &str = "research-secret-research-secret-0123456789";

    fn secrets(list: &[&str]) -> SourceSecrets {
        SourceSecrets(list.iter().map(|&secret| secret.to_owned().into()).collect())
    }

    fn decrypt(secrets: &SourceSecrets, text: &str) -> Option<String> {
        secrets.decrypt(text).map(|text| text.expose_secret().to_owned())
    }

    #[test]
    fn a_key_is_decrypted_by_the_secret_that_encrypted_it_only() {
        assert_eq!(decrypt(&secrets(&["other", SECRET]), ENCRYPTED).as_deref(), Some("{}"));
        let in_envelope = format!("$ba$2${ENCRYPTED}");
        assert_eq!(decrypt(&secrets(&[SECRET]), &in_envelope).as_deref(), Some("{}"));
        assert_eq!(decrypt(&secrets(&["other"]), ENCRYPTED), None);
        assert_eq!(decrypt(&secrets(&[]), ENCRYPTED), None);
        for bad in ["", "$ba$", "$ba$2", "zz", "00", "0", &ENCRYPTED[2..], &ENCRYPTED.replace('a', "b")] {
            assert_eq!(decrypt(&secrets(&[SECRET]), bad), None, "{bad}");
        }
    }

    #[test]
    fn secrets_are_set_alone_or_as_a_list_with_versions() {
        let both = SourceSecrets::new(
            Some("plain".to_owned().into()),
            Some(&"2:new:with colon, 1:old,".to_owned().into()),
        );
        let all: Vec<&str> = both.0.iter().map(ExposeSecret::expose_secret).collect();
        assert_eq!(all, ["plain", "new:with colon", "old"]);
        assert!(SourceSecrets::new(Some(String::new().into()), None).is_empty());
    }
}
