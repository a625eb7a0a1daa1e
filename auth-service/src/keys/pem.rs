//! Keys that are imported from PEM files (RFC 7468).

use rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey};
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{RsaPrivateKey, RsaPublicKey};
use secrecy::{ExposeSecret, SecretString};

use super::error::KeyError;
use super::jwk::{PublicJwk, encoded};
use super::model::thumbprint;

/// The minimum size in bits that RS256 needs (RFC 7518, section 3.3).
const SMALLEST: usize = 2048;

/// A key from a PEM file. Does not print.
pub enum PemKey {
    /// The PKCS#8 DER form of a private key.
    Private(Vec<u8>),
    /// A public key, whose `kid` is its RFC 7638 thumbprint.
    Public(PublicJwk),
}

impl PemKey {
    /// Reads the only key of a file: PKCS#8 or PKCS#1, private or public, RSA.
    ///
    /// # Errors
    /// Says what is wrong with the file, and nothing of the key.
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
                "the file holds a {other}, not an RSA key: PRIVATE KEY, RSA PRIVATE KEY, PUBLIC KEY or RSA PUBLIC KEY"
            ))),
        }
    }
}

/// The label of the only document in the file.
fn label(text: &str) -> Result<&str, KeyError> {
    let mut labels = text.lines().filter_map(|line| {
        line.trim().strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----"))
    });
    match (labels.next(), labels.next()) {
        (Some(label), None) => Ok(label),
        (Some(_), Some(_)) => Err(refused("the file holds more than one PEM document".to_owned())),
        (None, _) => Err(refused("the file is not PEM: it has no line -----BEGIN ...-----".to_owned())),
    }
}

fn private(key: RsaPrivateKey) -> Result<PemKey, KeyError> {
    large_enough(key.size_in_bits())?;
    let sound = key.validate().is_ok() && key.primes().len() == 2;
    let document = key.to_pkcs8_der().ok().filter(|_| sound);
    let document = document.ok_or_else(|| refused("the numbers of the key are not an RSA key".to_owned()))?;
    Ok(PemKey::Private(document.as_bytes().to_vec()))
}

fn public(key: &RsaPublicKey) -> Result<PemKey, KeyError> {
    large_enough(key.size_in_bits())?;
    let (n, e) = (encoded(key.n()), encoded(key.e()));
    Ok(PemKey::Public(PublicJwk::rsa(thumbprint(&n, &e), n, e)))
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

fn encrypted() -> KeyError {
    refused(
        "the key is encrypted: decrypt it first, as with `openssl pkey -in key.pem -out plain.pem`"
            .to_owned(),
    )
}

fn no_key(error: &dyn std::fmt::Display) -> KeyError {
    refused(format!("the file holds no usable RSA key: {error}"))
}

fn refused(text: String) -> KeyError {
    KeyError::Refused(text)
}

#[cfg(test)]
mod tests {
    use rsa::pkcs1::{EncodeRsaPrivateKey, EncodeRsaPublicKey};
    use rsa::pkcs8::{EncodePublicKey, LineEnding};

    use super::super::model::{KeySize, NewKey, SigningKey};
    use super::*;

    fn read(text: &str) -> Result<PemKey, String> {
        PemKey::read(&text.to_owned().into()).map_err(|error| error.to_string())
    }

    #[test]
    fn all_four_forms_of_an_rsa_key_are_read() {
        let NewKey { key: ours, der } = NewKey::generate(KeySize::default()).unwrap();
        let key = RsaPrivateKey::from_pkcs8_der(&der).unwrap();
        let ending = LineEnding::CRLF;
        for text in [key.to_pkcs8_pem(ending).unwrap(), key.to_pkcs1_pem(ending).unwrap()] {
            let Ok(PemKey::Private(read)) = read(&text) else { panic!("refused") };
            assert_eq!(SigningKey::from_pkcs8(&read).unwrap().kid(), ours.kid());
        }
        let public = key.to_public_key();
        for text in [public.to_public_key_pem(ending).unwrap(), public.to_pkcs1_pem(ending).unwrap()] {
            let Ok(PemKey::Public(jwk)) = read(&text) else { panic!("refused") };
            assert_eq!(&jwk, ours.jwk());
            assert_eq!(jwk.bits(), Some(2048));
            let written = jwk.to_pem().unwrap();
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
            ("", "not PEM"),
            ("nonsense", "not PEM"),
            (pem("ENCRYPTED PRIVATE KEY").as_str(), "encrypted"),
            (legacy, "encrypted"),
            (&pem("CERTIFICATE"), "holds a CERTIFICATE"),
            (&pem("EC PRIVATE KEY"), "holds a EC PRIVATE KEY"),
            (&pem("PRIVATE KEY"), "no usable RSA key"),
            (&pem("PUBLIC KEY"), "no usable RSA key"),
            (&small, "1024 bits"),
            (&twice, "more than one"),
        ] {
            let Err(error) = read(text) else { panic!("{text} was taken") };
            assert!(error.contains(reason), "{text}: {error}");
            assert!(!error.contains(body), "{error}");
        }
    }
}
