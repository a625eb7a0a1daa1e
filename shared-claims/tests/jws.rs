//! What can be done to the text of a signed token. Each is done to one that is good, and none may be let in.

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, NO_PAD, PAD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use shared_claims::{Verifier, VerifyError};

use crate::issuer::{CURRENT, Issuer, Token, assemble, ready};

/// Every variant of this good token: what was done, and the text.
fn variants(token: &str) -> Vec<(String, String)> {
    let parts: Vec<&str> = token.split('.').collect();
    let mut variants = Vec::new();
    variants.extend(other_base64(&parts));
    variants.extend(other_ends(&parts));
    variants.extend(part_counts(&parts));
    variants.extend(characters_put_in(&parts));
    variants.extend(cut_short(&parts));
    variants.extend(flipped(&parts));
    variants
}

fn with(parts: &[&str], at: usize, part: &str) -> String {
    let mut parts = parts.to_vec();
    parts[at] = part;
    parts.join(".")
}

const NAMES: [&str; 3] = ["header", "payload", "signature"];

/// The same bytes in other base64: with padding, in the standard alphabet, and as text, hex or percent-encoded.
fn other_base64(parts: &[&str]) -> Vec<(String, String)> {
    let engines = [
        ("url-safe, padded", GeneralPurpose::new(&alphabet::URL_SAFE, PAD)),
        ("standard, padded", GeneralPurpose::new(&alphabet::STANDARD, PAD)),
        ("standard, unpadded", GeneralPurpose::new(&alphabet::STANDARD, NO_PAD)),
        ("the alphabet of bcrypt", GeneralPurpose::new(&alphabet::BCRYPT, NO_PAD)),
        ("the alphabet of IMAP", GeneralPurpose::new(&alphabet::IMAP_MUTF7, GeneralPurposeConfig::new())),
    ];
    let mut variants = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let bytes = URL_SAFE_NO_PAD.decode(part).unwrap();
        for (name, engine) in &engines {
            variants
                .push((format!("{} in base64 {name}", NAMES[at]), with(parts, at, &engine.encode(&bytes))));
        }
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        variants.push((format!("{} in hex", NAMES[at]), with(parts, at, &hex)));
        variants.push((format!("{} twice", NAMES[at]), with(parts, at, &part.repeat(2))));
        variants
            .push((format!("{} encoded twice", NAMES[at]), with(parts, at, &URL_SAFE_NO_PAD.encode(part))));
        variants.push((
            format!("{} reversed", NAMES[at]),
            with(parts, at, &part.chars().rev().collect::<String>()),
        ));
        variants.push((format!("{} in capitals", NAMES[at]), with(parts, at, &part.to_uppercase())));
        if let Ok(text) = String::from_utf8(bytes) {
            variants.push((format!("{} as it is", NAMES[at]), with(parts, at, &text)));
        }
    }
    // What comes out as it went in is the good token itself.
    variants.retain(|(_, variant)| *variant != parts.join("."));
    variants
}

/// The unused bits of a last character, of which only nought is canonical.
fn other_ends(parts: &[&str]) -> Vec<(String, String)> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut variants = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let (rest, last) = part.split_at(part.len() - 1);
        for other in ALPHABET.chars().filter(|other| !last.starts_with(*other)) {
            let what = format!("{} ends in {other}", NAMES[at]);
            variants.push((what, with(parts, at, &format!("{rest}{other}"))));
        }
    }
    variants
}

fn part_counts(parts: &[&str]) -> Vec<(String, String)> {
    let [header, payload, signature] = parts else { panic!("three parts") };
    [
        vec![],
        vec![*header],
        vec![*header, *payload],
        vec![*header, *payload, ""],
        vec![*header, "", *signature],
        vec!["", *payload, *signature],
        vec!["", "", ""],
        vec![*payload, *header, *signature],
        vec![*header, *signature, *payload],
        vec![*header, *payload, *signature, ""],
        vec!["", *header, *payload, *signature],
        vec![*header, "", *payload, *signature],
        vec![*header, *payload, *signature, *signature],
        vec![*header, *header, *payload, *signature],
        vec![*header, *payload, *payload, *signature],
        vec![*header, *payload, *signature, *header, *payload, *signature],
        vec![*header, "", "", *payload, *signature],
    ]
    .into_iter()
    .map(|parts| (format!("{} parts", parts.len()), parts.join(".")))
    .collect()
}

/// Characters that some decoders pass over, at the beginning, in the middle and at the end of each part.
fn characters_put_in(parts: &[&str]) -> Vec<(String, String)> {
    let strays =
        [" ", "\t", "\r\n", "\n", "\0", "=", "==", "+", "/", "%", "%3D", ".", "\u{feff}", "\u{e9}", "A"];
    let mut variants = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        for (where_, position) in
            [("begins with", 0), ("has within", part.len() / 2), ("ends with", part.len())]
        {
            for stray in strays {
                let mut part = (*part).to_owned();
                part.insert_str(position, stray);
                variants.push((format!("{} {where_} {stray:?}", NAMES[at]), with(parts, at, &part)));
            }
        }
    }
    variants
}

/// Each part without its first or last characters.
fn cut_short(parts: &[&str]) -> Vec<(String, String)> {
    let mut variants = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        for length in [1, 2, 3, 4, part.len() / 2, part.len()] {
            let what = |end| format!("{} without its {end} {length} characters", NAMES[at]);
            variants.push((what("first"), with(parts, at, &part[length..])));
            variants.push((what("last"), with(parts, at, &part[..part.len() - length])));
        }
    }
    variants
}

/// One bit of the decoded bytes: of the first, the last and each between, of each part.
fn flipped(parts: &[&str]) -> Vec<(String, String)> {
    let mut variants = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let bytes = URL_SAFE_NO_PAD.decode(part).unwrap();
        for position in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[position] ^= 1 << (position % 8);
            let what = format!("bit {} of byte {position} of the {} flipped", position % 8, NAMES[at]);
            variants.push((what, with(parts, at, &URL_SAFE_NO_PAD.encode(&bytes))));
        }
    }
    variants
}

fn refused(verifier: &Verifier, what: &str, token: &str) {
    let verdict = verifier.verify(token);
    assert!(matches!(verdict, Err(VerifyError::Invalid(_))), "{what}: {verdict:?}");
}

#[tokio::test]
async fn fr_013_no_variant_of_a_good_token_is_a_good_token() {
    let issuer = Issuer::start().await;
    let verifier = ready(issuer.checking_verifier()).await;
    // Payloads of every length modulo 3, so that every kind of ending occurs.
    let mut count = 0;
    for jti in ["token", "token-", "token-1"] {
        let token = Token::valid().claim("jti", jti).sign();
        assert!(verifier.verify(&token).is_ok());
        for (what, variant) in variants(&token) {
            assert_ne!(variant, token, "{what}");
            refused(&verifier, &what, &variant);
            count += 1;
        }
        assert!(verifier.verify(&token).is_ok());
    }
    assert!(count > 3_000, "{count} variants");
    println!("{count} variants");
}

/// Headers that a genuine key signed, which does not make them good.
#[tokio::test]
async fn fr_013_no_trick_in_a_signed_header_lets_a_token_in() {
    let issuer = Issuer::start().await;
    let verifier = ready(issuer.checking_verifier()).await;
    let payload = Token::valid().payload.to_string();
    let sign = |header: &str| assemble(header, &payload, |message| CURRENT.sign(message));
    let good = Token::valid().header;
    assert!(verifier.verify(&sign(&good.to_string())).is_ok());
    let [alg, typ, kid] = ["alg", "typ", "kid"].map(|name| format!("\"{name}\":{}", good[name]));
    for header in [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        format!("[{good}]"),
        format!("{good}{good}"),
        format!("{good},"),
        format!("{good}\0"),
        format!("\u{feff}{good}"),
        format!("{{{alg},{typ}}}"),
        format!("{{{alg},{kid}}}"),
        format!("{{{typ},{kid}}}"),
        format!("{{{alg},{typ},{kid},{kid}}}"),
        format!("{{{alg},{typ},{kid},\"alg\":\"none\"}}"),
        format!("{{\"alg\":\"none\",{alg},{typ},{kid}}}"),
        format!("{{{alg},{typ},{kid},\"\\u0061lg\":\"none\"}}"),
        format!("{{{alg},{typ},{kid},\"x\":1,\"x\":2}}"),
        format!("{{{alg},{typ},{kid},\"crit\":[]}}"),
        format!("{{'alg':'RS256',{typ},{kid}}}"),
        format!("{{{alg},{typ},{kid},}}"),
        format!("{{{alg},{typ},{kid},\"x\":NaN}}"),
        format!("{{{alg},{typ},{kid}"),
        good.to_string().replace("alg", "ALG"),
        good.to_string().replace("RS256", "rs256"),
        good.to_string().replace("RS256", "RS256\\u0000"),
        good.to_string().replace("RS256", " RS256"),
        good.to_string().replace("kid", "Kid"),
        good.to_string().replace("current", "current "),
        good.to_string().replace("current", "current\\u0000"),
        good.to_string().replace("at+jwt", "at+jwt;x"),
        good.to_string().replace("at+jwt", "at-jwt"),
        with_member(&good, "zip", json!("DEF"), "crit"),
        with_member(&good, "enc", json!("A256GCM"), "crit"),
    ] {
        refused(&verifier, &header, &sign(&header));
    }
}

/// The header with an extension that it declares critical.
fn with_member(header: &Value, name: &str, value: Value, crit: &str) -> String {
    let mut header = header.clone();
    header[name] = value;
    header[crit] = json!([name]);
    header.to_string()
}
