//! Revocation by status lists.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use shared_claims::{Reason, Unavailable, Verifier, VerifyError};
use wiremock::ResponseTemplate;

use crate::issuer::{
    CURRENT, Issuer, JWKS_PATH, NEXT, NOW, STRANGER, Token, eventually, ready, within_deadline,
};
use crate::support::lists::{LISTED, List, PATH, PREFIX, REVOKED, packed};

const REVOKED_TOKEN: VerifyError = VerifyError::Invalid(Reason::Revoked);
const NO_LIST: VerifyError = VerifyError::Unavailable(Unavailable::NoStatusList);
const TOO_OLD: VerifyError = VerifyError::Unavailable(Unavailable::StatusListTooOld);

/// A good token at this place of this list.
fn at(number: u32, idx: u64) -> Token {
    let status = json!({"status_list": {"idx": idx, "uri": format!("{PREFIX}/{number}")}});
    Token::valid().claim("status", status)
}

/// Waits until lists that were published before this call were fetched: two fetches of the only list begin after it.
async fn after_another_poll(verifier: &Verifier) {
    let seen = verifier.status_fetches();
    eventually("more fetches of lists", || verifier.status_fetches() >= seen + 3).await;
}

#[tokio::test]
async fn a_revoked_token_is_refused_and_no_other() {
    let issuer = Issuer::start().await;
    let verifier = ready(issuer.checking_verifier()).await;
    let token = Token::valid().sign();
    assert!(verifier.verify(&token).is_ok());
    assert_eq!(verifier.verify(&at(0, REVOKED).sign()).unwrap_err(), REVOKED_TOKEN);

    issuer.lists.revoke(0, &[LISTED]);
    eventually("the revocation", || verifier.verify(&token).err() == Some(REVOKED_TOKEN)).await;
    for idx in [0, LISTED - 1, LISTED + 1, LISTED + 8, REVOKED, (1 << 20) - 1] {
        assert!(verifier.verify(&at(0, idx).sign()).is_ok(), "{idx}");
    }
    assert_eq!(verifier.fetches(), 1, "a list of the same key is no reason to ask for keys");
}

#[tokio::test]
async fn a_token_without_a_status_needs_no_list() {
    let issuer = Issuer::start().await;
    issuer.lists.answer_at(PATH, ResponseTemplate::new(503));
    let verifier = issuer.checking_verifier().build().unwrap();
    let old = Token::valid().without_claim("status").sign();
    eventually("the keys", || verifier.verify(&old).is_ok()).await;
    assert_eq!(verifier.verify(&Token::valid().sign()).unwrap_err(), NO_LIST);
}

#[tokio::test]
async fn without_lists_a_good_token_is_not_decided_and_a_bad_one_is_refused() {
    let issuer = Issuer::start().await;
    issuer.lists.answer(0, ResponseTemplate::new(503));
    let verifier = issuer.checking_verifier().build().unwrap();
    eventually("the keys", || verifier.verify(&Token::valid().sign()).err() == Some(NO_LIST)).await;
    assert!(!verifier.is_ready());
    for (token, reason) in [
        (Token::valid().claim("exp", NOW - 31).sign(), Reason::Expired),
        (Token::valid().sign_by(|message| STRANGER.sign(message)), Reason::Signature),
        (Token::valid().claim("aud", "https://other.test").sign(), Reason::Audience),
        (Token::valid().claim("status", json!({})).sign(), Reason::Malformed),
        (Token::valid().header("kid", "unknown").sign(), Reason::UnknownKey),
    ] {
        assert_eq!(verifier.verify(&token).unwrap_err(), VerifyError::Invalid(reason));
    }
    issuer.lists.revoke(0, &[]);
    within_deadline("the list", verifier.wait_ready()).await;
    assert!(verifier.verify(&Token::valid().sign()).is_ok());
}

#[tokio::test]
async fn a_verifier_without_lists_neither_asks_for_them_nor_looks_at_the_claim() {
    let issuer = Issuer::start().await;
    let verifier = issuer.ready_verifier().await;
    assert!(verifier.verify(&at(0, REVOKED).sign()).is_ok());
    assert!(verifier.verify(&Token::valid().claim("status", json!("anything")).sign()).is_ok());
    assert_eq!(verifier.status_fetches(), 0);
    assert!(issuer.requests_for(PATH).await.is_empty());
}

#[tokio::test]
async fn a_list_that_a_genuine_token_names_is_looked_for_at_once() {
    let issuer = Issuer::start().await;
    let verifier = ready(issuer.checking_verifier()).await;
    issuer.lists.announce(&[0, 1]);
    issuer.lists.revoke(1, &[REVOKED]);
    // Nobody but the issuer can make it look.
    let looks = issuer.requests_for(PATH).await.len();
    let forged = at(1, LISTED).sign_by(|message| STRANGER.sign(message));
    assert!(verifier.verify(&forged).is_err());
    assert!(verifier.verify(&at(1, LISTED).claim("exp", NOW - 31).sign()).is_err());
    after_another_poll(&verifier).await;
    assert_eq!(issuer.requests_for(PATH).await.len(), looks);

    assert_eq!(verifier.verify(&at(1, LISTED).sign()).unwrap_err(), NO_LIST);
    assert!(verifier.is_ready(), "no other token suffers");
    eventually("the new list", || verifier.verify(&at(1, LISTED).sign()).is_ok()).await;
    assert_eq!(verifier.verify(&at(1, REVOKED).sign()).unwrap_err(), REVOKED_TOKEN);
    assert_eq!(verifier.verify(&at(0, REVOKED).sign()).unwrap_err(), REVOKED_TOKEN);
}

#[tokio::test]
async fn a_list_serves_until_its_maximum_age_and_then_comes_back() {
    let issuer = Issuer::start().await;
    let verifier = ready(issuer.checking_verifier().max_stale(Duration::from_secs(600))).await;
    issuer.lists.answer(0, ResponseTemplate::new(503));
    after_another_poll(&verifier).await;
    issuer.clock.advance(SignedDuration::from_secs(600));
    assert!(verifier.verify(&Token::valid().sign()).is_ok(), "the list is as old as it may be");
    assert_eq!(verifier.verify(&at(0, REVOKED).sign()).unwrap_err(), REVOKED_TOKEN);
    assert!(verifier.is_ready());

    issuer.clock.advance(SignedDuration::from_millis(1));
    assert_eq!(verifier.verify(&Token::valid().sign()).unwrap_err(), TOO_OLD);
    assert_eq!(verifier.verify(&at(0, REVOKED).sign()).unwrap_err(), TOO_OLD);
    assert!(!verifier.is_ready());
    let expired = Token::valid().claim("exp", NOW - 31).sign();
    assert_eq!(verifier.verify(&expired).unwrap_err(), VerifyError::Invalid(Reason::Expired));

    issuer.lists.revoke(0, &[]);
    within_deadline("recovery", verifier.wait_ready()).await;
    assert!(verifier.verify(&Token::valid().sign()).is_ok());
}

#[tokio::test]
async fn an_answer_of_304_keeps_a_list_young_but_not_past_its_end() {
    let issuer = Issuer::start().await;
    let lives_for_an_hour = issuer.checking_verifier().max_stale(Duration::from_secs(600));
    let verifier = ready(lives_for_an_hour).await;
    let token = Token::valid().claim("exp", NOW + 100_000).sign();
    for _ in 0..6 {
        issuer.clock.advance(SignedDuration::from_secs(590));
        eventually("a confirmation", || verifier.verify(&token).is_ok()).await;
    }
    let bodies = issuer.requests_for(&format!("{PATH}/0")).await;
    let whole = bodies.iter().filter(|request| !request.headers.contains_key("if-none-match")).count();
    assert_eq!(whole, 1, "the list was sent once");

    // exp is at 3600; the clocks may be 30 s apart.
    issuer.clock.set(Timestamp::from_second(NOW + 3629).unwrap());
    eventually("a confirmation", || verifier.verify(&token).is_ok()).await;
    issuer.clock.set(Timestamp::from_second(NOW + 3630).unwrap());
    after_another_poll(&verifier).await;
    assert_eq!(verifier.verify(&token).unwrap_err(), TOO_OLD);
    issuer.lists.publish(0, List::new(0, NOW + 3600, &[]).sign());
    eventually("the next list", || verifier.verify(&token).is_ok()).await;
}

#[tokio::test]
async fn a_bad_list_never_replaces_a_good_one() {
    let issuer = Issuer::start().await;
    let verifier = ready(issuer.checking_verifier()).await;
    let list = || List::new(0, NOW, &[LISTED]);
    let ok = |body: String| ResponseTemplate::new(200).set_body_string(body);
    let bad = [
        ("nothing", ok(String::new())),
        ("no list", ok("<html>502</html>".to_owned())),
        ("no text", ResponseTemplate::new(200).set_body_bytes(vec![0xff; 100])),
        ("a stranger's, in the name of a key", ok(list().header("kid", CURRENT.kid).sign_by_as(&STRANGER))),
        ("a stranger's", ok(list().sign_by(&STRANGER))),
        ("another typ", ok(list().header("typ", "at+jwt").sign())),
        ("no typ", ok(list().header("typ", json!(null)).sign())),
        ("alg none", ok(list().header("alg", "none").sign())),
        ("crit", ok(list().header("crit", json!(["x"])).sign())),
        ("the list of another URI", ok(List::new(1, NOW, &[LISTED]).sign())),
        ("no sub", ok(list().claim("sub", json!(null)).sign())),
        ("of the future", ok(list().claim("iat", NOW + 31).sign())),
        ("past its end", ok(list().claim("exp", NOW - 30).sign())),
        ("rolled back", ok(list().claim("iat", NOW - 1).sign())),
        ("exp a float", ok(list().claim("exp", 1.5).sign())),
        ("exp past all dates", ok(list().claim("exp", i64::MAX).sign())),
        ("2 bits", ok(list().member("bits", 2).sign())),
        ("no lst", ok(list().member("lst", json!(null)).sign())),
        ("lst not packed", ok(list().member("lst", "AAAA").sign())),
        ("a bomb", ok(list().member("lst", packed(&vec![0; 64 << 20])).sign())),
        ("one bit too many", ok(list().member("lst", packed(&vec![0; (1 << 17) + 1])).sign())),
        ("a body past the cap", ok(format!("{}{}", list().sign(), " ".repeat(256 * 1024)))),
        ("201", ResponseTemplate::new(201).set_body_string(list().sign())),
        ("404", ResponseTemplate::new(404).set_body_string(list().sign())),
        ("503", ResponseTemplate::new(503)),
        ("a redirect", ResponseTemplate::new(302).insert_header("location", format!("{PATH}/1"))),
    ];
    issuer.lists.publish(1, list().sign());
    for (what, answer) in bad {
        issuer.lists.answer(0, answer);
        after_another_poll(&verifier).await;
        assert!(verifier.verify(&Token::valid().sign()).is_ok(), "{what}");
        assert_eq!(verifier.verify(&at(0, REVOKED).sign()).unwrap_err(), REVOKED_TOKEN, "{what}");
    }
    issuer.lists.publish(0, list().sign());
    eventually("a good list", || verifier.verify(&Token::valid().sign()).is_err()).await;
}

/// Replicas whose clocks differ make the next list at different moments.
#[tokio::test]
async fn an_older_list_is_no_failure_and_renews_nothing() {
    let issuer = Issuer::start().await;
    // With waits that double as after failures, a dozen fetches would take half a minute.
    let verifier = ready(issuer.checking_verifier().cooldown(Duration::from_secs(5))).await;
    issuer.lists.publish(0, List::new(0, NOW - 300, &[LISTED]).sign());
    let seen = verifier.status_fetches();
    eventually("a dozen fetches", || verifier.status_fetches() >= seen + 12).await;
    let token = Token::valid().claim("exp", NOW + 100_000).sign();
    assert!(verifier.verify(&token).is_ok(), "by the list in force");
    issuer.clock.advance(SignedDuration::from_secs(15 * 60 + 31));
    after_another_poll(&verifier).await;
    assert_eq!(verifier.verify(&token).unwrap_err(), TOO_OLD);
}

/// As after a wrong time from the network, on the machines of both services.
#[tokio::test]
async fn clocks_that_were_ahead_hide_no_revocation_when_they_are_right_again() {
    let issuer = Issuer::start().await;
    let verifier = ready(issuer.checking_verifier()).await;
    let token = Token::valid().claim("exp", NOW + 100_000).sign();
    issuer.clock.advance(SignedDuration::from_hours(1));
    issuer.lists.publish(0, List::new(0, NOW + 3600, &[]).sign());
    after_another_poll(&verifier).await;
    assert!(verifier.verify(&token).is_ok());

    issuer.lists.answer(0, ResponseTemplate::new(503));
    issuer.clock.advance(SignedDuration::from_hours(-1));
    assert_eq!(verifier.verify(&token).unwrap_err(), TOO_OLD, "nobody knows how old it is");
    issuer.lists.publish(0, List::new(0, NOW, &[LISTED]).sign());
    eventually("the revocation", || verifier.verify(&token).err() == Some(REVOKED_TOKEN)).await;
}

#[tokio::test]
async fn only_places_under_the_configured_url_are_ever_fetched() {
    let issuer = Issuer::start().await;
    let elsewhere = wiremock::MockServer::start().await;
    let foreign = [
        format!("{}/lists/0", elsewhere.uri()),
        format!("{PREFIX}/../../x"),
        format!("{PREFIX}/1?a"),
        format!("{PREFIX}/01"),
    ];
    let own = format!("{PREFIX}/0");
    issuer.lists.announce_uris(&[foreign.as_slice(), &[own]].concat());
    let verifier = ready(issuer.checking_verifier()).await;
    for uri in &foreign {
        let status = json!({"status_list": {"idx": LISTED, "uri": uri}});
        let verdict = verifier.verify(&Token::valid().claim("status", status).sign());
        assert_eq!(verdict.unwrap_err(), VerifyError::Invalid(Reason::StatusReference), "{uri}");
    }
    after_another_poll(&verifier).await;
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
    let mut paths: Vec<_> = issuer.server.received_requests().await.unwrap();
    paths.retain(|request| request.url.path() != JWKS_PATH);
    assert!(paths.iter().all(|request| [PATH, &format!("{PATH}/0")].contains(&request.url.path())));
}

#[tokio::test]
async fn a_bad_aggregation_takes_no_list_away() {
    let issuer = Issuer::start().await;
    let verifier = ready(issuer.checking_verifier()).await;
    let ok = |body: &str| ResponseTemplate::new(200).set_body_string(body);
    for answer in [
        ok(""),
        ok("{}"),
        ok(r#"{"status_lists":[]}"#),
        ok(r#"{"status_lists":["https://evil.test/0"]}"#),
        ResponseTemplate::new(500),
    ] {
        issuer.lists.answer_at(PATH, answer.clone());
        let looks = issuer.requests_for(PATH).await.len() as u64;
        let mut seen = 0;
        while seen < looks + 2 {
            let _ = verifier.verify(&at(9, LISTED).sign());
            after_another_poll(&verifier).await;
            seen = issuer.requests_for(PATH).await.len() as u64;
        }
        assert!(verifier.verify(&Token::valid().sign()).is_ok(), "{answer:?}");
        assert!(verifier.is_ready());
    }
}

#[tokio::test]
async fn a_list_of_another_key_makes_the_key_set_be_fetched_past_every_cache() {
    let issuer = Issuer::start().await;
    issuer.publish(&[&CURRENT, &NEXT]);
    let verifier = ready(issuer.checking_verifier()).await;
    let by_current = Token::valid().sign();
    assert!(verifier.verify(&by_current).is_ok());

    // An emergency: CURRENT is revoked, NEXT, which was published already, signs.
    issuer.publish(&[&NEXT]);
    issuer.lists.publish(0, List::new(0, NOW, &[]).sign_by(&NEXT));
    eventually("the revoked key to be gone", || verifier.verify(&by_current).is_err()).await;
    let fetches = issuer.requests_for(JWKS_PATH).await;
    assert_eq!(fetches.len(), 2);
    assert!(!fetches[0].headers.contains_key("cache-control"));
    assert_eq!(fetches[1].headers["cache-control"], "no-cache");
}

#[tokio::test]
async fn a_list_of_an_unknown_key_is_taken_as_soon_as_its_key_is_there() {
    let issuer = Issuer::start().await;
    // The list is the first thing that is seen of the new key.
    issuer.lists.publish(0, List::new(0, NOW, &[LISTED]).sign_by(&NEXT));
    let verifier = issuer.checking_verifier().status_interval(Duration::from_secs(5)).build().unwrap();
    eventually("the keys", || verifier.fetches() >= 2).await;
    issuer.publish(&[&CURRENT, &NEXT]);
    eventually("the list", || {
        // Tokens by the new key ask for its set.
        let by_next = Token::valid().header("kid", NEXT.kid).sign_by(|message| NEXT.sign(message));
        verifier.verify(&by_next).err() == Some(REVOKED_TOKEN)
    })
    .await;
}
