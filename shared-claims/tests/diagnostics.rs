//! What a verifier reports about settings that do not fit those of the issuer.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use shared_claims::{Diagnostics, Mismatch, Reason, RefusedTokens, SharedSetting, VerifierBuilder};
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::issuer::{
    AUDIENCE, CURRENT, ISSUER, Issuer, JWKS_PATH, STRANGER, Token, eventually, key_set, ready,
};

const OPENID: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";

/// Keeps what it is told.
#[derive(Clone, Default)]
struct Reports {
    mismatches: Arc<Mutex<Vec<Mismatch>>>,
    refused: Arc<Mutex<Vec<RefusedTokens>>>,
}

impl Diagnostics for Reports {
    fn mismatch(&self, mismatch: &Mismatch) {
        self.mismatches.lock().unwrap().push(mismatch.clone());
    }

    fn refused(&self, refused: &RefusedTokens) {
        self.refused.lock().unwrap().push(refused.clone());
    }
}

impl Reports {
    fn settings(&self) -> Vec<SharedSetting> {
        self.mismatches.lock().unwrap().iter().map(|mismatch| mismatch.setting).collect()
    }
}

/// A server with a key set and `metadata` at `at`.
async fn server(at: &str, metadata: Value) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(path(JWKS_PATH)).respond_with(key_set(&[&CURRENT])).mount(&server).await;
    let answer = ResponseTemplate::new(200).set_body_json(metadata);
    Mock::given(path(at)).respond_with(answer).mount(&server).await;
    server
}

fn metadata(issuer: &str, audience: &str, typ: &str) -> Value {
    json!({
        "issuer": issuer,
        "latchkey_access_token_audience": audience,
        "latchkey_access_token_type": typ,
    })
}

fn comparing(issuer: &Issuer, server: &MockServer, reports: &Reports) -> VerifierBuilder {
    let builder = issuer.verifier().jwks_url(format!("{}{JWKS_PATH}", server.uri()));
    builder.diagnostics(reports.clone()).compare_settings()
}

async fn is_asked(server: &MockServer, at: &str) -> bool {
    server.received_requests().await.unwrap().iter().any(|request| request.url.path() == at)
}

#[tokio::test]
async fn every_setting_that_differs_from_the_issuers_is_reported() {
    let (issuer, reports) = (Issuer::start().await, Reports::default());
    let server = server(OPENID, metadata("https://other.test", "https://other.test", "JWT")).await;
    let _verifier = ready(comparing(&issuer, &server, &reports)).await;
    eventually("the report", || reports.settings().len() == 3).await;
    let all = [SharedSetting::Issuer, SharedSetting::Audience, SharedSetting::TokenType];
    assert_eq!(reports.settings(), all);
    let first = reports.mismatches.lock().unwrap()[0].clone();
    assert_eq!((first.expected.as_str(), first.published.as_str()), (ISSUER, "https://other.test"));
}

#[tokio::test]
async fn metadata_is_found_where_rfc_8414_puts_it() {
    let (issuer, reports) = (Issuer::start().await, Reports::default());
    let server = server(OAUTH, metadata(ISSUER, AUDIENCE, "JWT")).await;
    let _verifier = ready(comparing(&issuer, &server, &reports)).await;
    eventually("the report", || reports.settings() == [SharedSetting::TokenType]).await;
    assert!(is_asked(&server, OPENID).await, "the place beside the keys comes first");
}

#[tokio::test]
async fn settings_that_fit_are_not_reported_and_nobody_is_asked_without_being_told_to() {
    let (issuer, reports) = (Issuer::start().await, Reports::default());
    let fitting = server(OPENID, metadata(ISSUER, AUDIENCE, "at+jwt")).await;
    let verifier = ready(comparing(&issuer, &fitting, &reports)).await;
    while !is_asked(&fitting, OPENID).await {
        tokio::task::yield_now().await;
    }
    let quiet = server(OPENID, metadata("https://other.test", AUDIENCE, "at+jwt")).await;
    let builder = issuer.verifier().jwks_url(format!("{}{JWKS_PATH}", quiet.uri()));
    let silent = ready(builder.diagnostics(reports.clone())).await;
    for verifier in [verifier, silent] {
        verifier.verify(&Token::valid().sign()).unwrap();
    }
    assert_eq!(reports.settings(), []);
    assert!(!is_asked(&quiet, OPENID).await);
}

/// The metadata of another provider at the same host says nothing about these tokens.
#[tokio::test]
async fn metadata_of_others_is_not_compared() {
    let (issuer, reports) = (Issuer::start().await, Reports::default());
    let server = server(OPENID, json!({"issuer": "https://other.test", "jwks_uri": "x"})).await;
    let own = ResponseTemplate::new(200).set_body_json(metadata(ISSUER, "https://a.test", "at+jwt"));
    Mock::given(path(OAUTH)).respond_with(own).mount(&server).await;
    let _verifier = ready(comparing(&issuer, &server, &reports)).await;
    eventually("the report", || reports.settings() == [SharedSetting::Audience]).await;
}

/// Tokens are verified while nothing is known of the issuer's settings, and it is asked again until it answers.
#[tokio::test]
async fn an_issuer_that_cannot_answer_is_asked_again() {
    let (issuer, reports) = (Issuer::start().await, Reports::default());
    let server = MockServer::start().await;
    Mock::given(path(JWKS_PATH)).respond_with(key_set(&[&CURRENT])).mount(&server).await;
    let away =
        Mock::given(path(OPENID)).respond_with(ResponseTemplate::new(503)).mount_as_scoped(&server).await;
    let mut builder = comparing(&issuer, &server, &reports);
    builder = builder.clock(Arc::new(shared_claims::SystemClock));
    let verifier = ready(builder).await;
    while !is_asked(&server, OPENID).await {
        tokio::task::yield_now().await;
    }
    assert!(verifier.is_ready());
    drop(away);
    let answer = ResponseTemplate::new(200).set_body_json(metadata("https://other.test", AUDIENCE, "at+jwt"));
    Mock::given(path(OPENID)).respond_with(answer).mount(&server).await;
    eventually("the report", || reports.settings() == [SharedSetting::Issuer]).await;
}

#[tokio::test]
async fn tokens_refused_because_of_a_setting_are_reported_once_with_what_differs() {
    let (issuer, reports) = (Issuer::start().await, Reports::default());
    let verifier = ready(issuer.verifier().diagnostics(reports.clone())).await;
    let refused = [
        (Token::valid().claim("iss", "https://other.test"), Reason::Issuer),
        (Token::valid().claim("aud", json!(["https://other.test", "b"])), Reason::Audience),
        (Token::valid().header("typ", "JWT"), Reason::Type),
        (Token::valid().header("kid", STRANGER.kid), Reason::UnknownKey),
    ];
    for _ in 0..3 {
        for (token, _) in &refused {
            verifier.verify(&token.sign()).unwrap_err();
        }
        // Neither is a setting's fault.
        verifier.verify(&Token::valid().claim("exp", 0).sign()).unwrap_err();
        verifier.verify("garbage").unwrap_err();
        verifier.verify(&Token::valid().sign_by(|_| vec![0; 256])).unwrap_err();
    }
    let reports = reports.refused.lock().unwrap().clone();
    let reasons: Vec<_> = reports.iter().map(|report| report.reason).collect();
    assert_eq!(reasons, refused.map(|(_, reason)| reason));
    assert_eq!(reports[0].issuer.as_deref(), Some("https://other.test"));
    assert_eq!(reports[1].audience.as_deref(), Some("https://other.test, b"));
    assert_eq!(reports[2].token_type.as_deref(), Some("JWT"));
    assert!(reports.iter().all(|report| !format!("{report:?}").contains("alice")), "{reports:?}");
}
