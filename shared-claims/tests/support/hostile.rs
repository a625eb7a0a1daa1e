//! The table of hostile tokens, for the library and for every service that uses it.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA384, RSA_PSS_SHA256,
    RsaPublicKeyComponents,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use shared_claims::Reason;

use super::issuer::{CURRENT, ISSUER, NEXT, STRANGER, Token, assemble};
use super::lists::{LISTED, PREFIX, REVOKED};

/// What it is, the token, and the reason it must be refused for; so that no row passes for a wrong reason.
pub type Hostile = (String, String, Reason);

/// Where and when the tokens are to be refused.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// The verifier's time, in seconds since 1970.
    pub now: i64,
    /// A server that addresses inside the tokens point to.
    pub home: &'a str,
}

impl World<'_> {
    fn token(self) -> Token {
        Token::valid_at(self.now)
    }
}

/// Every hostile token. `NEXT` signed once, and is deleted; `REVOKED` is revoked.
pub fn table(world: World<'_>) -> Vec<Hostile> {
    let mut table = Vec::new();
    table.extend(algorithms(world));
    table.extend(key_ids(world));
    table.extend(embedded_keys(world));
    table.extend(headers(world));
    table.extend(dates(world));
    table.extend(parties(world));
    table.extend(duplicates(world));
    table.extend(encodings(world));
    table.extend(signatures(world));
    table.extend(flipped_bits(world));
    table.extend(statuses(world));
    table
}

fn row(what: impl Into<String>, token: String, reason: Reason) -> Hostile {
    (what.into(), token, reason)
}

fn algorithms(world: World<'_>) -> Vec<Hostile> {
    let mut rows = Vec::new();
    for bits in 0..16_u8 {
        let alg: String = "none"
            .char_indices()
            .map(|(i, c)| if bits & (1 << i) == 0 { c } else { c.to_ascii_uppercase() })
            .collect();
        let token = world.token().header("alg", alg.as_str());
        rows.push(row(format!("alg {alg}, no signature"), token.sign_by(|_| Vec::new()), Reason::Algorithm));
        rows.push(row(format!("alg {alg}, a good signature"), token.sign(), Reason::Algorithm));
    }
    let public = CURRENT.pair.public_key();
    let der: PublicKeyX509Der<'_> = public.as_der().unwrap();
    let pem =
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines(&STANDARD.encode(&*der)));
    let modulus = RsaPublicKeyComponents::<Vec<u8>>::from(public).n;
    for (what, secret) in [
        ("the public key in PEM", pem.as_bytes()),
        ("the public key in DER", der.as_ref()),
        ("the modulus", modulus.as_slice()),
        ("the modulus in base64url", URL_SAFE_NO_PAD.encode(&modulus).as_bytes()),
        ("nothing", b""),
    ] {
        let mac = |message: &[u8]| {
            hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message).as_ref().to_vec()
        };
        let token = world.token();
        rows.push(row(
            format!("HS256 keyed with {what}"),
            token.clone().header("alg", "HS256").sign_by(mac),
            Reason::Algorithm,
        ));
        rows.push(row(format!("the same, called RS256: {what}"), token.sign_by(mac), Reason::Signature));
    }
    let ecdsa = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let es256 = |message: &[u8]| ecdsa.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec();
    let rs384 = |message: &[u8]| CURRENT.sign_with(&RSA_PKCS1_SHA384, message);
    let ps256 = |message: &[u8]| CURRENT.sign_with(&RSA_PSS_SHA256, message);
    let named = |alg: &str| world.token().header("alg", alg);
    rows.extend([
        row("RS384", named("RS384").sign_by(rs384), Reason::Algorithm),
        row("PS256", named("PS256").sign_by(ps256), Reason::Algorithm),
        row("ES256", named("ES256").sign_by(es256), Reason::Algorithm),
        row("RS384 called RS256", world.token().sign_by(rs384), Reason::Signature),
        row("PS256 called RS256", world.token().sign_by(ps256), Reason::Signature),
        row("ES256 called RS256", world.token().sign_by(es256), Reason::Signature),
        row("an alg nobody knows", named("XY1").sign(), Reason::Algorithm),
        row("alg missing", world.token().without_header("alg").sign(), Reason::Malformed),
        row("alg a list", world.token().header("alg", json!(["RS256"])).sign(), Reason::Malformed),
    ]);
    rows
}

/// PEM wants lines of 64 characters.
fn lines(base64: &str) -> String {
    let lines: Vec<&str> =
        base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    lines.join("\n")
}

fn key_ids(world: World<'_>) -> Vec<Hostile> {
    let named = |kid: &str| world.token().header("kid", kid).sign();
    vec![
        row("kid missing", world.token().without_header("kid").sign(), Reason::NoKeyId),
        row("kid null", world.token().header("kid", Value::Null).sign(), Reason::NoKeyId),
        row("kid a number", world.token().header("kid", 1).sign(), Reason::Malformed),
        row("kid empty", named(""), Reason::UnknownKey),
        row("kid unknown", named("unknown"), Reason::UnknownKey),
        row("kid in capitals", named("CURRENT"), Reason::UnknownKey),
        row("kid a path", named("../../../../dev/null"), Reason::UnknownKey),
        row("kid SQL", named("current' UNION SELECT 'secret"), Reason::UnknownKey),
        row("kid with a NUL", named("current\0"), Reason::UnknownKey),
        row("kid of 4 kB", named(&"k".repeat(4_000)), Reason::UnknownKey),
        row("kid of 10 kB", named(&"k".repeat(10_000)), Reason::TooLong),
    ]
}

/// Keys that the token itself brings along, each with a signature that fits that key.
fn embedded_keys(world: World<'_>) -> Vec<Hostile> {
    let url = format!("{}/keys.json", world.home);
    let mut rows = Vec::new();
    let bait = [("jwk", STRANGER.jwk()), ("jku", json!(url)), ("x5u", json!(url)), ("x5c", json!(["AAAA"]))];
    for (name, value) in bait {
        let token = world.token().header(name, value);
        let by_stranger = |token: &Token| token.sign_by(|message| STRANGER.sign(message));
        rows.extend([
            row(format!("{name} under a known kid"), by_stranger(&token), Reason::Signature),
            row(
                format!("{name} under its own kid"),
                by_stranger(&token.clone().header("kid", STRANGER.kid)),
                Reason::UnknownKey,
            ),
            row(format!("{name} without kid"), by_stranger(&token.without_header("kid")), Reason::NoKeyId),
        ]);
    }
    rows
}

fn headers(world: World<'_>) -> Vec<Hostile> {
    let mut rows = Vec::new();
    for crit in [json!(["unknown"]), json!(["exp"]), json!([]), Value::Null, json!("b64")] {
        let token = world.token().header("crit", crit.clone()).header("unknown", true);
        rows.push(row(format!("crit {crit}"), token.sign(), Reason::Critical));
    }
    for typ in ["JWT", "statuslist+jwt", "id_token", "at+jwt+x", "", "application/jwt"] {
        rows.push(row(format!("typ {typ:?}"), world.token().header("typ", typ).sign(), Reason::Type));
    }
    rows.push(row("typ missing", world.token().without_header("typ").sign(), Reason::Type));
    rows.push(row("typ a number", world.token().header("typ", 1).sign(), Reason::Malformed));
    let b64_off = world.token().header("b64", false).header("crit", json!(["b64"]));
    rows.push(row("an unencoded payload (RFC 7797)", b64_off.sign(), Reason::Critical));
    rows
}

fn dates(world: World<'_>) -> Vec<Hostile> {
    let with = |name: &str, value: Value| world.token().claim(name, value).sign();
    let mut rows = vec![
        row("expired", with("exp", json!(world.now - 31)), Reason::Expired),
        row("expired since 1970", with("exp", json!(0)), Reason::Expired),
        row("not valid yet", with("nbf", json!(world.now + 90)), Reason::NotYetValid),
        row("issued in the future", with("iat", json!(world.now + 90)), Reason::IssuedInFuture),
    ];
    for name in ["exp", "iat", "nbf"] {
        let values = [
            json!(-1),
            json!(world.now as f64 + 100.5),
            json!(world.now.to_string()),
            json!(1_u64 << 63),
            json!(u64::MAX),
            json!(true),
            json!([world.now]),
            json!({}),
        ];
        rows.extend(values.map(|value| row(format!("{name} {value}"), with(name, value), Reason::Malformed)));
    }
    for name in ["exp", "iat"] {
        rows.push(row(
            format!("{name} missing"),
            world.token().without_claim(name).sign(),
            Reason::Malformed,
        ));
        rows.push(row(format!("{name} null"), with(name, Value::Null), Reason::Malformed));
    }
    let huge =
        world.token().payload.to_string().replace(&format!("\"exp\":{}", world.now + 900), "\"exp\":1e400");
    rows.push(row("exp 1e400", raw(world, &huge), Reason::Malformed));
    rows
}

fn parties(world: World<'_>) -> Vec<Hostile> {
    let with = |name: &str, value: Value| world.token().claim(name, value).sign();
    let mut rows = vec![
        row("wrong iss", with("iss", json!("https://evil.test")), Reason::Issuer),
        row("iss with a slash too many", with("iss", json!(format!("{ISSUER}/"))), Reason::Issuer),
        row("iss in capitals", with("iss", json!(ISSUER.to_uppercase())), Reason::Issuer),
        row("iss a list that holds ours", with("iss", json!([ISSUER])), Reason::Malformed),
        row("wrong aud", with("aud", json!("https://other.test")), Reason::Audience),
        row(
            "aud a list without us",
            with("aud", json!(["https://a.test", "https://b.test"])),
            Reason::Audience,
        ),
        row("aud an empty list", with("aud", json!([])), Reason::Audience),
        row("aud an empty text", with("aud", json!("")), Reason::Audience),
        row("aud the beginning of ours", with("aud", json!("https://tasks")), Reason::Audience),
        row("aud an object", with("aud", json!({"https://tasks.test": true})), Reason::Malformed),
        row("sub empty", with("sub", json!("")), Reason::Subject),
        row("sub me", with("sub", json!("me")), Reason::Subject),
        row("sub with a quote", with("sub", json!("alice'--")), Reason::Subject),
        row("sub with a NUL", with("sub", json!("alice\0")), Reason::Subject),
        row("sub of 65 characters", with("sub", json!("a".repeat(65))), Reason::Subject),
        row("sub a number", with("sub", json!(1)), Reason::Malformed),
        row("jti empty", with("jti", json!("")), Reason::TokenId),
    ];
    for name in ["iss", "aud", "sub", "jti"] {
        rows.push(row(
            format!("{name} missing"),
            world.token().without_claim(name).sign(),
            Reason::Malformed,
        ));
        rows.push(row(format!("{name} null"), with(name, Value::Null), Reason::Malformed));
    }
    rows
}

fn duplicates(world: World<'_>) -> Vec<Hostile> {
    let valid = world.token();
    let payload = valid.payload.to_string();
    let mut rows = Vec::new();
    for twice in
        [r#""sub":"bob""#, r#""s\u0075b":"bob""#, r#""exp":4000000000"#, r#""email":"x""#, r#""status":{}"#]
    {
        let first = payload.replacen('{', &format!("{{{twice},"), 1);
        let last = format!("{},{twice}}}", payload.strip_suffix('}').unwrap());
        rows.push(row(format!("{twice} before the real one"), raw(world, &first), Reason::Malformed));
        rows.push(row(format!("{twice} after the real one"), raw(world, &last), Reason::Malformed));
    }
    let header = valid.header.to_string();
    for twice in [r#""alg":"none""#, r#""kid":"stranger""#, r#""typ":"JWT""#] {
        let header = format!("{},{twice}}}", header.strip_suffix('}').unwrap());
        let token = assemble(&header, &payload, |message| CURRENT.sign(message));
        rows.push(row(format!("{twice} twice in the header"), token, Reason::Malformed));
    }
    rows
}

/// A signed token with a payload of exactly this text.
fn raw(world: World<'_>, payload: &str) -> String {
    assemble(&world.token().header.to_string(), payload, |message| CURRENT.sign(message))
}

fn encodings(world: World<'_>) -> Vec<Hostile> {
    let token = world.token().sign();
    let [header, payload, signature] = parts(&token);
    let standard = standard_alphabet(world);
    let megabyte = world.token().claim("name", "x".repeat(1 << 20)).sign();
    vec![
        row("nothing", String::new(), Reason::Malformed),
        row("dots", "..".to_owned(), Reason::Malformed),
        row("a word", "token".to_owned(), Reason::Malformed),
        row("no signature part", format!("{header}.{payload}"), Reason::Malformed),
        row("four parts", format!("{token}.{signature}"), Reason::Malformed),
        row(
            "five parts, as encrypted tokens have",
            format!("{header}.{payload}.{signature}.a.b"),
            Reason::Malformed,
        ),
        row("an empty payload", format!("{header}..{signature}"), Reason::Signature),
        row("padded header", format!("{header}=.{payload}.{signature}"), Reason::Malformed),
        row("padded payload", format!("{header}.{payload}=.{signature}"), Reason::Signature),
        row("padded signature", format!("{token}="), Reason::Malformed),
        row("padded signature, twice", format!("{token}=="), Reason::Malformed),
        row("standard alphabet", standard, Reason::Malformed),
        row("a trailing letter", format!("{token}A"), Reason::Signature),
        row("trailing bytes", format!("{token}AAAA"), Reason::Signature),
        row("a trailing line feed", format!("{token}\n"), Reason::Malformed),
        row("a trailing NUL", format!("{token}\0"), Reason::Malformed),
        row("a leading space", format!(" {token}"), Reason::Malformed),
        row("1 MB", megabyte, Reason::TooLong),
        row("payload not JSON", raw(world, "alice"), Reason::Malformed),
        row("payload a list", raw(world, "[]"), Reason::Malformed),
        row("payload and more", raw(world, &format!("{} {{}}", world.token().payload)), Reason::Malformed),
        row("deeply nested payload", raw(world, &"[".repeat(3_000)), Reason::Malformed),
        row("the header as JSON serialization", world.token().header.to_string(), Reason::Malformed),
    ]
}

fn parts(token: &str) -> [&str; 3] {
    let parts: Vec<&str> = token.split('.').collect();
    parts.try_into().expect("three parts")
}

/// A token whose signature, written in the standard alphabet, reads differently.
fn standard_alphabet(world: World<'_>) -> String {
    (0..)
        .map(|n| world.token().claim("jti", format!("token-{n}")).sign())
        .find_map(|token| {
            let [header, payload, signature] = parts(&token);
            let standard = signature.replace('-', "+").replace('_', "/");
            (standard != signature).then(|| format!("{header}.{payload}.{standard}"))
        })
        .expect("one of them has a - or _")
}

fn signatures(world: World<'_>) -> Vec<Hostile> {
    let token = world.token();
    let half = |message: &[u8]| CURRENT.sign(message)[..128].to_vec();
    let longer = |message: &[u8]| [vec![0], CURRENT.sign(message)].concat();
    let of_something_else = |_: &[u8]| CURRENT.sign(b"something else");
    vec![
        row("empty signature", token.sign_by(|_| Vec::new()), Reason::Signature),
        row("all-zero signature", token.sign_by(|_| vec![0; 256]), Reason::Signature),
        row("all-one signature", token.sign_by(|_| vec![0xff; 256]), Reason::Signature),
        row("half a signature", token.sign_by(half), Reason::Signature),
        row("a zero byte before the signature", token.sign_by(longer), Reason::Signature),
        row("signature of something else", token.sign_by(of_something_else), Reason::Signature),
        row("by a stranger", token.sign_by(|message| STRANGER.sign(message)), Reason::Signature),
        row(
            "by a retired and deleted key",
            token.clone().header("kid", NEXT.kid).sign_by(|message| NEXT.sign(message)),
            Reason::UnknownKey,
        ),
    ]
}

/// One bit in each of the three parts, and each time in the middle of it.
fn flipped_bits(world: World<'_>) -> Vec<Hostile> {
    let token = world.token().sign();
    let [header, payload, _] = parts(&token);
    let (header, payload) = (header.len(), payload.len());
    let middles = [
        // There the header holds the key id.
        ("header", header / 2, Reason::UnknownKey),
        ("payload", header + 1 + payload / 2, Reason::Signature),
        ("signature", (header + payload + 2 + token.len()) / 2, Reason::Signature),
    ];
    let flip = |(part, at, reason): (&str, usize, Reason)| {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'B' { b'A' } else { b'B' };
        row(format!("a bit flipped in the {part}"), String::from_utf8(bytes).unwrap(), reason)
    };
    middles.map(flip).into()
}

/// Tokens that are genuine and current, but for what they say of their status.
fn statuses(world: World<'_>) -> Vec<Hostile> {
    let with = |status: Value| world.token().claim("status", status).sign();
    let at = |idx: Value, uri: &str| with(json!({"status_list": {"idx": idx, "uri": uri}}));
    let list = format!("{PREFIX}/0");
    let foreign = [
        "",
        PREFIX,
        "https://evil.test/.well-known/status-lists/0",
        &format!("{}/status-lists/0", world.home),
        &format!("{PREFIX}/00"),
        &format!("{PREFIX}/../status-lists/0"),
        &format!("{PREFIX}/0?"),
        &format!("{PREFIX}/4294967296"),
    ];
    let foreign = foreign.map(|uri| {
        row(format!("status in the list {uri:?}"), at(json!(LISTED), uri), Reason::StatusReference)
    });
    let beyond = [1 << 20, 1 << 32, u64::MAX]
        .map(|idx| row(format!("status at place {idx}"), at(json!(idx), &list), Reason::StatusReference));
    let malformed = [
        json!(null),
        json!({}),
        json!("valid"),
        json!({"status_list": {"idx": LISTED}}),
        json!({"status_list": {"uri": list}}),
        json!({"status_list": {"idx": -1, "uri": list}}),
        json!({"status_list": {"idx": "7", "uri": list}}),
        json!({"status_list": [{"idx": LISTED, "uri": list}]}),
    ];
    let malformed = malformed.map(|status| row(format!("status {status}"), with(status), Reason::Malformed));
    let revoked = row("revoked", at(json!(REVOKED), &list), Reason::Revoked);
    [revoked].into_iter().chain(foreign).chain(beyond).chain(malformed).collect()
}
