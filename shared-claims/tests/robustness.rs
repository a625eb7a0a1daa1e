//! Nothing that can be sent as a token makes the verifier panic, and nothing but the token itself is the token.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use shared_claims::Verifier;
use tokio::runtime::Runtime;

use crate::issuer::{CURRENT, Issuer, Token, assemble, ready};
use crate::support::lists::PREFIX;

struct Fixture {
    verifier: Verifier,
    token: String,
    _issuer: Issuer,
    _runtime: Runtime,
}

static FIXTURE: LazyLock<Fixture> = LazyLock::new(|| {
    let runtime = Runtime::new().unwrap();
    let issuer = runtime.block_on(Issuer::start());
    let verifier = runtime.block_on(ready(issuer.checking_verifier()));
    let token = Token::valid().sign();
    assert!(verifier.verify(&token).is_ok());
    Fixture { verifier, token, _issuer: issuer, _runtime: runtime }
});

proptest! {
    #[test]
    fn any_text_is_refused_without_a_panic(text in any::<String>()) {
        prop_assert!(FIXTURE.verifier.verify(&text).is_err());
    }

    #[test]
    fn any_three_parts_are_refused_without_a_panic(text in "[A-Za-z0-9_=-]{0,80}\\.[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,80}") {
        prop_assert!(FIXTURE.verifier.verify(&text).is_err());
    }

    #[test]
    fn any_header_and_payload_are_refused_without_a_panic(header in any::<Vec<u8>>(), payload in any::<Vec<u8>>()) {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let token = format!("{}.{}.{}", encode(&header), encode(&payload), encode(b"signature"));
        prop_assert!(FIXTURE.verifier.verify(&token).is_err());
    }

    #[test]
    fn any_signed_payload_is_refused_without_a_panic(payload in "\\{(\"(exp|sub|aud|iss|iat|x)\":(-?[0-9.e]{1,8}|\"[a-z]{0,3}\"|null|\\[\\]),?){0,6}\\}") {
        let header = Token::valid().header.to_string();
        let token = assemble(&header, &payload, |message| CURRENT.sign(message));
        prop_assert!(FIXTURE.verifier.verify(&token).is_err());
    }

    #[test]
    fn a_good_token_with_something_put_in_is_refused(at in any::<prop::sample::Index>(), text in "\\PC{1,5}") {
        let mut token = FIXTURE.token.clone();
        token.insert_str(at.index(token.len() + 1), &text);
        prop_assert!(FIXTURE.verifier.verify(&token).is_err());
    }

    #[test]
    fn a_good_token_with_something_left_out_is_refused(from in any::<prop::sample::Index>(), length in 1..20_usize) {
        let mut token = FIXTURE.token.clone();
        let from = from.index(token.len());
        let to = (from + length).min(token.len());
        token.replace_range(from..to, "");
        prop_assert!(FIXTURE.verifier.verify(&token).is_err());
    }

    #[test]
    fn a_good_token_with_two_characters_exchanged_is_refused(a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>()) {
        let mut token = FIXTURE.token.clone().into_bytes();
        let (a, b) = (a.index(token.len()), b.index(token.len()));
        token.swap(a, b);
        let token = String::from_utf8(token).unwrap();
        prop_assert_eq!(FIXTURE.verifier.verify(&token).is_ok(), token == FIXTURE.token);
    }

    #[test]
    fn a_good_token_with_any_of_its_bytes_changed_is_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut bytes = FIXTURE.token.clone().into_bytes();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let token = String::from_utf8_lossy(&bytes);
        prop_assert_eq!(FIXTURE.verifier.verify(&token).is_ok(), token == FIXTURE.token);
    }

    #[test]
    fn any_status_under_a_genuine_signature_is_decided_without_a_panic(
        idx in "-?[0-9]{1,22}|null|\"[0-9]\"", uri in "(https://issuer.test/.well-known/status-lists)?[/0-9.?#%a-z]{0,12}",
    ) {
        let status = format!("{{\"status_list\":{{\"idx\":{idx},\"uri\":\"{uri}\"}}}}");
        let token = Token::valid();
        let payload = token.payload.to_string().replace(&token.payload["status"].to_string(), &status);
        let token = assemble(&token.header.to_string(), &payload, |message| CURRENT.sign(message));
        let known = uri == format!("{PREFIX}/0") && idx.parse::<u64>().is_ok_and(|idx| idx < 1 << 20);
        let verdict = FIXTURE.verifier.verify(&token);
        prop_assert!(verdict.is_err() || known, "{}", payload);
    }
}
