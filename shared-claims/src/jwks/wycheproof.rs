//! The signature check against the vectors of C2SP Wycheproof: RSASSA-PKCS1-v1_5, 2048 bits, SHA-256.
//!
//! They sign any message, not only what a JWS looks like, so they go through the parts that the verifier is made of: each
//! key through a key set, each signature through the same function and the same key that `decode` uses.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde_json::json;
use wycheproof::TestResult;
use wycheproof::rsa_pkcs1_verify::{TestName, TestSet};

use super::parse;

#[test]
fn every_vector_of_wycheproof_is_decided_as_it_must_be() {
    let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
    let (mut valid, mut acceptable, mut invalid) = (0, 0, 0);
    for group in TestSet::load(TestName::Rsa2048Sha256).unwrap().test_groups {
        let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let set = json!({"keys": [{
            "kty": "RSA", "kid": "vector", "use": "sig", "alg": "RS256",
            "n": number(&group.key.n), "e": number(&group.key.e),
        }]});
        let set = parse(set.to_string().as_bytes()).unwrap();
        for test in group.tests {
            let signature = URL_SAFE_NO_PAD.encode(&test.sig);
            let key = &set.keys["vector"];
            let verdict = jsonwebtoken::crypto::verify(&signature, &test.msg, key, Algorithm::RS256);
            let what = format!("vector {}: {} {:?}", test.tc_id, test.comment, test.flags);
            // One that leaves out the NULL of the hash's parameters may be taken or not; we do not.
            match test.result {
                TestResult::Valid => {
                    assert!(verdict.unwrap(), "{what}");
                    valid += 1;
                }
                TestResult::Acceptable => {
                    assert!(!verdict.unwrap_or(false), "{what}");
                    acceptable += 1;
                }
                TestResult::Invalid => {
                    assert!(!verdict.unwrap_or(false), "{what}");
                    invalid += 1;
                }
            }
        }
    }
    assert_eq!(
        valid + acceptable + invalid,
        259,
        "{valid} valid, {acceptable} acceptable, {invalid} invalid"
    );
    assert!(valid > 0 && invalid > 200);
}
