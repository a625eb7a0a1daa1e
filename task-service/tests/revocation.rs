//! Revoked tokens at the running service: 401 for invalid tokens, 503 if the status is unknown.

use std::time::Duration;

use jiff::SignedDuration;
use local_stack::testing::TestDatabase;
use serde_json::json;
use shared_claims::{Clock, SystemClock};
use tokio::time::Instant;
use wiremock::ResponseTemplate;

use crate::hostile::{Guarded, until};
use crate::support::issuer::{CURRENT, Issuer, JWKS_PATH, STRANGER};
use crate::support::lists::{LISTED, List, PATH};

#[tokio::test]
async fn a_revoked_token_is_refused_within_seconds() {
    let guarded = Guarded::start(&[]).await;
    let token = guarded.token().sign();
    guarded.ask(&token).await.expect(200);
    let start = Instant::now();
    guarded.issuer.lists.revoke(0, &[LISTED]);
    until("the revocation", async || guarded.ask(&token).await.status == 401).await;
    let took = start.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
    let other =
        json!({"status_list": {"idx": LISTED + 1, "uri": format!("{}/0", crate::support::lists::PREFIX)}});
    guarded.ask(&guarded.token().claim("status", other).sign()).await.expect(200);
    guarded.ask(&guarded.token().without_claim("status").sign()).await.expect(200);
    guarded.client.get("/readyz").await.expect(200);
}

#[tokio::test]
async fn without_lists_the_answer_is_503_for_good_tokens_alone_and_it_recovers_by_itself() {
    let now = SystemClock.now();
    let (issuer, database) = (Issuer::start_at(now.as_second()).await, TestDatabase::tasks().await);
    issuer.lists.answer(0, ResponseTemplate::new(503));
    let settings = [("STATUS_LIST_INTERVAL", "50ms"), ("JWKS_COOLDOWN", "50ms")];
    let guarded = Guarded::with(issuer, database, &settings, now, false).await;
    let token = guarded.token().sign();
    let old = guarded.token().without_claim("status").sign();
    until("the keys", async || guarded.ask(&old).await.status == 200).await;

    let answer = guarded.ask(&token).await.expect_error(503, "KEYS_UNAVAILABLE");
    assert_eq!((answer.header("retry-after"), answer.header("www-authenticate")), ("10", ""));
    guarded.client.get("/readyz").await.expect_error(503, "NOT_READY");
    guarded.client.get("/healthz").await.expect(200);
    let expired = guarded.token().claim("exp", now.as_second() - 31).sign();
    guarded.ask(&expired).await.expect_error(401, "UNAUTHORIZED");
    let forged = guarded.token().sign_by(|message| STRANGER.sign(message));
    guarded.ask(&forged).await.expect_error(401, "UNAUTHORIZED");
    guarded.client.get("/api/me/tasks").await.expect_error(401, "UNAUTHORIZED");

    guarded.issuer.lists.revoke(0, &[]);
    until("the list", async || guarded.ask(&token).await.status == 200).await;
    guarded.client.get("/readyz").await.expect(200);
}

#[tokio::test]
async fn with_lists_that_are_too_old_the_answer_is_503_until_there_are_newer_ones() {
    let settings =
        [("STATUS_LIST_INTERVAL", "50ms"), ("STATUS_LIST_MAX_STALE", "500ms"), ("JWKS_COOLDOWN", "100ms")];
    let guarded = Guarded::start(&settings).await;
    let token = guarded.token().sign();
    guarded.ask(&token).await.expect(200);
    guarded.issuer.lists.answer(0, ResponseTemplate::new(503));
    until("the list to be too old", async || guarded.ask(&token).await.status != 200).await;
    guarded.ask(&token).await.expect_error(503, "KEYS_UNAVAILABLE");
    guarded.client.get("/readyz").await.expect_error(503, "NOT_READY");
    // A list that ends in the past is no newer one.
    let past = (guarded.now - SignedDuration::from_mins(5)).as_second();
    guarded.issuer.lists.publish(0, List::new(0, past, &[]).claim("exp", past + 60).sign());
    guarded.ask(&token).await.expect_error(503, "KEYS_UNAVAILABLE");
    guarded.issuer.lists.revoke(0, &[]);
    until("recovery", async || guarded.ask(&token).await.status == 200).await;
}

#[tokio::test]
async fn the_status_lists_can_be_left_out() {
    let now = SystemClock.now();
    let (issuer, database) = (Issuer::start_at(now.as_second()).await, TestDatabase::tasks().await);
    issuer.lists.answer_at(PATH, ResponseTemplate::new(404));
    let guarded = Guarded::with(issuer, database, &[("STATUS_LIST_CHECK", "false")], now, true).await;
    guarded.ask(&guarded.token().sign()).await.expect(200);
    assert!(guarded.issuer.requests_for(PATH).await.is_empty());
}

#[tokio::test]
async fn ten_thousand_unknown_key_ids_cause_no_more_fetches_than_the_cooldown_allows() {
    const COOLDOWN: Duration = Duration::from_millis(500);
    let start = Instant::now();
    let guarded = Guarded::start(&[("JWKS_COOLDOWN", "500ms")]).await;
    // Hand-made: signing each would only slow the test down.
    let tokens: Vec<String> = (0..10_000)
        .map(|n| guarded.token().header("kid", format!("{n:032x}")).sign_by(|_| vec![0; 256]))
        .collect();
    let clients = tokens.chunks(1_250).map(async |chunk| {
        for token in chunk {
            guarded.ask(token).await.expect(401);
        }
    });
    futures_util::future::join_all(clients).await;
    until("a fetch that they caused", async || guarded.issuer.requests().await >= 2).await;
    let fetches = guarded.issuer.requests_for(JWKS_PATH).await;
    let allowed = 1 + start.elapsed().as_millis() / COOLDOWN.as_millis();
    assert!(fetches.len() as u128 <= allowed, "{} fetches where {allowed} are allowed", fetches.len());
    println!("10,000 unknown key ids in {:?}: {} fetches", start.elapsed(), fetches.len());
    assert!(fetches[1..].iter().all(|fetch| fetch.headers["cache-control"] == "no-cache"));
    guarded.ask(&guarded.token().header("kid", CURRENT.kid).sign()).await.expect(200);
}
