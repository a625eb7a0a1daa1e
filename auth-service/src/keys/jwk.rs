//! Keys as others write them: JWK (RFC 7517, 7518, 8037) and PEM.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BigUint, RsaPrivateKey};
use serde_json::{Map, Value, json};

/// The only algorithm that signs here.
pub const RS256: &str = "RS256";

/// The longest `kid` that is taken, in bytes.
const MAX_KID: usize = 128;

/// Whether a key from elsewhere can keep this name.
pub fn is_usable_kid(kid: &str) -> bool {
    (1..=MAX_KID).contains(&kid.len()) && kid.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The public half of somebody's JWK as our JWKS shows it: nothing but the members that its type needs, so that no
/// private one slips through. `algorithm` is what its owner says of it; else it is told by the key itself.
/// `None` for what is no public signature key.
pub fn published(jwk: &Value, kid: &str, algorithm: Option<&str>) -> Option<(String, Value)> {
    let text = |name: &str| jwk.get(name)?.as_str();
    let (members, default): (&[&str], _) = match (text("kty")?, text("crv")) {
        ("RSA", _) => (&["n", "e"], RS256),
        ("EC", Some("P-256")) => (&["crv", "x", "y"], "ES256"),
        ("EC", Some("P-384")) => (&["crv", "x", "y"], "ES384"),
        ("EC", Some("P-521")) => (&["crv", "x", "y"], "ES512"),
        ("OKP", Some("Ed25519" | "Ed448")) => (&["crv", "x"], "EdDSA"),
        _ => return None,
    };
    let algorithm = algorithm.or_else(|| text("alg")).unwrap_or(default);
    let mut shown = Map::new();
    for name in ["kid", "kty", "alg", "use"].iter().chain(members) {
        let value = match *name {
            "kid" => kid,
            "alg" => algorithm,
            "use" => "sig",
            name => text(name)?,
        };
        shown.insert((*name).to_owned(), value.into());
    }
    Some((algorithm.to_owned(), Value::Object(shown)))
}

/// The PKCS#8 DER form of an RSA private JWK; `None` when its numbers make no key.
pub fn pkcs8_of(jwk: &Value) -> Option<Vec<u8>> {
    let number = |name: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(jwk.get(name)?.as_str()?).ok()?;
        Some(BigUint::from_bytes_be(&bytes))
    };
    let primes = vec![number("p")?, number("q")?];
    let key = RsaPrivateKey::from_components(number("n")?, number("e")?, number("d")?, primes).ok()?;
    key.validate().ok()?;
    Some(key.to_pkcs8_der().ok()?.as_bytes().to_vec())
}

/// An RSA private key as PEM and as JWK; `None` when the bytes are none.
pub fn written_out(pkcs8: &[u8], kid: &str) -> Option<(String, Value)> {
    let mut key = RsaPrivateKey::from_pkcs8_der(pkcs8).ok()?;
    key.precompute().ok()?;
    let text = |number: &BigUint| URL_SAFE_NO_PAD.encode(number.to_bytes_be());
    let [p, q] = key.primes() else { return None };
    let jwk = json!({
        "kid": kid, "kty": "RSA", "alg": RS256, "use": "sig",
        "n": text(key.n()), "e": text(key.e()), "d": text(key.d()), "p": text(p), "q": text(q),
        "dp": text(key.dp()?), "dq": text(key.dq()?), "qi": text(&key.crt_coefficient()?),
    });
    Some((key.to_pkcs8_pem(LineEnding::LF).ok()?.to_string(), jwk))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{KeySize, SigningKey};

    #[test]
    fn a_private_key_goes_out_and_comes_back_the_same() {
        let (key, der) = SigningKey::generate(KeySize::default()).ok().unwrap();
        let (pem, jwk) = written_out(&der, "kid-1").unwrap();
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
        assert_eq!(jwk["n"], serde_json::to_value(key.jwk()).unwrap()["n"]);
        let back = SigningKey::from_pkcs8(&pkcs8_of(&jwk).unwrap()).ok().unwrap();
        assert_eq!(back.jwk().kid, key.jwk().kid);
        let mut broken = jwk;
        broken["d"] = "AQAB".into();
        assert_eq!(pkcs8_of(&broken), None);
        assert!(written_out(b"nonsense", "kid-1").is_none());
    }

    #[test]
    fn a_kid_is_visible_text() {
        for good in ["a", "2024-01", "a/b+c=", &"x".repeat(128)] {
            assert!(is_usable_kid(good), "{good}");
        }
        for bad in ["", "a b", "a\n", "é", &"x".repeat(129)] {
            assert!(!is_usable_kid(bad), "{bad}");
        }
    }

    #[test]
    fn nothing_private_is_ever_published() {
        let (_, der) = SigningKey::generate(KeySize::default()).ok().unwrap();
        let (_, private) = written_out(&der, "theirs").unwrap();
        let (algorithm, shown) = published(&private, "kid-1", None).unwrap();
        assert_eq!((algorithm.as_str(), &shown["kid"]), ("RS256", &json!("kid-1")));
        let mut names: Vec<_> = shown.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["alg", "e", "kid", "kty", "n", "use"]);
    }

    #[test]
    fn the_algorithm_is_what_its_owner_says_or_what_the_key_tells() {
        let okp = json!({"kty": "OKP", "crv": "Ed25519", "x": "AA", "d": "secret"});
        assert_eq!(
            published(&okp, "k", None).unwrap().1,
            json!({"kid": "k", "kty": "OKP", "crv": "Ed25519", "x": "AA", "alg": "EdDSA", "use": "sig"})
        );
        let ec = json!({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"});
        assert_eq!(published(&ec, "k", None).unwrap().0, "ES256");
        let rsa = json!({"kty": "RSA", "n": "AA", "e": "AQAB"});
        assert_eq!(published(&rsa, "k", Some("PS256")).unwrap().0, "PS256");
        for bad in [
            json!({}),
            json!({"kty": "oct", "k": "AA"}),
            json!({"kty": "RSA", "n": "AA"}),
            json!({"kty": "EC", "crv": "P-256", "x": "AA"}),
            json!({"kty": "OKP", "crv": "X25519", "x": "AA"}),
            json!("RSA"),
        ] {
            assert_eq!(published(&bad, "k", None), None, "{bad}");
        }
    }
}
