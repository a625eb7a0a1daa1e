//! What a resource server's Prometheus sees.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use shared_claims::{SharedClock, Verifier, VirtualClock};
use wiremock::ResponseTemplate;

use crate::issuer::{Issuer, NOW, STRANGER, Token, eventually, ready};
use crate::support::lists::{LISTED, PATH};

/// Runs a test in which everything is recorded: on one thread, since the recorder is that thread's.
fn recorded<F: Future<Output = ()>>(test: impl FnOnce(PrometheusHandle) -> F) {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    ::metrics::with_local_recorder(&recorder, || runtime.block_on(test(handle)));
}

/// The value of this series, or nought if it is not there.
fn value(handle: &PrometheusHandle, series: &str) -> f64 {
    let text = handle.render();
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.map_or(0.0, |value| value.parse().unwrap())
}

fn decided(handle: &PrometheusHandle, outcome: &str) -> f64 {
    value(handle, &format!("shared_claims_verifications_total{{outcome=\"{outcome}\"}}"))
}

fn fetched(handle: &PrometheusHandle, document: &str, outcome: &str) -> f64 {
    let labels = format!("document=\"{document}\",outcome=\"{outcome}\"");
    value(handle, &format!("shared_claims_fetches_total{{{labels}}}"))
}

#[test]
fn every_decision_is_counted_by_its_outcome() {
    recorded(async |handle| {
        let issuer = Issuer::start().await;
        let verifier = ready(issuer.checking_verifier()).await;
        let verify = |verifier: &Verifier, token: &str| drop(verifier.verify(token));
        for _ in 0..3 {
            verify(&verifier, &Token::valid().sign());
        }
        verify(&verifier, "rubbish");
        verify(&verifier, &Token::valid().claim("exp", NOW - 31).sign());
        verify(&verifier, &Token::valid().sign_by(|message| STRANGER.sign(message)));
        issuer.lists.revoke(0, &[LISTED]);
        eventually("the revocation", || verifier.verify(&Token::valid().sign()).is_err()).await;
        issuer.clock.advance(SignedDuration::from_hours(25));
        verify(&verifier, &Token::valid().sign());
        assert!(decided(&handle, "verified") >= 3.0);
        for outcome in ["malformed", "expired", "signature", "revoked", "keys_too_old"] {
            assert_eq!(decided(&handle, outcome), 1.0, "{outcome}: {}", handle.render());
        }
        assert_eq!(decided(&handle, "algorithm"), 0.0);
    });
}

#[test]
fn every_fetch_is_counted_by_what_came_of_it() {
    recorded(async |handle| {
        let issuer = Issuer::start().await;
        let verifier = ready(issuer.checking_verifier()).await;
        eventually("a list that has not changed", || fetched(&handle, "status_list", "not_modified") >= 1.0)
            .await;
        assert_eq!(fetched(&handle, "key_set", "new"), 1.0);
        assert_eq!(fetched(&handle, "status_list", "new"), 1.0);
        assert_eq!(fetched(&handle, "status_lists", "new"), 1.0);
        issuer.lists.answer(0, ResponseTemplate::new(503));
        issuer.lists.answer_at(PATH, ResponseTemplate::new(503));
        issuer.answer(ResponseTemplate::new(200).set_body_string("rubbish"));
        eventually("failures", || {
            let _ = verifier.verify(&Token::valid().header("kid", "unknown").sign());
            fetched(&handle, "key_set", "failed") >= 1.0 && fetched(&handle, "status_list", "failed") >= 1.0
        })
        .await;
    });
}

#[test]
fn the_ages_of_keys_and_lists_grow_while_the_issuer_is_away() {
    recorded(async |handle| {
        let issuer = Issuer::start().await;
        let clock = Arc::new(VirtualClock::new(Timestamp::from_second(NOW).unwrap()));
        let shared: SharedClock = clock.clone();
        let _verifier = ready(issuer.checking_verifier().clock(shared)).await;
        issuer.lists.answer(0, ResponseTemplate::new(503));
        issuer.answer(ResponseTemplate::new(503));
        // Nobody asks for anything meanwhile.
        let ages = ["shared_claims_key_set_age_seconds", "shared_claims_status_list_age_seconds{list=\"0\"}"];
        eventually("ages of a quarter of an hour", || {
            clock.advance(Duration::from_secs(1));
            ages.iter().all(|series| value(&handle, series) >= 900.0)
        })
        .await;
    });
}
