//! How long a verification takes. Run by hand, in a release build.

use std::hint::black_box;
use std::time::{Duration, Instant};

use metrics_exporter_prometheus::PrometheusBuilder;
use shared_claims::Verifier;

use crate::issuer::{Issuer, Token, ready};
use crate::support::lists::{PREFIX, REVOKED};

const ROUNDS: u32 = 2_000;
const REPEATS: usize = 15;

/// The median over some repeats, each the mean of many rounds.
fn median(mut work: impl FnMut()) -> Duration {
    let mut repeats: Vec<Duration> = (0..REPEATS)
        .map(|_| {
            let start = Instant::now();
            (0..ROUNDS).for_each(|_| work());
            start.elapsed() / ROUNDS
        })
        .collect();
    repeats.sort();
    repeats[REPEATS / 2]
}

fn time(what: &str, verifier: &Verifier, token: &str) {
    let outcome = verifier.verify(token).err().map_or("verified", |error| error.label());
    let took = median(|| drop(black_box(verifier.verify(black_box(token)))));
    println!("{what}, {} bytes ({outcome}): {took:?}", token.len());
}

#[tokio::test]
#[ignore = "a measurement: cargo test --release -p shared-claims -- --ignored --nocapture time_of_verify"]
async fn time_of_verify() {
    let issuer = Issuer::start().await;
    let seldom = Duration::from_secs(600);
    let with_lists = ready(issuer.checking_verifier().status_interval(seldom).without_token_cache()).await;
    let without = ready(issuer.verifier().without_token_cache()).await;
    let caching = ready(issuer.checking_verifier().status_interval(seldom)).await;
    let good = Token::valid().sign();
    let revoked = serde_json::json!({"status_list": {"idx": REVOKED, "uri": format!("{PREFIX}/0")}});
    time("without lists", &without, &good);
    time("with lists", &with_lists, &good);
    time("with lists, from the cache", &caching, &good);
    time("without lists, no status", &without, &Token::valid().without_claim("status").sign());
    time("revoked", &with_lists, &Token::valid().claim("status", revoked).sign());
    time("expired", &with_lists, &Token::valid().claim("exp", 1).sign());
    time("unknown kid", &with_lists, &Token::valid().header("kid", "unknown").sign());
    time("forged", &with_lists, &Token::valid().sign_by(|_| vec![1; 256]));
    time("1 MB", &with_lists, &"x".repeat(1 << 20));

    let recorder = PrometheusBuilder::new().build_recorder();
    ::metrics::with_local_recorder(&recorder, || {
        time("with lists, and a recorder", &with_lists, &good);
        time("unknown kid, and a recorder", &with_lists, &Token::valid().header("kid", "unknown").sign());
        time("1 MB, and a recorder", &with_lists, &"x".repeat(1 << 20));
    });
    time("with lists, again", &with_lists, &good);
}
