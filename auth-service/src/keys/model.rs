//! A signing key, parsed once.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::PublicKeyComponents;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::ValueEnum;
use jsonwebtoken::{Algorithm, Header};
use rsa::RsaPrivateKey;
use rsa::pkcs8::EncodePrivateKey;
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;

/// The size of a new key. 2048 bits are what NIST SP 800-57 holds good until 2030, and the fastest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum KeySize {
    /// 2048 bits.
    #[default]
    #[value(name = "2048")]
    Bits2048,
    /// 3072 bits: good beyond 2030, and slower to sign with.
    #[value(name = "3072")]
    Bits3072,
    /// 4096 bits: slower still.
    #[value(name = "4096")]
    Bits4096,
}

impl KeySize {
    fn bits(self) -> usize {
        match self {
            Self::Bits2048 => 2048,
            Self::Bits3072 => 3072,
            Self::Bits4096 => 4096,
        }
    }
}

/// A private key ready to sign, and its public half as others see it.
pub struct SigningKey {
    pair: RsaKeyPair,
    jwk: PublicJwk,
}

/// A public key of the JWKS (RFC 7517).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PublicJwk {
    /// The key's id, which tokens have in their `kid` header.
    pub kid: String,
    /// The key type: `RSA`.
    kty: &'static str,
    /// The algorithm: `RS256`.
    alg: &'static str,
    /// The use: `sig`, for signatures.
    #[serde(rename = "use")]
    #[schema(rename = "use")]
    purpose: &'static str,
    /// The modulus: its big-endian bytes in base64url.
    n: String,
    /// The exponent, in the same encoding.
    e: String,
}

impl SigningKey {
    /// Makes a new key and returns it with its PKCS#8 DER form, which is to be stored encrypted. Takes from a tenth of
    /// a second to some seconds of computing, so it must not run where requests are served.
    ///
    /// # Errors
    /// When the key cannot be made.
    pub fn generate(size: KeySize) -> Result<(Self, Vec<u8>), ApiError> {
        let failed = |error: &dyn std::fmt::Display| ApiError::Internal(format!("key generation: {error}"));
        let key =
            RsaPrivateKey::new(&mut rsa::rand_core::OsRng, size.bits()).map_err(|error| failed(&error))?;
        let document = key.to_pkcs8_der().map_err(|error| failed(&error))?;
        let der = document.as_bytes().to_vec();
        Ok((Self::from_pkcs8(&der)?, der))
    }

    /// Reads a key from its PKCS#8 DER form. Its `kid` is its RFC 7638 thumbprint, unless it is given another.
    ///
    /// # Errors
    /// When it is no RSA key of 2048 bits or more.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, ApiError> {
        let pair = RsaKeyPair::from_pkcs8(der)
            .map_err(|error| ApiError::Internal(format!("not a usable RSA private key: {error}")))?;
        let parts = PublicKeyComponents::<Vec<u8>>::from(pair.public_key());
        let (n, e) = (URL_SAFE_NO_PAD.encode(parts.n), URL_SAFE_NO_PAD.encode(parts.e));
        let jwk = PublicJwk { kid: thumbprint(&n, &e), kty: "RSA", alg: "RS256", purpose: "sig", n, e };
        Ok(Self { pair, jwk })
    }

    /// The same key, known by another name: one that came from elsewhere keeps the name it had.
    #[must_use]
    pub fn named(mut self, kid: &str) -> Self {
        kid.clone_into(&mut self.jwk.kid);
        self
    }

    /// What tokens name it by.
    pub fn kid(&self) -> &str {
        &self.jwk.kid
    }

    /// The public half.
    pub fn jwk(&self) -> &PublicJwk {
        &self.jwk
    }

    /// Signs claims as a compact JWS (RFC 7515) whose header says `typ`.
    ///
    /// # Errors
    /// When the claims are no JSON, or the system has no randomness for blinding.
    pub fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<String, ApiError> {
        let failed = |error: &dyn std::fmt::Display| ApiError::Internal(format!("signing: {error}"));
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
        let (key, der) = SigningKey::generate(size).ok().unwrap();
        assert_eq!(URL_SAFE_NO_PAD.decode(&key.jwk().n).unwrap().len() * 8, size.bits());
        let token = key.sign("at+jwt", &serde_json::json!({"sub": "alice"})).ok().unwrap();
        let published = SigningKey::from_pkcs8(&der).ok().unwrap();
        let jwk = published.jwk();
        let decoding = jsonwebtoken::DecodingKey::from_rsa_components(&jwk.n, &jwk.e).unwrap();
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
