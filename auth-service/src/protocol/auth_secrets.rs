//! The secrets that sign cookies.

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use service_kit::secret::{SecretError, is_guessable};

/// Shorter keys than the output of HMAC-SHA-256 make it weaker (RFC 2104, section 3).
const MIN_SECRET_BYTES: usize = 32;
/// Minimum length of a secret that only verifies. It may come from another system. A session signature forged with it
/// is useless: the token that it signs must exist in the database, and has 190 bits or more. Other values require a
/// strong secret, see [`AuthSecrets::open_strong`].
const MIN_FORMER_SECRET_BYTES: usize = 16;

/// The secrets that sign cookies. The first one signs and all of them verify, so secrets can be rotated without
/// signing anyone out.
pub struct AuthSecrets(Vec<AuthSecret>);

struct AuthSecret {
    key: hmac::Key,
    /// Whether the secret cannot be guessed, so that a signature alone proves that this service created the value.
    strong: bool,
}

impl AuthSecrets {
    /// Reads the comma-separated list of `AUTH_SECRETS`.
    ///
    /// # Errors
    /// If the first secret is shorter than 32 bytes or easy to guess, or another one is shorter than 16 bytes.
    pub fn parse(list: &SecretString) -> Result<Self, SecretError> {
        let keys: Vec<&str> =
            list.expose_secret().split(',').map(str::trim).filter(|secret| !secret.is_empty()).collect();
        let signs = keys.first().is_some_and(|secret| secret.len() >= MIN_SECRET_BYTES);
        if !signs || keys.iter().any(|secret| secret.len() < MIN_FORMER_SECRET_BYTES) {
            let rule = format!(
                "the first secret of the comma-separated list, which signs, must have {MIN_SECRET_BYTES} bytes or \
                 more, and each other, which only verifies, {MIN_FORMER_SECRET_BYTES}"
            );
            return Err(SecretError::Weak { name: "AUTH_SECRETS", rule });
        }
        if keys.first().is_some_and(|secret| is_guessable(secret.as_bytes())) {
            let rule = "the first secret of the comma-separated list, which signs, must not repeat a few characters or one \
                        short text; create one with: openssl rand -hex 32"
                .to_owned();
            return Err(SecretError::Weak { name: "AUTH_SECRETS", rule });
        }
        let secret = |secret: &str| AuthSecret {
            key: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()),
            strong: secret.len() >= MIN_SECRET_BYTES && !is_guessable(secret.as_bytes()),
        };
        Ok(Self(keys.into_iter().map(secret).collect()))
    }

    /// Returns `value.signature`, signed with the first secret.
    pub(super) fn sign(&self, value: &str) -> String {
        let signature = self.0.first().map(|first| STANDARD.encode(hmac::sign(&first.key, value.as_bytes())));
        format!("{value}.{}", signature.unwrap_or_default())
    }

    /// Derives a key for `purpose` from the first secret. It changes when that secret changes.
    pub fn derive(&self, purpose: &str) -> hmac::Key {
        let secret =
            self.0.first().map(|first| hmac::sign(&first.key, format!("key for {purpose}").as_bytes()));
        hmac::Key::new(hmac::HMAC_SHA256, secret.as_ref().map_or(&[], AsRef::as_ref))
    }

    /// Returns the value of `value.signature` if any secret created the signature. For values that cannot be guessed.
    pub(super) fn open<'a>(&self, signed: &'a str) -> Option<&'a str> {
        self.open_with(signed, |_| true)
    }

    /// Like [`open`](Self::open), but accepts strong secrets only. For values that are trusted because of their
    /// signature.
    pub(super) fn open_strong<'a>(&self, signed: &'a str) -> Option<&'a str> {
        self.open_with(signed, |secret| secret.strong)
    }

    fn open_with<'a>(&self, signed: &'a str, counts: impl Fn(&AuthSecret) -> bool) -> Option<&'a str> {
        let (value, signature) = signed.rsplit_once('.')?;
        let signature = STANDARD.decode(signature).ok()?;
        let made_it = |secret: &AuthSecret| hmac::verify(&secret.key, value.as_bytes(), &signature).is_ok();
        self.0.iter().filter(|secret| counts(secret)).any(made_it).then_some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "research-secret-research-secret-0123456789";

    #[test]
    fn a_short_former_secret_opens_only_what_nobody_can_guess() {
        let parse = |list: &str| AuthSecrets::parse(&list.to_owned().into());
        let former = "sixteen-bytes-ok";
        let signature =
            STANDARD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, former.as_bytes()), b"value"));
        let signed = format!("value.{signature}");
        let secrets = parse(&format!("{SECRET},{former}")).unwrap();
        assert_eq!((secrets.open(&signed), secrets.open_strong(&signed)), (Some("value"), None));
        let own = secrets.sign("value");
        assert_eq!((secrets.open(&own), secrets.open_strong(&own)), (Some("value"), Some("value")));
        let repeated = "a".repeat(40);
        let signature =
            STANDARD.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, repeated.as_bytes()), b"value"));
        let secrets = parse(&format!("{SECRET},{repeated}")).unwrap();
        let signed = format!("value.{signature}");
        assert_eq!((secrets.open(&signed), secrets.open_strong(&signed)), (Some("value"), None));
    }

    #[test]
    fn a_secret_that_repeats_itself_does_not_sign() {
        for bad in ["a".repeat(64), "change-me-".repeat(5)] {
            let Err(error) = AuthSecrets::parse(&bad.clone().into()) else { panic!("{bad} accepted") };
            let text = error.to_string();
            assert!(text.starts_with("AUTH_SECRETS: ") && text.contains("repeat"), "{text}");
            assert!(!text.contains(&bad));
        }
    }

    #[test]
    fn a_short_secret_is_refused_by_name() {
        for bad in ["", "short", ",", &format!("{SECRET},short")] {
            let Err(error) = AuthSecrets::parse(&bad.to_owned().into()) else { panic!("{bad} accepted") };
            assert!(error.to_string().starts_with("AUTH_SECRETS: "), "{error}");
        }
        let former = "0123456789abcdef";
        let parse = |list: String| AuthSecrets::parse(&list.into()).is_ok();
        assert!(parse(format!("{SECRET},{former}")), "one that only verifies may be shorter");
        assert!(!parse(format!("{former},{SECRET}")), "one that signs may not");
        assert!(!parse(format!("{SECRET},{}", former.split_at(15).0)));
    }
}
