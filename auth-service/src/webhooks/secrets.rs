//! Secrets of registered receivers, encrypted at rest.

use secrecy::{ExposeSecret, SecretString};

use crate::keys::{EncryptionError, KeyEncryptionKeys};

/// Encrypts and decrypts the secrets of receivers. Each is bound to the id of its receiver.
#[derive(Clone, Copy)]
pub(super) struct Secrets<'a>(pub(super) &'a KeyEncryptionKeys);

impl Secrets<'_> {
    /// Encrypts the secret of the receiver `id`.
    pub(super) fn seal(self, id: &str, secret: &SecretString) -> Result<Vec<u8>, EncryptionError> {
        self.0.seal(&row(id), secret.expose_secret().as_bytes())
    }

    /// Decrypts the secret of the receiver `id`; `None` if none of the keys does.
    pub(super) fn open(self, id: &str, sealed: &[u8]) -> Option<SecretString> {
        String::from_utf8(self.0.open(&row(id), sealed)?).ok().map(SecretString::from)
    }
}

/// What a secret is bound to: not the id alone, which a mail could have too.
fn row(id: &str) -> String {
    format!("webhook-receiver:{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_for_its_own_receiver_only() {
        let key = "q83vEjRWeJASNFZ4kKvN76vN7xI0VniQEjRWeJCrze8=".to_owned();
        let keys = KeyEncryptionKeys::parse(&key.into()).unwrap();
        let secrets = Secrets(&keys);
        let sealed = secrets.seal("a", &"whsec_1".to_owned().into()).unwrap();
        assert_eq!(secrets.open("a", &sealed).unwrap().expose_secret(), "whsec_1");
        assert!(secrets.open("b", &sealed).is_none());
        assert!(keys.open("a", &sealed).is_none());
    }
}
