//! Tokens that nobody should take, and the key to make them with.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeySize, PublicKeyComponents};
use aws_lc_rs::signature::{
    KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
};
use aws_lc_rs::{hmac, rsa};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// An RSA key of the test's own: of a stranger, or of an issuer that the test plays.
pub(super) struct Forger {
    pair: RsaKeyPair,
}

impl Forger {
    pub(super) fn new() -> Self {
        Self { pair: RsaKeyPair::generate(KeySize::Rsa2048).unwrap() }
    }

    /// Its public half, under this id.
    pub(super) fn jwk(&self, kid: &str) -> Value {
        let public = PublicKeyComponents::<Vec<u8>>::from(self.pair.public_key());
        let [n, e] = [&public.n, &public.e].map(|number| URL_SAFE_NO_PAD.encode(number));
        json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": n, "e": e})
    }

    /// A token with this header and these claims, well signed by this key and the algorithm that the header names.
    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        let algorithm: &dyn RsaEncoding = match header["alg"].as_str().unwrap() {
            "RS256" => &RSA_PKCS1_SHA256,
            "RS512" => &RSA_PKCS1_SHA512,
            "PS256" => &RSA_PSS_SHA256,
            other => panic!("{other}"),
        };
        let message = message(header, claims);
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let random = SystemRandom::new();
        self.pair.sign(algorithm, &random, message.as_bytes(), &mut signature).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// The header (0) or the claims (1) of a token.
pub(super) fn part(token: &str, index: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap()).unwrap()
}

/// This object with one member changed, or removed.
pub(super) fn with(object: &Value, name: &str, value: impl Into<Option<Value>>) -> Value {
    let mut object = object.as_object().unwrap().clone();
    match value.into() {
        Some(value) => drop(object.insert(name.to_owned(), value)),
        None => drop(object.remove(name)),
    }
    Value::Object(object)
}

fn message(header: &Value, claims: &Value) -> String {
    format!("{}.{}", encode(header), encode(claims))
}

fn encode(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

/// Forgeries of this good token, each with what it is; `keys` is the JWKS of its issuer.
pub(super) fn forgeries(good: &str, keys: &Value) -> Vec<(String, String)> {
    let (header, claims) = (part(good, 0), part(good, 1));
    let somebody_else = with(&claims, "sub", json!("somebody-else"));
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (stranger, jwk) = {
        let stranger = Forger::new();
        let jwk = stranger.jwk(header["kid"].as_str().unwrap());
        (stranger, jwk)
    };
    let mut all = vec![
        ("signed by a stranger's key", stranger.sign(&header, &claims)),
        ("of a key it brings along", stranger.sign(&with(&header, "jwk", jwk), &claims)),
        ("of a stranger's key id", stranger.sign(&with(&header, "kid", json!("stranger")), &claims)),
        ("of no key id", stranger.sign(&with(&header, "kid", None), &claims)),
        ("with other claims", format!("{}.{signature}", message(&header, &somebody_else))),
        ("without a signature", format!("{signed}.")),
        ("of two parts", signed.to_owned()),
        ("of no meaning", "a.b.c".to_owned()),
    ];
    for none in ["none", "None", "nOnE"] {
        let message = message(&with(&header, "alg", json!(none)), &claims);
        all.push(("unsigned", format!("{message}.")));
        all.push(("of alg none with a signature", format!("{message}.{signature}")));
    }
    let mut all: Vec<(String, String)> =
        all.into_iter().map(|(what, token)| (what.to_owned(), token)).collect();
    all.extend(keyed_with_the_public_key(&header, &claims, keys));
    all
}

/// HS256 with the public key as the secret, in every form in which a verifier may hold it.
fn keyed_with_the_public_key(header: &Value, claims: &Value, keys: &Value) -> Vec<(String, String)> {
    let keys = keys["keys"].as_array().unwrap();
    let jwk = keys.iter().find(|key| key["kid"] == header["kid"]).unwrap();
    let der = public_der(jwk);
    let pem = pem(&der);
    let n = jwk["n"].as_str().unwrap();
    let secrets: [(&str, Vec<u8>); 6] = [
        ("PEM", pem.clone().into_bytes()),
        ("PEM without its last newline", pem.trim_end().into()),
        ("DER", der),
        ("JWK", jwk.to_string().into_bytes()),
        ("modulus", URL_SAFE_NO_PAD.decode(n).unwrap()),
        ("modulus as text", n.into()),
    ];
    let headers = [("", header.clone()), (" without a key id", with(header, "kid", None))];
    let pairs = secrets.iter().flat_map(|secret| headers.iter().map(move |header| (secret, header)));
    let tokens = pairs.map(|((form, secret), (kid, header))| {
        let message = message(&with(header, "alg", json!("HS256")), claims);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
        let token = format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag));
        (format!("HS256 with the public key's {form}{kid}"), token)
    });
    tokens.collect()
}

fn public_der(jwk: &Value) -> Vec<u8> {
    let [n, e] = ["n", "e"].map(|name| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap());
    let key: rsa::PublicEncryptingKey = PublicKeyComponents { n, e }.try_into().unwrap();
    let der: PublicKeyX509Der<'_> = key.as_der().unwrap();
    der.as_ref().to_vec()
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
}
