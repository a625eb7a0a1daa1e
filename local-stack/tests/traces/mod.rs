//! Traces of requests through both services, as a collector receives them.

mod collector;
mod failing;
mod trust;

use local_stack::Service;
use local_stack::testing::{self, TestDatabase};
use reqwest::Client;
use serde_json::json;

use self::collector::{Collector, Received, hex};
use crate::dump::mailbox::Mailbox;
use crate::scratch::client;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";
const EMAIL: &str = "alice@example.com";
const PASSWORD: &str = "correct horse battery";
const TITLE: &str = "buy a birthday present";

/// The header of a proxy that records the trace.
fn sampled() -> String {
    format!("00-{TRACE}-{CALLER}-01")
}

/// Both services.
struct Stack {
    auth: Service,
    tasks: Service,
    http: Client,
    _databases: [TestDatabase; 2],
}

impl Stack {
    async fn start(collector: &Collector, extra: &[(&str, &str)]) -> Self {
        let databases = [TestDatabase::auth().await, TestDatabase::tasks().await];
        let url = collector.url();
        let settings = [&[("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str())], extra].concat();
        let auth = testing::auth_service(&databases[0], &settings).await;
        let tasks = testing::task_service(&databases[1], auth.url(), &settings).await;
        Self { auth, tasks, http: client(), _databases: databases }
    }

    async fn sign_up(&self) {
        let account = json!({"name": "Alice", "email": EMAIL, "password": PASSWORD});
        let url = format!("{}/api/auth/sign-up/email", self.auth.url());
        assert_eq!(self.http.post(url).json(&account).send().await.unwrap().status(), 200);
    }

    /// Signs in with this header. Returns the access token and the token of the session.
    async fn sign_in(&self, traceparent: &str) -> [String; 2] {
        let credentials =
            json!({"email": EMAIL, "password": PASSWORD, "callbackURL": "/?a=secret-in-the-body"});
        let url = format!("{}/api/auth/sign-in/email?note=secret-in-the-query", self.auth.url());
        let request = self.http.post(url).header("traceparent", traceparent).json(&credentials);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        ["set-auth-jwt", "set-auth-token"].map(|name| response.headers()[name].to_str().unwrap().to_owned())
    }

    async fn add_task(&self, traceparent: &str, token: &str) {
        let url = format!("{}/api/me/tasks", self.tasks.url());
        let request = self.http.post(url).header("traceparent", traceparent).bearer_auth(token);
        assert_eq!(request.json(&json!({"title": TITLE})).send().await.unwrap().status(), 201);
    }

    /// Stops both, which sends the last spans.
    async fn stop(&mut self) {
        for service in [&mut self.auth, &mut self.tasks] {
            assert!(service.terminate().await.unwrap().success());
        }
    }
}

/// Checks that all other spans of the service are below that of the request, and end before it. Returns their names.
#[track_caller]
fn below(request: &Received, spans: &[Received]) -> Vec<String> {
    let own = spans.iter().filter(|received| received.service == request.service);
    let children = own.filter(|received| received.span.span_id != request.span.span_id);
    let mut names = Vec::new();
    for Received { span, .. } in children {
        assert_eq!(span.parent_span_id, request.span.span_id, "{span:?}");
        let (started, ended) = (span.start_time_unix_nano, span.end_time_unix_nano);
        assert!(request.span.start_time_unix_nano <= started && started <= ended, "{span:?}");
        assert!(ended <= request.span.end_time_unix_nano, "{span:?}");
        names.push(span.name.clone());
    }
    names
}

#[tokio::test]
async fn a_sign_in_and_a_new_task_are_one_trace_through_both_services() {
    let collector = Collector::start().await;
    // Only what the proxy samples.
    let settings = [
        ("OTEL_TRACES_SAMPLER_ARG", "0"),
        ("TRUSTED_PROXIES", "127.0.0.1"),
        ("RUST_LOG", "service_kit=debug"),
    ];
    let mut stack = Stack::start(&collector, &settings).await;
    stack.sign_up().await;
    let [token, session] = stack.sign_in(&sampled()).await;
    stack.add_task(&sampled(), &token).await;

    let sign_in = collector.span("POST /api/auth/sign-in/email").await;
    let task = collector.span("POST /api/{user_id}/tasks").await;
    stack.stop().await;
    let spans = collector.spans().await;
    for received in &spans {
        assert_eq!(received.trace(), TRACE, "{received:?}");
    }
    for (request, service, route, status) in [
        (&sign_in, "auth-service", "/api/auth/sign-in/email", "200"),
        (&task, "task-service", "/api/{user_id}/tasks", "201"),
    ] {
        assert_eq!(request.service, service);
        assert_eq!(hex(&request.span.parent_span_id), CALLER);
        assert_eq!(request.span.kind, 2, "a server's");
        assert_eq!(request.attribute("http.request.method").as_deref(), Some("POST"));
        assert_eq!(request.attribute("http.route").as_deref(), Some(route));
        assert_eq!(request.attribute("http.response.status_code").as_deref(), Some(status));
    }
    let names = below(&sign_in, &spans);
    for name in ["wait for connection", "SELECT users", "verify password", "SELECT locked"] {
        assert!(names.iter().any(|found| found == name), "{name}: {names:?}");
    }
    let names = below(&task, &spans);
    assert!(names.iter().any(|name| name == "INSERT tasks"), "{names:?}");
    statements_are_described(&spans);

    let secrets = [PASSWORD, &token, &session, EMAIL, TITLE, "secret-in-the", "Alice"];
    contains_none(&spans, &secrets);
    for (service, route) in [(&stack.auth, "/api/auth/sign-in/email"), (&stack.tasks, "/api/{user_id}/tasks")]
    {
        let has_id = |line: &&String| line.contains(&format!("\"trace_id\":\"{TRACE}\""));
        let output = service.output();
        let line = output.iter().find(has_id).unwrap_or_else(|| panic!("{output:#?}"));
        assert!(line.contains(route) && line.contains("\"request_id\""), "{line}");
    }
}

/// Checks the attributes of statements, whose texts have no values.
fn statements_are_described(spans: &[Received]) {
    let statements: Vec<_> = spans.iter().filter(|received| received.span.kind == 3).collect();
    assert!(statements.len() > 2, "{statements:?}");
    for statement in statements {
        assert_eq!(statement.attribute("db.system.name").as_deref(), Some("postgresql"), "{statement:?}");
        let text = statement.attribute("db.query.text").unwrap();
        let operation = statement.attribute("db.operation.name").unwrap();
        assert!(text.contains(&operation) && statement.span.name.starts_with(&operation), "{statement:?}");
        assert!(statement.span.status.is_none(), "{statement:?}");
    }
}

fn contains_none(spans: &[Received], secrets: &[&str]) {
    for received in spans {
        let text = format!("{received:?}");
        for secret in secrets {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
}

#[tokio::test]
async fn mail_is_a_trace_of_its_own_without_its_recipient() {
    let (collector, mailbox) = (Collector::start().await, Mailbox::new());
    let (url, mail) = (collector.url(), mailbox.url());
    let database = TestDatabase::auth().await;
    let settings = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
        ("MAIL_URL", mail.as_str()),
        ("MAIL_FROM", "Latchkey <accounts@example.com>"),
        ("SEND_VERIFICATION_ON_SIGN_UP", "true"),
    ];
    let auth = testing::auth_service(&database, &settings).await;
    let account = json!({"name": "Alice", "email": EMAIL, "password": PASSWORD});
    let request = client().post(format!("{}/api/auth/sign-up/email", auth.url())).json(&account);
    assert_eq!(request.send().await.unwrap().status(), 200);

    let delivery = collector.span("mail delivery").await;
    assert!(delivery.span.parent_span_id.is_empty(), "{delivery:?}");
    let spans = collector.spans().await;
    let of_delivery: Vec<_> =
        spans.iter().filter(|received| received.trace() == delivery.trace()).cloned().collect();
    let names = below(&delivery, &of_delivery);
    assert!(names.iter().any(|name| name == "send mail"), "{names:?}");
    let sign_up = collector.span("POST /api/auth/sign-up/email").await;
    assert_ne!(sign_up.trace(), delivery.trace());
    contains_none(&collector.spans().await, &[EMAIL, PASSWORD, "Alice"]);
}
