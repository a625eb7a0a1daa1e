//! A token that was verified before is let in for the same reasons as the first time, and refused for the same.

use jiff::SignedDuration;
use shared_claims::{Claims, Reason, Unavailable, VerifyError};

use crate::issuer::{CURRENT, Issuer, Key, NEXT, Token, eventually, key_set, ready};
use crate::support::hostile::{World, table};

/// Whether both are the claims of one verification.
fn same(one: &Claims, other: &Claims) -> bool {
    std::ptr::eq(one.token_id(), other.token_id())
}

#[tokio::test]
async fn a_token_is_read_once_unless_the_cache_is_off() {
    let issuer = Issuer::start().await;
    let token = Token::valid().sign();
    let verifier = issuer.ready_verifier().await;
    let [first, again] = [(); 2].map(|()| verifier.verify(&token).unwrap());
    assert!(same(&first, &again));
    let verifier = ready(issuer.verifier().without_token_cache()).await;
    let [first, again] = [(); 2].map(|()| verifier.verify(&token).unwrap());
    assert!(!same(&first, &again));
}

#[tokio::test]
async fn fr_019_every_hostile_token_is_refused_cold_and_warm_with_the_cache_and_without() {
    let issuer = Issuer::start().await;
    let home = wiremock::MockServer::start().await;
    let warm = ready(issuer.checking_verifier()).await;
    let cold = ready(issuer.checking_verifier()).await;
    let off = ready(issuer.checking_verifier().without_token_cache()).await;
    assert!(warm.verify(&Token::valid().sign()).is_ok());
    for (what, token, reason) in &table(World { now: crate::issuer::NOW, home: &home.uri() }) {
        // The table has a token of a key that was deleted. Here it never was in the set.
        for verifier in [&warm, &warm, &cold, &off] {
            assert_eq!(verifier.verify(token).err(), Some(VerifyError::Invalid(*reason)), "{what}");
        }
    }
    assert!(warm.verify(&Token::valid().sign()).is_ok());
}

#[tokio::test]
async fn fr_012_a_token_that_was_verified_before_expires() {
    let issuer = Issuer::start().await;
    let verifier = issuer.ready_verifier().await;
    let token = Token::valid().sign();
    let expires_at = verifier.verify(&token).unwrap().expires_at();
    let skew = SignedDuration::from_secs(30);
    issuer.clock.set(expires_at + skew - SignedDuration::from_secs(1));
    assert!(verifier.verify(&token).is_ok());
    issuer.clock.set(expires_at + skew);
    assert_eq!(verifier.verify(&token).unwrap_err(), VerifyError::Invalid(Reason::Expired));
    // A clock that was set back is believed again.
    issuer.clock.set(expires_at);
    assert!(verifier.verify(&token).is_ok());
}

#[tokio::test]
async fn a_token_that_was_verified_before_goes_with_its_key() {
    let issuer = Issuer::start().await;
    let verifier = issuer.ready_verifier().await;
    let token = Token::valid().sign();
    assert!(verifier.verify(&token).is_ok());
    issuer.answer(key_set(&[&NEXT as &Key]));
    eventually("the other key", || {
        let _ = verifier.verify(&Token::valid().header("kid", "unknown").sign());
        verifier.verify(&token).is_err()
    })
    .await;
    assert_eq!(verifier.verify(&token).unwrap_err(), VerifyError::Invalid(Reason::UnknownKey));
    // It comes back with its key.
    issuer.answer(key_set(&[&CURRENT as &Key]));
    eventually("the key", || {
        let _ = verifier.verify(&Token::valid().header("kid", "unknown").sign());
        verifier.verify(&token).is_ok()
    })
    .await;
}

#[tokio::test]
async fn a_token_that_was_verified_before_is_not_decided_with_keys_that_are_too_old() {
    let issuer = Issuer::start().await;
    let max_age = std::time::Duration::from_secs(3600);
    let verifier = ready(issuer.verifier().max_age(max_age)).await;
    let token = Token::valid().claim("exp", crate::issuer::NOW + 100_000).sign();
    assert!(verifier.verify(&token).is_ok());
    issuer.answer(wiremock::ResponseTemplate::new(503));
    issuer.clock.advance(SignedDuration::from_secs(3601));
    let too_old = VerifyError::Unavailable(Unavailable::KeysTooOld);
    assert_eq!(verifier.verify(&token).unwrap_err(), too_old);
}

#[tokio::test]
async fn tokens_that_share_a_slot_displace_each_other_and_are_all_accepted() {
    let issuer = Issuer::start().await;
    let verifier = issuer.ready_verifier().await;
    let tokens: Vec<String> =
        (0..300).map(|number| Token::valid().claim("jti", number.to_string()).sign()).collect();
    for _ in 0..3 {
        for (number, token) in tokens.iter().enumerate() {
            assert_eq!(verifier.verify(token).unwrap().token_id(), number.to_string());
        }
    }
}
