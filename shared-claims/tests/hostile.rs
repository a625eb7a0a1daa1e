//! Nothing but a genuine token is let in, whatever it looks like.

use shared_claims::VerifyError;

use crate::issuer::{CURRENT, Issuer, NEXT, NOW, Token};
use crate::support::hostile::{World, table};

const HOME_TEST: World<'static> = World { now: NOW, home: "http://home.test" };

#[tokio::test]
async fn fr_019_every_hostile_token_is_refused_and_for_the_right_reason() {
    let issuer = Issuer::start().await;
    let home = wiremock::MockServer::start().await;
    issuer.publish(&[&CURRENT, &NEXT]);
    let verifier = crate::issuer::ready(issuer.checking_verifier()).await;
    // NEXT was in the set once and is deleted now.
    let retired = Token::valid().header("kid", NEXT.kid).sign_by(|message| NEXT.sign(message));
    assert!(verifier.verify(&retired).is_ok());
    issuer.publish(&[&CURRENT]);
    crate::issuer::eventually("the deleted key to be gone", || {
        let _ = verifier.verify(&Token::valid().header("kid", "unknown").sign());
        verifier.verify(&retired).is_err()
    })
    .await;

    let table = table(World { now: NOW, home: &home.uri() });
    assert!(table.len() > 150, "the table has shrunk to {}", table.len());
    for (what, token, reason) in &table {
        assert_eq!(verifier.verify(token).err(), Some(VerifyError::Invalid(*reason)), "{what}");
    }
    assert!(verifier.verify(&Token::valid().sign()).is_ok(), "the good one is still good");
    assert_eq!(home.received_requests().await.unwrap().len(), 0, "an address in a token was followed");
}

#[tokio::test]
async fn fr_019_the_error_says_the_same_for_every_reason() {
    let issuer = Issuer::start().await;
    let verifier = crate::issuer::ready(issuer.checking_verifier()).await;
    let mut texts: Vec<String> = table(HOME_TEST)
        .iter()
        .map(|(_, token, _)| verifier.verify(token).unwrap_err().to_string())
        .collect();
    texts.dedup();
    assert_eq!(texts, ["a valid bearer token is required"]);
}

#[tokio::test]
async fn fr_013_a_token_with_any_one_bit_flipped_is_refused() {
    let issuer = Issuer::start().await;
    let verifier = issuer.ready_verifier().await;
    let token = Token::valid().sign();
    assert!(verifier.verify(&token).is_ok());
    for position in 0..token.len() {
        for bit in 0..7 {
            let mut bytes = token.clone().into_bytes();
            bytes[position] ^= 1 << bit;
            let flipped = String::from_utf8(bytes).unwrap();
            assert!(verifier.verify(&flipped).is_err(), "bit {bit} of byte {position} makes no difference");
        }
    }
}

#[tokio::test]
async fn a_token_cut_short_anywhere_is_refused() {
    let issuer = Issuer::start().await;
    let verifier = issuer.ready_verifier().await;
    let token = Token::valid().sign();
    for end in 0..token.len() {
        assert!(verifier.verify(&token[..end]).is_err(), "cut at {end}");
    }
}
