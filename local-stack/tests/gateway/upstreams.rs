//! Upstreams that remember what reaches them.

use serde_json::json;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::process::Gateway;
use crate::raw::Answer;

/// A session, as a browser sends it.
pub(super) const COOKIE: &str = "Cookie: better-auth.session_token=secret";

/// Two upstreams that answer everything with their name and a cookie, and remember what came.
pub(super) struct Upstreams {
    pub(super) auth: MockServer,
    pub(super) tasks: MockServer,
}

impl Upstreams {
    pub(super) async fn start() -> Self {
        Self { auth: upstream("auth").await, tasks: upstream("tasks").await }
    }

    pub(super) fn gateway(&self) -> Option<Gateway> {
        Gateway::start(&self.auth.address().to_string(), &self.tasks.address().to_string())
    }

    /// The one request that came to either, and to whom.
    pub(super) async fn only(&self) -> (&'static str, Request) {
        let (mut auth, mut tasks) = (received(&self.auth).await, received(&self.tasks).await);
        match (auth.pop(), tasks.pop()) {
            (Some(request), None) if auth.is_empty() => ("auth", request),
            (None, Some(request)) if tasks.is_empty() => ("tasks", request),
            other => panic!("not one request: {other:?}"),
        }
    }
}

pub(super) async fn upstream(name: &str) -> MockServer {
    let server = MockServer::start().await;
    answer_with(&server, name).await;
    server
}

/// From now on this answers everything with its name and a cookie, and nothing has come to it yet.
pub(super) async fn answer_with(server: &MockServer, name: &str) {
    server.reset().await;
    let answer = ResponseTemplate::new(200).insert_header("set-cookie", "a=b").set_body_string(name);
    Mock::given(any()).respond_with(answer).mount(server).await;
}

pub(super) async fn received(server: &MockServer) -> Vec<Request> {
    server.received_requests().await.unwrap()
}

pub(super) fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.get(name).map(|value| value.to_str().unwrap())
}

pub(super) fn assert_envelope(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/json"), "{answer:?}");
    let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(body["code"], json!(code));
    assert!(body["message"].is_string() && body.as_object().unwrap().len() == 2, "{body}");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}
