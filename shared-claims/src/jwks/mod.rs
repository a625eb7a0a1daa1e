//! Parses a JSON Web Key Set (RFC 7517).

#[cfg(test)]
mod wycheproof;

use std::collections::HashMap;

use jsonwebtoken::{DecodingKey, DecodingKeyKind};
use serde::Deserialize;
use serde_json::Value;

/// Minimum size of a trusted RSA modulus, in bits (RFC 7518, section 3.3).
const MIN_MODULUS_BITS: usize = 2048;
/// Maximum size of an RSA modulus, in bits. Larger ones make the signature check too slow.
const MAX_MODULUS_BITS: usize = 8192;
/// Maximum size of an RSA exponent, in bytes, that the cryptographic library accepts.
const MAX_EXPONENT_BYTES: usize = 4;

/// The usable and the skipped keys of a set.
pub(crate) struct ParsedSet {
    pub(crate) keys: HashMap<String, DecodingKey>,
    pub(crate) skipped: Vec<Skipped>,
}

/// A key that was skipped. It does not affect the rest of the set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Skipped {
    pub(crate) kid: Option<String>,
    pub(crate) why: &'static str,
}

/// Why a whole set is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidSet {
    #[error("not a JSON object with a list of `keys`")]
    Json,
    #[error("no usable RS256 key in the set")]
    Empty,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

/// The members of a key that are read. `d` serves to detect a published private key.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    key_use: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    n: Option<String>,
    e: Option<String>,
    d: Option<Value>,
}

/// Parses a key set. Keys that are not for RS256 signatures or cannot be trusted are skipped. A set without usable keys is an
/// error, so that it never replaces a good one.
pub(crate) fn parse(body: &[u8]) -> Result<ParsedSet, InvalidSet> {
    let document: Document = serde_json::from_slice(body).map_err(|_| InvalidSet::Json)?;
    let mut set = ParsedSet { keys: HashMap::new(), skipped: Vec::new() };
    for value in document.keys {
        let kid = value.get("kid").and_then(Value::as_str).map(str::to_owned);
        match usable(value) {
            Ok((kid, _)) if set.keys.contains_key(&kid) => {
                set.skipped.push(Skipped { kid: Some(kid), why: "its kid is taken by an earlier key" });
            }
            Ok((kid, key)) => {
                set.keys.insert(kid, key);
            }
            Err(why) => set.skipped.push(Skipped { kid, why }),
        }
    }
    if set.keys.is_empty() { Err(InvalidSet::Empty) } else { Ok(set) }
}

fn usable(value: Value) -> Result<(String, DecodingKey), &'static str> {
    let jwk: Jwk = serde_json::from_value(value).map_err(|_| "not a JWK")?;
    if jwk.kty != "RSA" {
        return Err("kty is not RSA");
    }
    if jwk.key_use.is_some_and(|key_use| key_use != "sig") {
        return Err("use is not sig");
    }
    if jwk.key_ops.is_some_and(|ops| !ops.iter().any(|op| op == "verify")) {
        return Err("key_ops does not allow verify");
    }
    if jwk.alg.is_some_and(|alg| alg != "RS256") {
        return Err("alg is not RS256");
    }
    if jwk.d.is_some() {
        return Err("its private half is published");
    }
    let kid = jwk.kid.filter(|kid| !kid.is_empty()).ok_or("it has no kid")?;
    let (Some(n), Some(e)) = (jwk.n, jwk.e) else {
        return Err("n or e is missing");
    };
    Ok((kid, rsa_key(&n, &e)?))
}

fn rsa_key(n: &str, e: &str) -> Result<DecodingKey, &'static str> {
    const BAD_ENCODING: &str = "n or e is not unpadded base64url";
    let key = DecodingKey::from_rsa_components(n, e).map_err(|_| BAD_ENCODING)?;
    let DecodingKeyKind::RsaModulusExponent { n, e } = key.kind() else {
        return Err(BAD_ENCODING);
    };
    let (n, e) = (without_leading_zeros(n), without_leading_zeros(e));
    let bits = bit_length(n);
    if bits < MIN_MODULUS_BITS {
        return Err("the modulus is shorter than 2048 bits");
    }
    if bits > MAX_MODULUS_BITS {
        return Err("the modulus is longer than 8192 bits");
    }
    let odd = |number: &[u8]| number.last().is_some_and(|byte| byte & 1 == 1);
    // With an exponent of 1, anybody could create a signature.
    if !odd(n) || !odd(e) || e == [1] || e.len() > MAX_EXPONENT_BYTES {
        return Err("not the numbers of an RSA key");
    }
    Ok(DecodingKey::from_rsa_raw_components(n, e))
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// Returns the length in bits of a big-endian number without leading zero bytes.
fn bit_length(number: &[u8]) -> usize {
    let Some(first) = number.first() else { return 0 };
    number.len() * 8 - first.leading_zeros() as usize
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use serde_json::json;

    use super::*;

    /// An odd number of exactly `bits` bits, in base64url. It need not be a product of two primes.
    fn modulus(bits: usize) -> String {
        URL_SAFE_NO_PAD.encode(number(bits))
    }

    fn number(bits: usize) -> Vec<u8> {
        let mut number = vec![0xab; bits.div_ceil(8)];
        let spare = number.len() * 8 - bits;
        number[0] = 0xff >> spare;
        number
    }

    fn good(kid: &str) -> Value {
        json!({"kty": "RSA", "kid": kid, "use": "sig", "alg": "RS256", "n": modulus(2048), "e": "AQAB"})
    }

    fn with(name: &str, value: Value) -> Value {
        let mut key = good("other");
        key[name] = value;
        key
    }

    fn kids(keys: &[Value]) -> Result<Vec<String>, InvalidSet> {
        let set = parse(json!({ "keys": keys }).to_string().as_bytes())?;
        let mut kids: Vec<_> = set.keys.into_keys().collect();
        kids.sort();
        Ok(kids)
    }

    #[test]
    fn takes_rs256_keys_with_or_without_their_optional_members() {
        let mut bare = good("bare");
        for name in ["use", "alg"] {
            bare.as_object_mut().unwrap().remove(name);
        }
        let mut ops = bare.clone();
        ops["kid"] = json!("ops");
        ops["key_ops"] = json!(["verify"]);
        assert_eq!(kids(&[good("full"), bare, ops]).unwrap(), ["bare", "full", "ops"]);
    }

    #[test]
    fn a_key_that_is_not_usable_is_skipped_and_spoils_nothing() {
        let even = URL_SAFE_NO_PAD.encode([number(2040), vec![2]].concat());
        let padded = base64::engine::general_purpose::URL_SAFE.encode(number(2048));
        let bad = [
            json!(null),
            json!("RSA"),
            json!({}),
            json!({"kty": "EC", "kid": "other", "crv": "P-256", "x": "AA", "y": "AA"}),
            json!({"kty": "OKP", "kid": "other", "crv": "Ed25519", "x": "AA"}),
            json!({"kty": "oct", "kid": "other", "k": "c2VjcmV0"}),
            with("kty", json!("rsa")),
            with("kid", json!(null)),
            with("kid", json!("")),
            with("kid", json!(7)),
            with("use", json!("enc")),
            with("key_ops", json!(["sign"])),
            with("alg", json!("RS512")),
            with("alg", json!("PS256")),
            with("alg", json!("none")),
            with("d", json!("AQAB")),
            with("n", json!(null)),
            with("n", json!("")),
            with("n", json!(modulus(1024))),
            with("n", json!(modulus(2047))),
            with("n", json!(modulus(8193))),
            with("n", json!(even)),
            with("n", json!(padded)),
            with("n", json!(STANDARD.encode(number(2048)))),
            with("e", json!(null)),
            with("e", json!("")),
            with("e", json!("AA")),
            with("e", json!("AQ")),
            with("e", json!("Ag")),
            with("e", json!("AQAAAAAB")),
        ];
        for key in bad {
            assert_eq!(kids(&[key.clone(), good("good")]).unwrap(), ["good"], "{key}");
            let set = parse(json!({"keys": [good("good"), key]}).to_string().as_bytes()).unwrap();
            assert_eq!(set.skipped.len(), 1);
            assert_eq!(kids(std::slice::from_ref(&key)), Err(InvalidSet::Empty), "{key}");
        }
    }

    #[test]
    fn the_limits_of_the_modulus_are_inclusive() {
        for bits in [2048, 3072, 4096, 8192] {
            assert_eq!(kids(&[with("n", json!(modulus(bits)))]).unwrap(), ["other"], "{bits}");
        }
    }

    #[test]
    fn leading_zero_bytes_do_not_make_a_key_longer() {
        let zeros = |bits| json!(URL_SAFE_NO_PAD.encode([vec![0; 200], number(bits)].concat()));
        assert_eq!(kids(&[with("n", zeros(1024))]), Err(InvalidSet::Empty));
        assert_eq!(kids(&[with("n", zeros(2048))]).unwrap(), ["other"]);
    }

    #[test]
    fn of_two_keys_with_one_kid_the_first_stands() {
        let set =
            parse(json!({"keys": [good("k"), with("kid", json!("k"))]}).to_string().as_bytes()).unwrap();
        assert_eq!(set.keys.len(), 1);
        assert_eq!(set.skipped.len(), 1);
        assert_eq!(set.skipped[0].kid.as_deref(), Some("k"));
    }

    #[test]
    fn what_is_no_key_set_is_an_error() {
        for body in ["", "null", "[]", "{}", r#"{"keys":null}"#, r#"{"keys":{}}"#, "<html>", r#"{"keys":[]"#]
        {
            assert_eq!(parse(body.as_bytes()).err(), Some(InvalidSet::Json), "{body}");
        }
        assert_eq!(parse(b"\xff\xfe").err(), Some(InvalidSet::Json));
        assert_eq!(parse(br#"{"keys":[]}"#).err(), Some(InvalidSet::Empty));
    }
}
