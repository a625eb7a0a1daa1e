//! What a good token gives.

use serde_json::{Value, json};
use shared_claims::Verifier;

use crate::issuer::{AUDIENCE, CURRENT, ISSUER, Issuer, NEXT, NOW, Token};

#[tokio::test]
async fn fr_011_the_claims_say_what_the_token_says() {
    let issuer = Issuer::start().await;
    let verifier = issuer.ready_verifier().await;
    let claims = verifier.verify(&Token::valid().sign()).unwrap();
    assert_eq!(claims.subject().as_str(), "alice");
    assert_eq!(claims.issuer(), ISSUER);
    assert_eq!(claims.token_id(), "token-1");
    assert_eq!(claims.issued_at().as_second(), NOW);
    assert_eq!(claims.expires_at().as_second(), NOW + 900);
    assert_eq!(claims.session_id(), Some("session-1"));
    assert_eq!(claims.client_id(), Some("latchkey"));
    assert_eq!(claims.email(), Some("alice@example.com"));
    assert_eq!(claims.email_verified(), Some(true));
    assert_eq!(claims.name(), Some("Alice"));
}

#[tokio::test]
async fn fr_013_whatever_the_standards_leave_open_is_accepted() {
    let issuer = Issuer::start().await;
    issuer.publish(&[&CURRENT, &NEXT]);
    let verifier = issuer.ready_verifier().await;
    let good = [
        ("aud as a list", Token::valid().claim("aud", json!(["https://other.test", AUDIENCE]))),
        ("aud as a list of one", Token::valid().claim("aud", json!([AUDIENCE]))),
        ("nbf now", Token::valid().claim("nbf", NOW)),
        ("typ in capitals", Token::valid().header("typ", "AT+JWT")),
        ("typ in full", Token::valid().header("typ", "application/at+jwt")),
        ("a claim nobody knows", Token::valid().claim("roles", json!(["admin"]))),
        ("a header nobody knows", Token::valid().header("x", json!({"y": 1}))),
        ("optional claims null", Token::valid().claim("email", Value::Null).claim("nbf", Value::Null)),
        ("no optional claims", without_optional()),
    ];
    for (what, token) in good {
        let claims = verifier.verify(&token.sign());
        assert_eq!(claims.map(|claims| claims.subject().to_string()), Ok("alice".to_owned()), "{what}");
    }
    let by_the_other_key = Token::valid().header("kid", NEXT.kid).sign_by(|message| NEXT.sign(message));
    assert!(verifier.verify(&by_the_other_key).is_ok());
}

fn without_optional() -> Token {
    ["sid", "client_id", "email", "email_verified", "name", "status"]
        .into_iter()
        .fold(Token::valid(), Token::without_claim)
}

#[tokio::test]
async fn another_type_of_token_can_be_asked_for() {
    let issuer = Issuer::start().await;
    let verifier = issuer.verifier().token_type("JWT").build().unwrap();
    verifier.wait_ready().await;
    assert!(verifier.verify(&Token::valid().header("typ", "JWT").sign()).is_ok());
    assert!(verifier.verify(&Token::valid().sign()).is_err());
}

#[tokio::test]
async fn fr_012_the_clock_alone_ends_a_token() {
    let issuer = Issuer::start().await;
    let verifier = issuer.ready_verifier().await;
    let token = Token::valid().sign();
    for (after, valid) in [(0, true), (929, true), (930, false), (929, true), (-30, true), (-31, false)] {
        issuer.clock.set(jiff::Timestamp::from_second(NOW + after).unwrap());
        assert_eq!(verifier.verify(&token).is_ok(), valid, "{after} s after it was issued");
    }
}

#[test]
fn a_verifier_can_be_sent_anywhere() {
    fn sendable<T: Clone + Send + Sync + 'static>() {}
    sendable::<Verifier>();
}
