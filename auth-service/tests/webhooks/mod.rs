//! Events for other services.

mod command;
mod delivery;
mod environment;
mod events;
mod secrets;

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use local_stack::testing::{Database, TestDatabase, auth_env};
use local_stack::{Binary, Finished, record_secret, run_to_end};
use serde_json::Value;
use service_kit::webhooks::{ID, SIGNATURE, Signed, TIMESTAMP, WebhookSecrets};
use shared_claims::{Clock, SystemClock};
use tokio::time::Instant;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::support::Auth;

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const NEWER: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const PATIENCE: Duration = Duration::from_secs(60);

/// Accepts events as configured, and keeps the requests.
struct Receiver(MockServer);

impl Receiver {
    /// Responds `first` once, and 204 from then on.
    async fn start(first: ResponseTemplate) -> Self {
        let server = MockServer::start().await;
        let events = || Mock::given(method("POST")).and(path("/events"));
        events().respond_with(first).up_to_n_times(1).with_priority(1).mount(&server).await;
        events().respond_with(ResponseTemplate::new(204)).with_priority(2).mount(&server).await;
        Self(server)
    }

    fn url(&self) -> String {
        format!("{}/events", self.0.uri())
    }

    /// Waits until it has received this many requests.
    async fn received(&self, count: usize) -> Vec<Request> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let requests = self.0.received_requests().await.unwrap();
            if requests.len() >= count {
                return requests;
            }
            assert!(Instant::now() < deadline, "{} of {count} requests", requests.len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    request.headers[name].to_str().unwrap()
}

/// The body of a request, whose signature has to be valid.
fn verified(request: &Request) -> Value {
    let secrets = WebhookSecrets::parse("WEBHOOK_SECRET", &SECRET.to_owned().into()).unwrap();
    let [id, timestamp, signatures] = [ID, TIMESTAMP, SIGNATURE].map(|name| header(request, name));
    secrets.verify(Signed { id, timestamp, signatures }, &request.body, SystemClock.now()).unwrap();
    serde_json::from_slice(&request.body).unwrap()
}

/// A registered receiver: its id and its secret.
struct Registered {
    id: String,
    secret: String,
}

impl Registered {
    /// Registers a receiver on this machine for these events, comma-separated.
    async fn add(database: &Database, url: &str, events: &str) -> Self {
        Self::added(database, &["add", url, "--events", events, "--allow-private"]).await
    }

    async fn added(database: &Database, arguments: &[&str]) -> Self {
        let finished = webhooks(database, &[arguments, &["--json"]].concat()).await;
        assert!(finished.status.success(), "{finished:?}");
        let added: Value = serde_json::from_str(&finished.stdout.join("\n")).unwrap();
        let text = |name: &str| added[name].as_str().unwrap().to_owned();
        record_secret(&text("secret"));
        Self { id: text("id"), secret: text("secret") }
    }

    /// The body of a request, whose signature has to be valid: checked by the text of Standard Webhooks alone.
    fn verified(&self, request: &Request) -> Value {
        let key = STANDARD.decode(self.secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut signed =
            format!("{}.{}.", header(request, "webhook-id"), header(request, "webhook-timestamp"))
                .into_bytes();
        signed.extend_from_slice(&request.body);
        let signature = header(request, "webhook-signature").strip_prefix("v1,").unwrap();
        let signature = STANDARD.decode(signature).unwrap();
        hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, &key), &signed, &signature).unwrap();
        let sent: i64 = header(request, "webhook-timestamp").parse().unwrap();
        assert!((SystemClock.now().as_second() - sent).abs() < 300);
        serde_json::from_slice(&request.body).unwrap()
    }
}

/// Runs the command with the rights of the service, and with no terminal.
async fn webhooks(database: &Database, arguments: &[&str]) -> Finished {
    let arguments = [&["webhooks"], arguments].concat();
    run_to_end(Binary::AuthService, &arguments, auth_env(database)).await.unwrap()
}

/// The events that wait, as receiver and event, in their order.
async fn waiting(auth: &Auth) -> Vec<(String, String)> {
    let events = "SELECT receiver, event FROM webhook_deliveries ORDER BY sequence";
    let rows = auth.superuser().await.query(events, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

async fn start(receiver: &Receiver, database: TestDatabase) -> Auth {
    let list = format!("{SECRET},{NEWER}");
    let webhooks = [("WEBHOOK_URL", receiver.url()), ("WEBHOOK_SECRET", list)];
    let env: Vec<_> = webhooks.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Auth::on(database, &[&env[..], &[("DELETE_USER_ENABLED", "true")]].concat()).await
}

/// Waits for a condition.
async fn eventually(what: &str, condition: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition().await {
        assert!(Instant::now() < deadline, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until no event is left.
async fn wait_until_delivered(auth: &Auth) {
    eventually("no event left", async || auth.count("webhook_deliveries").await == 0).await;
}
