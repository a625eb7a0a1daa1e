//! Keys in PEM files (RFC 7468): those that come in, and public halves for who wants a file.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey};
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BigUint, RsaPrivateKey, RsaPublicKey};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::error::KeyError;
use super::jwk::{RS256, published};
use super::model::thumbprint;

/// The smallest key that is taken, in bits: what RS256 needs (RFC 7518, section 3.3).
const SMALLEST: usize = 2048;

/// A key out of a PEM file. Does not print.
pub enum PemKey {
    /// The PKCS#8 DER form of a private key.
    Private(Vec<u8>),
    /// A public key.
    Public {
        /// Its RFC 7638 thumbprint.
        thumbprint: String,
        /// As the JWKS shows it.
        jwk: Value,
    },
}

impl PemKey {
    /// Reads the one key of a file: PKCS#8 or PKCS#1, private or public, RSA.
    ///
    /// # Errors
    /// What is wrong with it. Nothing of the key is said.
    pub fn read(text: &SecretString) -> Result<Self, KeyError> {
        let text = text.expose_secret().trim();
        match label(text)? {
            "PRIVATE KEY" => private(RsaPrivateKey::from_pkcs8_pem(text).map_err(|error| no_key(&error))?),
            "RSA PRIVATE KEY" if text.contains("ENCRYPTED") => Err(encrypted()),
            "RSA PRIVATE KEY" => {
                private(RsaPrivateKey::from_pkcs1_pem(text).map_err(|error| no_key(&error))?)
            }
            "PUBLIC KEY" => public(&RsaPublicKey::from_public_key_pem(text).map_err(|error| no_key(&error))?),
            "RSA PUBLIC KEY" => public(&RsaPublicKey::from_pkcs1_pem(text).map_err(|error| no_key(&error))?),
            "ENCRYPTED PRIVATE KEY" => Err(encrypted()),
            other => Err(refused(format!(
                "the file holds a {other}, and no RSA key: PRIVATE KEY, RSA PRIVATE KEY, PUBLIC KEY or RSA PUBLIC KEY"
            ))),
        }
    }
}

/// What the file says it holds.
fn label(text: &str) -> Result<&str, KeyError> {
    let mut labels = text.lines().filter_map(|line| {
        line.trim().strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----"))
    });
    match (labels.next(), labels.next()) {
        (Some(label), None) => Ok(label),
        (Some(_), Some(_)) => Err(refused("the file holds more than one PEM document".to_owned())),
        (None, _) => Err(refused("the file holds no PEM document: no -----BEGIN ...----- in it".to_owned())),
    }
}

fn private(key: RsaPrivateKey) -> Result<PemKey, KeyError> {
    large_enough(key.size_in_bits())?;
    let sound = key.validate().is_ok() && key.primes().len() == 2;
    let document = key.to_pkcs8_der().ok().filter(|_| sound);
    let document = document.ok_or_else(|| refused("the numbers of the key make no RSA key".to_owned()))?;
    Ok(PemKey::Private(document.as_bytes().to_vec()))
}

fn public(key: &RsaPublicKey) -> Result<PemKey, KeyError> {
    large_enough(key.size_in_bits())?;
    let text = |number: &BigUint| URL_SAFE_NO_PAD.encode(number.to_bytes_be());
    let (n, e) = (text(key.n()), text(key.e()));
    let thumbprint = thumbprint(&n, &e);
    let shown = published(&json!({"kty": "RSA", "n": n, "e": e}), &thumbprint, Some(RS256));
    let (_, jwk) = shown.ok_or_else(|| refused("the key cannot be shown as a JWK".to_owned()))?;
    Ok(PemKey::Public { thumbprint, jwk })
}

trait SizeInBits {
    fn size_in_bits(&self) -> usize;
}

impl<K: PublicKeyParts> SizeInBits for K {
    fn size_in_bits(&self) -> usize {
        self.n().bits()
    }
}

fn large_enough(bits: usize) -> Result<(), KeyError> {
    if bits >= SMALLEST {
        return Ok(());
    }
    Err(refused(format!("the key has {bits} bits, and RS256 needs {SMALLEST} or more")))
}

/// An RSA key as `PUBLIC KEY`; `None` for a key of another type.
pub fn public_pem(jwk: &Value) -> Option<String> {
    rsa_public(jwk)?.to_public_key_pem(LineEnding::LF).ok()
}

/// The size of an RSA key in bits.
pub fn bits(jwk: &Value) -> Option<usize> {
    Some(number(jwk, "n")?.bits())
}

fn rsa_public(jwk: &Value) -> Option<RsaPublicKey> {
    RsaPublicKey::new(number(jwk, "n")?, number(jwk, "e")?).ok()
}

fn number(jwk: &Value, name: &str) -> Option<BigUint> {
    let bytes = URL_SAFE_NO_PAD.decode(jwk.get(name)?.as_str()?).ok()?;
    Some(BigUint::from_bytes_be(&bytes))
}

fn encrypted() -> KeyError {
    refused(
        "the key is encrypted: decrypt it first, as with `openssl pkey -in key.pem -out plain.pem`"
            .to_owned(),
    )
}

fn no_key(error: &dyn std::fmt::Display) -> KeyError {
    refused(format!("the file holds no RSA key that can be used: {error}"))
}

fn refused(text: String) -> KeyError {
    KeyError::Refused(text)
}

#[cfg(test)]
mod tests {
    use rsa::pkcs1::{EncodeRsaPrivateKey, EncodeRsaPublicKey};

    use super::*;
    use crate::keys::{KeySize, SigningKey};

    fn read(text: &str) -> Result<PemKey, String> {
        PemKey::read(&text.to_owned().into()).map_err(|error| error.to_string())
    }

    #[test]
    fn all_four_forms_of_an_rsa_key_are_read() {
        let (ours, der) = SigningKey::generate(KeySize::default()).ok().unwrap();
        let key = RsaPrivateKey::from_pkcs8_der(&der).unwrap();
        let ending = LineEnding::CRLF;
        for text in [key.to_pkcs8_pem(ending).unwrap(), key.to_pkcs1_pem(ending).unwrap()] {
            let Ok(PemKey::Private(read)) = read(&text) else { panic!("refused") };
            assert_eq!(SigningKey::from_pkcs8(&read).ok().unwrap().kid(), ours.kid());
        }
        let public = key.to_public_key();
        for text in [public.to_public_key_pem(ending).unwrap(), public.to_pkcs1_pem(ending).unwrap()] {
            let Ok(PemKey::Public { thumbprint, jwk }) = read(&text) else { panic!("refused") };
            assert_eq!(thumbprint, ours.kid());
            assert_eq!(jwk, serde_json::to_value(ours.jwk()).unwrap());
            assert_eq!(bits(&jwk), Some(2048));
            let written = public_pem(&jwk).unwrap();
            assert_eq!(RsaPublicKey::from_public_key_pem(&written).unwrap(), public);
        }
    }

    #[test]
    fn what_is_no_plain_rsa_key_is_refused_with_the_reason() {
        let body = "MAo=";
        let pem = |label: &str| format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n");
        let small = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 1024).unwrap();
        let small = small.to_pkcs8_pem(LineEnding::LF).unwrap().to_string();
        let twice = format!("{}{}", pem("PUBLIC KEY"), pem("PRIVATE KEY"));
        let legacy =
            "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMAo=\n-----END RSA PRIVATE KEY-----";
        for (text, reason) in [
            ("", "no PEM document"),
            ("nonsense", "no PEM document"),
            (pem("ENCRYPTED PRIVATE KEY").as_str(), "encrypted"),
            (legacy, "encrypted"),
            (&pem("CERTIFICATE"), "holds a CERTIFICATE"),
            (&pem("EC PRIVATE KEY"), "holds a EC PRIVATE KEY"),
            (&pem("PRIVATE KEY"), "no RSA key"),
            (&pem("PUBLIC KEY"), "no RSA key"),
            (&small, "1024 bits"),
            (&twice, "more than one"),
        ] {
            let Err(error) = read(text) else { panic!("{text} was taken") };
            assert!(error.contains(reason), "{text}: {error}");
            assert!(!error.contains(body), "{error}");
        }
    }
}
