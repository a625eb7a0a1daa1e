//! A signing key, parsed once.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeySize as RsaKeySize, PublicKeyComponents};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::ValueEnum;
use jsonwebtoken::{Algorithm, Header};
use serde::Serialize;

use super::error::SigningKeyError;
use super::jwk::PublicJwk;

/// The size of a new key. 2048 bits are the fastest, and approved by NIST SP 800-57 until 2030.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum KeySize {
    /// 2048 bits.
    #[default]
    #[value(name = "2048")]
    Bits2048,
    /// 3072 bits: approved beyond 2030, and slower to sign with.
    #[value(name = "3072")]
    Bits3072,
    /// 4096 bits: slower still.
    #[value(name = "4096")]
    Bits4096,
}

impl From<KeySize> for RsaKeySize {
    fn from(size: KeySize) -> Self {
        match size {
            KeySize::Bits2048 => Self::Rsa2048,
            KeySize::Bits3072 => Self::Rsa3072,
            KeySize::Bits4096 => Self::Rsa4096,
        }
    }
}

/// A private key that is ready to sign, and its public half.
pub struct SigningKey {
    pair: RsaKeyPair,
    jwk: PublicJwk,
}

/// A key that is not stored yet. Does not print.
pub struct NewKey {
    pub(super) key: SigningKey,
    /// Its PKCS#8 form, which is stored encrypted.
    pub(super) der: Vec<u8>,
}

impl NewKey {
    /// Generates a key. Takes from a tenth of a second to some seconds of computing, so it must not run where requests are
    /// served.
    pub fn generate(size: KeySize) -> Result<Self, SigningKeyError> {
        let pair = RsaKeyPair::generate(size.into())?;
        let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair)?.as_ref().to_vec();
        Ok(Self { key: pair.into(), der })
    }
}

impl From<RsaKeyPair> for SigningKey {
    /// Its `kid` is its RFC 7638 thumbprint.
    fn from(pair: RsaKeyPair) -> Self {
        let parts = PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
        let (n, e) = (URL_SAFE_NO_PAD.encode(parts.n), URL_SAFE_NO_PAD.encode(parts.e));
        Self { pair, jwk: PublicJwk::rsa(thumbprint(&n, &e), n, e) }
    }
}

impl SigningKey {
    /// Reads a key from its PKCS#8 DER form. Its `kid` is its RFC 7638 thumbprint, unless it is [`named`](Self::named).
    ///
    /// # Errors
    /// If it is not an RSA key of 2048 bits or more.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, SigningKeyError> {
        Ok(RsaKeyPair::from_pkcs8(der)?.into())
    }

    /// The same key under another `kid`: a key from another system keeps the one it had.
    #[must_use]
    pub fn named(mut self, kid: &str) -> Self {
        kid.clone_into(&mut self.jwk.kid);
        self
    }

    /// The `kid` header of its tokens.
    pub fn kid(&self) -> &str {
        &self.jwk.kid
    }

    /// The public half.
    pub fn jwk(&self) -> &PublicJwk {
        &self.jwk
    }

    /// Signs claims as a compact JWS (RFC 7515) with this `typ` header.
    ///
    /// # Errors
    /// If the claims are not JSON, or the system has no randomness for blinding.
    pub fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, SigningKeyError> {
        let failed = |error: &dyn std::fmt::Display| SigningKeyError::Signing(error.to_string());
        let mut header = Header::new(Algorithm::RS256);
        header.typ = Some(typ.to_owned());
        header.kid = Some(self.jwk.kid.clone());
        let header = serde_json::to_vec(&header).map_err(|error| failed(&error))?;
        let claims = serde_json::to_vec(claims).map_err(|error| failed(&error))?;

        let mut token =
            String::with_capacity(2 * (header.len() + claims.len()) + 2 * self.pair.public_modulus_len());
        URL_SAFE_NO_PAD.encode_string(header, &mut token);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), token.as_bytes(), &mut signature)
            .map_err(|error| failed(&error))?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}

/// The SHA-256 of the required members in lexical order (RFC 7638).
pub(super) fn thumbprint(n: &str, e: &str) -> String {
    let canonical = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
    URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thumbprint_is_the_one_of_rfc_7638() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiF\
                 V4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9\
                 c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1\
                 jF44-csFCur-kEgU8awapJzKnqDKgw";
        assert_eq!(thumbprint(n, "AQAB"), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn fr_013_the_published_key_verifies_the_signature() {
        for size in KeySize::value_variants() {
            verifies(*size);
        }
    }

    fn verifies(size: KeySize) {
        let NewKey { key, der } = NewKey::generate(size).unwrap();
        assert_eq!(key.jwk().bits(), size.to_possible_value().unwrap().get_name().parse().ok());
        let token = key.sign("at+jwt", &serde_json::json!({"sub": "alice"})).unwrap();
        let published = SigningKey::from_pkcs8(&der).unwrap();
        let jwk = published.jwk();
        let (n, e) = jwk.rsa_components().unwrap();
        let decoding = jsonwebtoken::DecodingKey::from_rsa_components(n, e).unwrap();
        let mut validation = jsonwebtoken::Validation::new(Algorithm::RS256);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        let read = jsonwebtoken::decode::<serde_json::Value>(&token, &decoding, &validation).unwrap();
        assert_eq!(read.claims["sub"], "alice");
        assert_eq!(read.header.kid.as_deref(), Some(jwk.kid.as_str()));
        assert_eq!(read.header.typ.as_deref(), Some("at+jwt"));
    }
}
