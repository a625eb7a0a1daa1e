//! Clients that use both services without a pause, and count what does not succeed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};

/// What clients saw.
#[derive(Default)]
pub(super) struct Counts {
    succeeded: usize,
    slowest: Duration,
    /// By request and response.
    failed: BTreeMap<String, usize>,
}

impl Counts {
    pub(super) fn assert_all_succeeded(&self) {
        println!("{} requests, the slowest took {} ms", self.succeeded, self.slowest.as_millis());
        assert!(self.failed.is_empty(), "{:#?} of {}", self.failed, self.succeeded);
        assert!(self.succeeded > 100, "{} requests are no load", self.succeeded);
    }
}

/// What clients send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Requests {
    All,
    /// Only those that the gateway may repeat.
    Reads,
}

/// Signs up and uses both services until `done`.
pub(super) async fn client(
    number: usize,
    (url, requests): (String, Requests),
    done: Arc<AtomicBool>,
    counts: Arc<Mutex<Counts>>,
) {
    // Without reqwest's own retries: every failure counts.
    let http = Client::builder().no_proxy().retry(reqwest::retry::never()).build().unwrap();
    let user = User { http, url, counts };
    let credentials = json!({"name": "Load", "email": format!("load{number}@example.com"), "password": "correct horse battery"});
    let signed_up = user.post("/api/auth/sign-up/email", None, &credentials).await;
    let session = signed_up["token"].as_str().unwrap().to_owned();
    while !done.load(Ordering::Relaxed) {
        match requests {
            Requests::All => user.everything(&credentials, &session).await,
            Requests::Reads => user.reads(&session).await,
        }
    }
}

struct User {
    http: Client,
    url: String,
    counts: Arc<Mutex<Counts>>,
}

impl User {
    /// One of each kind of request.
    async fn everything(&self, credentials: &Value, session: &str) {
        self.post("/api/auth/sign-in/email", None, credentials).await;
        self.get("/api/auth/get-session", session).await;
        let token = self.get("/api/auth/token", session).await;
        let token = token["token"].as_str().unwrap_or_default();
        let task = self.post("/api/me/tasks", Some(token), &json!({"title": "Roll"})).await;
        self.get("/api/me/tasks?limit=5", token).await;
        let path = format!("{}/api/me/tasks/{}", self.url, task["id"].as_str().unwrap_or_default());
        let change = self.http.patch(&path).bearer_auth(token).json(&json!({"is_completed": true}));
        self.send("PATCH", change, StatusCode::OK).await;
        self.send("DELETE", self.http.delete(&path).bearer_auth(token), StatusCode::NO_CONTENT).await;
    }

    async fn reads(&self, session: &str) {
        self.get("/api/auth/get-session", session).await;
        let token = self.get("/api/auth/token", session).await;
        self.get("/api/me/tasks?limit=5", token["token"].as_str().unwrap_or_default()).await;
    }

    async fn get(&self, path: &str, bearer: &str) -> Value {
        let request = self.http.get(format!("{}{path}", self.url)).bearer_auth(bearer);
        self.send(&format!("GET {path}"), request, StatusCode::OK).await
    }

    async fn post(&self, path: &str, bearer: Option<&str>, body: &Value) -> Value {
        let mut request = self.http.post(format!("{}{path}", self.url)).json(body);
        if let Some(bearer) = bearer {
            request = request.bearer_auth(bearer);
        }
        let success = if path.ends_with("tasks") { StatusCode::CREATED } else { StatusCode::OK };
        self.send(&format!("POST {path}"), request, success).await
    }

    /// The body of the response, or null.
    async fn send(&self, name: &str, request: RequestBuilder, success: StatusCode) -> Value {
        let began = Instant::now();
        let (outcome, body) = match request.send().await {
            Ok(response) => {
                let status = response.status();
                let text = response.text().await.unwrap_or_default();
                (status.to_string(), serde_json::from_str(&text).unwrap_or(Value::Null))
            }
            Err(error) => (format!("{error:?}"), Value::Null),
        };
        let mut counts = self.counts.lock().unwrap();
        counts.slowest = counts.slowest.max(began.elapsed());
        if outcome == success.to_string() {
            counts.succeeded += 1;
        } else {
            *counts.failed.entry(format!("{name}: {outcome} {body}")).or_default() += 1;
        }
        body
    }
}
