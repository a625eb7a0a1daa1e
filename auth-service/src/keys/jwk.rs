//! Keys as JWKs (RFC 7517, 7518, 8037).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BigUint, RsaPrivateKey, RsaPublicKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// The only algorithm that signs here.
pub const RS256: &str = "RS256";

/// The maximum length of a `kid`, in bytes.
const MAX_KID: usize = 128;

/// Whether a key from another system can keep this `kid`.
pub fn is_usable_kid(kid: &str) -> bool {
    (1..=MAX_KID).contains(&kid.len()) && kid.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A public key of the JWKS (RFC 7517).
// It has no private members, so that none can be published. In lexical order, as PostgreSQL's and serde_json's objects are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PublicJwk {
    /// The algorithm: `RS256`.
    pub alg: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    crv: Option<String>,
    /// The exponent, in the same encoding.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = true)]
    e: Option<String>,
    /// The key's id, which tokens have in their `kid` header.
    pub kid: String,
    /// The key type: `RSA`.
    kty: String,
    /// The modulus: its big-endian bytes in base64url.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = true)]
    n: Option<String>,
    /// The use: `sig`, for signatures.
    #[serde(rename = "use")]
    #[schema(rename = "use")]
    purpose: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    x: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    y: Option<String>,
}

impl PublicJwk {
    /// An RSA key that verifies RS256, from the base64url of its modulus and exponent.
    pub(super) fn rsa(kid: String, n: String, e: String) -> Self {
        Self {
            alg: RS256.to_owned(),
            crv: None,
            e: Some(e),
            kid,
            kty: "RSA".to_owned(),
            n: Some(n),
            purpose: "sig".to_owned(),
            x: None,
            y: None,
        }
    }

    /// The public half of a JWK from another system, as our JWKS publishes it. `algorithm` is what its owner uses it for;
    /// without it the key's own `alg` or type decides. `None` unless it is a public signature key.
    pub fn from_foreign(jwk: &Value, kid: &str, algorithm: Option<&str>) -> Option<Self> {
        let text = |name: &str| jwk.get(name)?.as_str().map(str::to_owned);
        let kty = text("kty")?;
        let (default, members): (_, &[&str]) = match (kty.as_str(), text("crv").as_deref()) {
            ("RSA", _) => (RS256, &["n", "e"]),
            ("EC", Some("P-256")) => ("ES256", &["crv", "x", "y"]),
            ("EC", Some("P-384")) => ("ES384", &["crv", "x", "y"]),
            ("EC", Some("P-521")) => ("ES512", &["crv", "x", "y"]),
            ("OKP", Some("Ed25519" | "Ed448")) => ("EdDSA", &["crv", "x"]),
            _ => return None,
        };
        // `Some(None)` for a member that keys of this type do not have.
        let member = |name| if members.contains(&name) { text(name).map(Some) } else { Some(None) };
        Some(Self {
            alg: algorithm.map(str::to_owned).or_else(|| text("alg")).unwrap_or_else(|| default.to_owned()),
            crv: member("crv")?,
            e: member("e")?,
            kid: kid.to_owned(),
            n: member("n")?,
            purpose: "sig".to_owned(),
            x: member("x")?,
            y: member("y")?,
            kty,
        })
    }

    /// The base64url of the modulus and exponent of an RSA key.
    pub fn rsa_components(&self) -> Option<(&str, &str)> {
        self.n.as_deref().zip(self.e.as_deref())
    }

    /// Whether these are the same RSA key, whatever their `kid`.
    pub(super) fn has_modulus_of(&self, other: &Self) -> bool {
        self.n.is_some() && self.n == other.n
    }

    /// An RSA key as `PUBLIC KEY`; `None` for a key of another type.
    pub fn to_pem(&self) -> Option<String> {
        let (n, e) = self.rsa_components()?;
        RsaPublicKey::new(number(n)?, number(e)?).ok()?.to_public_key_pem(LineEnding::LF).ok()
    }

    /// The size of an RSA key in bits.
    pub fn bits(&self) -> Option<usize> {
        Some(number(self.n.as_deref()?)?.bits())
    }
}

/// An RSA private key (RFC 7518, section 6.3.2). Does not print.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PrivateJwk {
    alg: String,
    d: String,
    dp: String,
    dq: String,
    e: String,
    kid: String,
    kty: String,
    n: String,
    p: String,
    q: String,
    qi: String,
    #[serde(rename = "use")]
    purpose: String,
}

impl PrivateJwk {
    /// The PKCS#8 DER form; `None` when the numbers are not a key.
    pub fn to_pkcs8(&self) -> Option<Vec<u8>> {
        let primes = vec![number(&self.p)?, number(&self.q)?];
        let key =
            RsaPrivateKey::from_components(number(&self.n)?, number(&self.e)?, number(&self.d)?, primes)
                .ok()?;
        key.validate().ok()?;
        Some(key.to_pkcs8_der().ok()?.as_bytes().to_vec())
    }
}

/// An RSA private key in the forms that other systems read. Does not print.
pub struct ExportedKey {
    /// PKCS#8.
    pub pem: String,
    /// The JWK.
    pub jwk: PrivateJwk,
}

impl ExportedKey {
    /// Reads a key from its PKCS#8 DER form; `None` when that is not an RSA key.
    pub fn from_pkcs8(der: &[u8], kid: &str) -> Option<Self> {
        let mut key = RsaPrivateKey::from_pkcs8_der(der).ok()?;
        key.precompute().ok()?;
        let [p, q] = key.primes() else { return None };
        let jwk = PrivateJwk {
            alg: RS256.to_owned(),
            d: encoded(key.d()),
            dp: encoded(key.dp()?),
            dq: encoded(key.dq()?),
            e: encoded(key.e()),
            kid: kid.to_owned(),
            kty: "RSA".to_owned(),
            n: encoded(key.n()),
            p: encoded(p),
            q: encoded(q),
            qi: encoded(&key.crt_coefficient()?),
            purpose: "sig".to_owned(),
        };
        Some(Self { pem: key.to_pkcs8_pem(LineEnding::LF).ok()?.to_string(), jwk })
    }
}

/// A number as base64url of its big-endian bytes.
pub(super) fn encoded(number: &BigUint) -> String {
    URL_SAFE_NO_PAD.encode(number.to_bytes_be())
}

fn number(text: &str) -> Option<BigUint> {
    Some(BigUint::from_bytes_be(&URL_SAFE_NO_PAD.decode(text).ok()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn der() -> Vec<u8> {
        let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
        key.to_pkcs8_der().unwrap().as_bytes().to_vec()
    }

    #[test]
    fn a_private_key_goes_out_and_comes_back_the_same() {
        let mut exported = ExportedKey::from_pkcs8(&der(), "kid-1").unwrap();
        assert!(exported.pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
        let back = ExportedKey::from_pkcs8(&exported.jwk.to_pkcs8().unwrap(), "kid-1").unwrap();
        assert_eq!(back.pem, exported.pem);
        exported.jwk.d = "AQAB".into();
        assert_eq!(exported.jwk.to_pkcs8(), None);
        assert!(ExportedKey::from_pkcs8(b"nonsense", "kid-1").is_none());
    }

    #[test]
    fn a_kid_is_visible_text() {
        for usable in ["a", "2024-01", "a/b+c=", &"x".repeat(128)] {
            assert!(is_usable_kid(usable), "{usable}");
        }
        for unusable in ["", "a b", "a\n", "é", &"x".repeat(129)] {
            assert!(!is_usable_kid(unusable), "{unusable}");
        }
    }

    fn published(jwk: &Value, algorithm: Option<&str>) -> Option<Value> {
        Some(serde_json::to_value(PublicJwk::from_foreign(jwk, "kid-1", algorithm)?).unwrap())
    }

    #[test]
    fn nothing_private_is_ever_published() {
        let private = ExportedKey::from_pkcs8(&der(), "theirs").unwrap().jwk;
        let shown = published(&serde_json::to_value(&private).unwrap(), None).unwrap();
        assert_eq!((&shown["alg"], &shown["kid"]), (&json!("RS256"), &json!("kid-1")));
        let mut names: Vec<_> = shown.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["alg", "e", "kid", "kty", "n", "use"]);
    }

    #[test]
    fn members_are_in_lexical_order_so_that_all_versions_send_the_same_bytes() {
        let ours = PublicJwk::rsa("kid-1".to_owned(), "AA".to_owned(), "AQAB".to_owned());
        let ours = serde_json::to_string(&ours).unwrap();
        let value: Value = serde_json::from_str(&ours).unwrap();
        assert_eq!(ours, value.to_string());
    }

    #[test]
    fn the_algorithm_is_what_its_owner_says_or_what_the_key_tells() {
        let okp = json!({"kty": "OKP", "crv": "Ed25519", "x": "AA", "d": "secret"});
        assert_eq!(
            published(&okp, None).unwrap(),
            json!({"kid": "kid-1", "kty": "OKP", "crv": "Ed25519", "x": "AA", "alg": "EdDSA", "use": "sig"})
        );
        let ec = json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"});
        assert_eq!(published(&ec, None).unwrap()["alg"], "ES256");
        let rsa = json!({"kty": "RSA", "n": "AA", "e": "AQAB"});
        assert_eq!(published(&rsa, Some("PS256")).unwrap()["alg"], "PS256");
        for invalid in [
            json!({}),
            json!({"kty": "oct", "k": "AA"}),
            json!({"kty": "RSA", "n": "AA"}),
            json!({"kty": "EC", "crv": "P-256", "x": "AA"}),
            json!({"kty": "OKP", "crv": "X25519", "x": "AA"}),
            json!("RSA"),
        ] {
            assert_eq!(published(&invalid, None), None, "{invalid}");
        }
    }
}
