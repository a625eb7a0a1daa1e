//! The same with real processes, real time and lives of whole seconds. Replicas die by SIGKILL.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use local_stack::Service;
use local_stack::testing::{self, AUDIENCE, ISSUER, TestDatabase};
use reqwest::Client;
use serde_json::{Value, json};
use shared_claims::{Clock, SystemClock, Verifier, VerifyError};

use super::cache::{HttpCache, Upstreams};
use super::{Dice, Tally, kid_of};
use crate::support::PASSWORD;
use crate::tokens::claims;

const REPLICAS: usize = 3;
const ROTATIONS: usize = 3;
const TO_LIVE: SignedDuration = SignedDuration::from_secs(2);
/// In the proportions of the real ones, as far as whole seconds allow.
const SETTINGS: [(&str, &str); 8] = [
    ("KEY_ROTATION_INTERVAL", "8s"),
    ("KEY_REFRESH_INTERVAL", "100ms"),
    ("JWKS_MAX_AGE", "1s"),
    ("JWKS_STALE_WHILE_REVALIDATE", "1s"),
    ("JWKS_STALE_IF_ERROR", "1s"),
    ("JWKS_VERIFIER_CACHE", "2s"),
    ("CLOCK_SKEW", "1s"),
    ("JWT_TTL", "6s"),
];

fn verifier(upstreams: &Upstreams) -> (Verifier, HttpCache) {
    let cache = HttpCache::start(Arc::new(SystemClock), Arc::clone(upstreams));
    let verifier = Verifier::builder(ISSUER, AUDIENCE)
        .jwks_url(format!("{}/.well-known/jwks.json", cache.url))
        .status_list_url(format!("{}/.well-known/status-lists", cache.url))
        .refresh_interval(Duration::from_secs(1))
        .cooldown(Duration::from_millis(500))
        .clock_skew(Duration::from_secs(1))
        .build()
        .unwrap();
    (verifier, cache)
}

#[actix_web::test]
async fn three_rotations_of_real_processes_refuse_no_valid_token() {
    let database = TestDatabase::auth().await;
    let mut replicas: Vec<Option<Service>> = Vec::new();
    for _ in 0..REPLICAS {
        replicas.push(Some(testing::auth_service(&database, &SETTINGS).await));
    }
    let upstreams = Upstreams::default();
    let urls = |replicas: &[Option<Service>]| -> Vec<String> {
        replicas.iter().flatten().map(|service| service.url().to_owned()).collect()
    };
    *upstreams.lock().unwrap() = urls(&replicas);
    let verifiers: Vec<_> = (0..3).map(|_| verifier(&upstreams)).collect();
    for (verifier, _) in &verifiers {
        verifier.wait_ready().await;
    }
    let http = Client::builder().timeout(Duration::from_secs(2)).build().unwrap();
    let body = json!({"name": "A", "email": "a@example.com", "password": PASSWORD});
    let url = format!("{}/api/auth/sign-up/email", urls(&replicas)[0]);
    let signed_up: Value = http.post(url).json(&body).send().await.unwrap().json().await.unwrap();
    let session = signed_up["token"].as_str().unwrap();

    let (mut tally, mut dice) = (Tally::default(), Dice::new(7));
    let (mut tokens, mut kids) = (HashMap::new(), HashSet::new());
    let mut killed = 0;
    let begun = SystemClock.now();
    let mut rolled = begun;
    while kids.len() <= ROTATIONS {
        let now = SystemClock.now();
        assert!(now.duration_since(begun) < SignedDuration::from_secs(120), "{tally:?}");
        // A second of life between two rolls of the dice.
        if now.duration_since(rolled) > SignedDuration::from_secs(1) {
            rolled = now;
            let chosen = dice.below(REPLICAS);
            match &mut replicas[chosen] {
                Some(service) if upstreams.lock().unwrap().len() > 1 => {
                    service.kill().await.unwrap();
                    replicas[chosen] = None;
                    killed += 1;
                }
                Some(_) => {}
                none => *none = Some(testing::auth_service(&database, &SETTINGS).await),
            }
        }
        // Who was killed just now is still asked: nobody knows yet.
        let asked = {
            let upstreams = upstreams.lock().unwrap();
            upstreams[dice.below(upstreams.len())].clone()
        };
        match http.get(format!("{asked}/api/auth/token")).bearer_auth(session).send().await {
            Err(_) => tally.connection_errors += 1,
            Ok(answer) if answer.status() == 503 => tally.unavailable += 1,
            Ok(answer) => {
                let answer: Value = answer.json().await.unwrap();
                let token = answer["token"].as_str().unwrap().to_owned();
                kids.insert(kid_of(&token));
                let dies = Timestamp::from_second(claims(&token)["exp"].as_i64().unwrap()).unwrap();
                tokens.insert(token, dies);
            }
        }
        tokens.retain(|_, dies| dies.duration_since(SystemClock.now()) > TO_LIVE);
        for (verifier, _) in &verifiers {
            for token in tokens.keys() {
                match verifier.verify(token) {
                    Ok(_) => tally.accepted += 1,
                    Err(VerifyError::Invalid(_)) => tally.refused += 1,
                    Err(VerifyError::Unavailable(_)) => tally.unavailable += 1,
                }
            }
        }
        // A balancer notices a dead replica; the cache meets it before.
        *upstreams.lock().unwrap() = urls(&replicas);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tally.rotations = kids.len() as u64 - 1;
    println!("{tally:?}, {killed} replicas killed");
    assert!(tally.accepted > 500 && killed >= 3, "{tally:?}, {killed} killed");
    assert_eq!(tally.refused, 0, "{tally:?}");
}
