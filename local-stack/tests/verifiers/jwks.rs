//! A JWKS that the test writes, and that counts who fetches it.

use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

/// As auth-service sends it.
const CACHE_CONTROL: &str = "public, max-age=300, stale-while-revalidate=60, stale-if-error=600";

/// An address where keys are published, with a count of its fetches.
pub(super) struct Jwks(MockServer);

impl Jwks {
    pub(super) async fn of(keys: &[Value]) -> Self {
        let jwks = Self(MockServer::start().await);
        jwks.publish(keys).await;
        jwks
    }

    pub(super) fn url(&self) -> String {
        format!("{}/.well-known/jwks.json", self.0.uri())
    }

    /// From now on these are the keys, and nobody has fetched them yet.
    pub(super) async fn publish(&self, keys: &[Value]) {
        let answer = ResponseTemplate::new(200).insert_header("cache-control", CACHE_CONTROL);
        self.answer(answer.set_body_json(json!({"keys": keys}))).await;
    }

    /// From now on it answers 503, and nobody has asked yet.
    pub(super) async fn go_away(&self) {
        self.answer(ResponseTemplate::new(503)).await;
    }

    async fn answer(&self, answer: ResponseTemplate) {
        self.0.reset().await;
        Mock::given(any()).respond_with(answer).mount(&self.0).await;
    }

    /// How often it was asked since it last changed.
    pub(super) async fn fetches(&self) -> usize {
        self.0.received_requests().await.unwrap().len()
    }
}
