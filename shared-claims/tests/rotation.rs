//! Keys come and go, and strangers ask for keys that never were.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use serde_json::json;
use shared_claims::{Reason, SharedClock, Verifier, VerifyError};
use wiremock::ResponseTemplate;

use crate::issuer::{CURRENT, Issuer, Key, NEXT, STRANGER, Token, eventually, within_deadline};

fn by(key: &Key) -> String {
    Token::valid().header("kid", key.kid).sign_by(|message| key.sign(message))
}

fn unknown(n: u64) -> String {
    Token::valid().header("kid", format!("{n:032x}")).sign_by(|_| vec![0; 256])
}

const UNKNOWN_KEY: VerifyError = VerifyError::Invalid(Reason::UnknownKey);

#[tokio::test]
async fn a_new_key_is_picked_up_on_schedule() {
    let issuer = Issuer::start().await;
    let verifier = issuer.verifier().refresh_interval(Duration::from_millis(30)).build().unwrap();
    within_deadline("keys", verifier.wait_ready()).await;
    issuer.publish(&[&CURRENT, &NEXT]);
    // Nothing is verified meanwhile: the schedule alone must bring the key.
    let seen = verifier.fetches();
    eventually("two refreshes", || verifier.fetches() >= seen + 3).await;
    assert!(verifier.verify(&by(&NEXT)).is_ok());
    assert!(verifier.verify(&by(&CURRENT)).is_ok());
}

#[tokio::test]
async fn an_unknown_key_id_is_refused_now_and_asked_for_in_the_background() {
    let issuer = Issuer::start().await;
    let verifier = issuer.ready_verifier().await;
    issuer.publish(&[&NEXT]);
    let (old, new) = (by(&CURRENT), by(&NEXT));
    assert_eq!(verifier.verify(&new).unwrap_err(), UNKNOWN_KEY);
    eventually("the new key", || verifier.verify(&new).is_ok()).await;
    assert_eq!(verifier.verify(&old).unwrap_err(), UNKNOWN_KEY, "the key that was deleted still works");
}

#[tokio::test]
async fn another_key_under_a_known_key_id_is_refused_until_the_known_one_is_too_old() {
    let issuer = Issuer::start().await;
    let max_age = Duration::from_secs(3600);
    let verifier = issuer.verifier().refresh_interval(Duration::from_millis(30)).max_age(max_age);
    let verifier = verifier.build().unwrap();
    within_deadline("keys", verifier.wait_ready()).await;
    let mut forged = STRANGER.jwk();
    forged["kid"] = json!(CURRENT.kid);
    let body = json!({"keys": [NEXT.jwk(), forged]});
    issuer.answer(ResponseTemplate::new(200).set_body_json(body));
    let seen = verifier.fetches();
    eventually("two refreshes", || verifier.fetches() >= seen + 3).await;
    let forgery = || Token::valid().sign_by(|message| STRANGER.sign(message));
    assert!(verifier.verify(&Token::valid().sign()).is_ok());
    assert!(verifier.verify(&forgery()).is_err());
    assert_eq!(verifier.verify(&by(&NEXT)).unwrap_err(), UNKNOWN_KEY, "no key of the set is taken");
    // Otherwise an issuer that did so by mistake would never be trusted again.
    issuer.clock.advance(SignedDuration::from_secs(3601));
    eventually("the other key", || verifier.is_ready()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_unknown_key_ids_cause_no_more_fetches_than_the_cooldown_allows() {
    const COOLDOWN: Duration = Duration::from_millis(50);
    let issuer = Issuer::start().await;
    let start = Instant::now();
    let verifier = issuer.verifier().cooldown(COOLDOWN).build().unwrap();
    within_deadline("keys", verifier.wait_ready()).await;
    for n in 0..10_000 {
        assert_eq!(verifier.verify(&unknown(n)).unwrap_err(), UNKNOWN_KEY);
    }
    eventually("a fetch that they caused", || verifier.fetches() >= 2).await;
    let fetches = verifier.fetches();
    let allowed = 1 + start.elapsed().as_millis() / COOLDOWN.as_millis();
    assert!(u128::from(fetches) <= allowed, "{fetches} fetches where {allowed} are allowed");
    assert!(verifier.verify(&Token::valid().sign()).is_ok(), "good tokens stay good");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn within_the_cooldown_unknown_key_ids_cause_no_fetch_at_all() {
    let issuer = Issuer::start().await;
    let verifier = issuer.verifier().cooldown(Duration::from_secs(3600)).build().unwrap();
    within_deadline("keys", verifier.wait_ready()).await;
    for n in 0..10_000 {
        assert_eq!(verifier.verify(&unknown(n)).unwrap_err(), UNKNOWN_KEY);
    }
    tokio::task::yield_now().await;
    assert_eq!((verifier.fetches(), issuer.requests().await), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_threads_asking_at_once_cause_no_more_fetches_than_one() {
    const COOLDOWN: Duration = Duration::from_millis(100);
    let issuer = Issuer::start().await;
    let start = Instant::now();
    let verifier = issuer.verifier().cooldown(COOLDOWN).build().unwrap();
    within_deadline("keys", verifier.wait_ready()).await;
    let threads: Vec<_> = (0..4)
        .map(|thread| {
            let verifier = verifier.clone();
            std::thread::spawn(move || {
                (0..500).for_each(|n| assert!(verifier.verify(&unknown(thread * 500 + n)).is_err()));
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    eventually("the fetch", || verifier.fetches() >= 2).await;
    let fetches = verifier.fetches();
    let allowed = 1 + start.elapsed().as_millis() / COOLDOWN.as_millis();
    assert!(u128::from(fetches) <= allowed, "{fetches} fetches where {allowed} are allowed");
    // Nor is there a request that was not counted.
    let requests = issuer.requests().await;
    assert!(requests <= verifier.fetches());
}

#[tokio::test]
async fn with_known_keys_nothing_is_fetched() {
    let issuer = Issuer::start().await;
    let verifier = issuer.ready_verifier().await;
    let token = Token::valid().sign();
    for _ in 0..1_000 {
        assert!(verifier.verify(&token).is_ok());
        assert!(verifier.verify("rubbish").is_err());
    }
    tokio::task::yield_now().await;
    assert_eq!((verifier.fetches(), issuer.requests().await), (1, 1));
}

#[tokio::test]
async fn the_background_task_ends_with_the_last_clone() {
    let issuer = Issuer::start().await;
    let verifier = issuer.ready_verifier().await;
    let clock: SharedClock = issuer.clock.clone();
    let clone = verifier.clone();
    drop(verifier);
    assert!(clone.verify(&Token::valid().sign()).is_ok());
    issuer.publish(&[&CURRENT, &NEXT]);
    let ask = |verifier: &Verifier| verifier.verify(&by(&NEXT)).is_ok();
    eventually("the task to live on", || ask(&clone)).await;
    drop(clone);
    // The task holds the clock; left are the issuer's and ours.
    eventually("the task to end", || Arc::strong_count(&clock) == 2).await;
}
