//! Both services with metrics on, while people use them.

use std::time::{Duration, Instant};

use local_stack::Service;
use local_stack::testing::{self, TestDatabase};
use reqwest::Client;
use serde_json::json;

use super::exposition::Scrape;
use super::query::Query;
use super::{alerts, dashboard_queries, documented, string};
use crate::metrics::figures_of;
use crate::scratch::{Scratch, client};

/// A metric appears with the first measurement after the start.
const SOON: Duration = Duration::from_secs(30);
const SIGN_INS: &str = "auth_service_sign_ins_total";
const REQUESTS: &str = "latchkey_http_requests_total";
const PASSWORD: &str = "correct horse battery";

struct Stack {
    _databases: [TestDatabase; 2],
    _mail: Scratch,
    auth: Service,
    tasks: Service,
    metrics: [String; 2],
    http: Client,
}

impl Stack {
    async fn start() -> Self {
        let (accounts, tasks_database) = (TestDatabase::auth().await, TestDatabase::tasks().await);
        let mail = Scratch::new();
        let mail_url = format!("file://{}/mail", mail.path().display());
        let metrics = ("METRICS_BIND", "127.0.0.1:0");
        let with_mail = [metrics, ("MAIL_URL", mail_url.as_str()), ("RATE_LIMIT_ENABLED", "true")];
        let mut auth = testing::auth_service(&accounts, &with_mail).await;
        let mut tasks = testing::task_service(&tasks_database, auth.url(), &[metrics]).await;
        let metrics = [figures_of(&mut auth).await, figures_of(&mut tasks).await];
        let (databases, http) = ([accounts, tasks_database], client());
        Self { _databases: databases, _mail: mail, auth, tasks, metrics, http }
    }

    /// What both services serve.
    async fn scrape(&self) -> Scrape {
        let mut both = String::new();
        for url in &self.metrics {
            both += &self.http.get(url).send().await.unwrap().text().await.unwrap();
        }
        Scrape::parse(&both)
    }

    /// Scrapes until nothing is missing.
    async fn scrape_until(&self, missing: impl Fn(&Scrape) -> Vec<String>) -> Scrape {
        let deadline = Instant::now() + SOON;
        loop {
            let scrape = self.scrape().await;
            let missing = missing(&scrape);
            if missing.is_empty() {
                return scrape;
            }
            assert!(Instant::now() < deadline, "missing: {missing:#?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn post(&self, path: &str, body: &serde_json::Value) -> reqwest::Response {
        self.http.post(format!("{}/api/auth/{path}", self.auth.url())).json(body).send().await.unwrap()
    }

    async fn tasks(&self, token: &str) -> u16 {
        let request = self.http.get(format!("{}/api/me/tasks", self.tasks.url())).bearer_auth(token);
        request.send().await.unwrap().status().as_u16()
    }
}

/// What the rules and the dashboard name and the services do not serve.
fn missing(scrape: &Scrape) -> Vec<String> {
    let rules = alerts().iter().map(|alert| string(alert, "expr").to_owned()).collect::<Vec<_>>();
    let dashboard = dashboard_queries().into_iter().map(|(query, _)| query);
    rules.into_iter().chain(dashboard).flat_map(|query| Query::parse(&query).missing(scrape)).collect()
}

#[tokio::test]
async fn the_rules_and_the_dashboard_name_what_both_services_serve_from_the_start() {
    let stack = Stack::start().await;
    let scrape = stack.scrape_until(missing).await;
    assert_eq!(scrape.value(SIGN_INS, &[("outcome", "wrong_password")]), Some(0.0));
    assert_eq!(scrape.value("auth_service_keys", &[("status", "active")]), Some(1.0));
    for (name, labels) in documented::metrics() {
        assert_eq!(scrape.labels().get(&name), Some(&labels), "docs/OPERATIONS.md: {name}");
    }
    for (name, kind) in &scrape.kinds {
        assert!(documented::metrics().contains_key(name), "docs/OPERATIONS.md does not list {name}");
        assert!(scrape.described.contains(name), "{name} has no description");
        assert_eq!(kind == "counter", name.ends_with("_total"), "{name} is a {kind}");
    }
}

#[tokio::test]
async fn requests_sign_ins_and_tokens_are_counted_by_their_outcomes() {
    let stack = Stack::start().await;
    let account = json!({"name": "A", "email": "a@example.com", "password": PASSWORD});
    let signed_up = stack.post("sign-up/email", &account).await;
    let token = signed_up.headers()["set-auth-jwt"].to_str().unwrap().to_owned();
    assert_eq!(stack.post("sign-in/email", &account).await.status(), 200);
    for (email, password) in [("a@example.com", "a wrong password"), ("nobody@example.com", PASSWORD)] {
        let refused = stack.post("sign-in/email", &json!({"email": email, "password": password})).await;
        assert_eq!(refused.status(), 401);
    }
    assert_eq!((stack.tasks(&token).await, stack.tasks("rubbish").await), (200, 401));
    for path in ["a-secret-path", "another/secret"] {
        stack.http.get(format!("{}/{path}", stack.tasks.url())).send().await.unwrap();
    }

    let request = |route, code| (REQUESTS, vec![("method", "GET"), ("route", route), ("code", code)]);
    let sign_in =
        |code| (REQUESTS, vec![("method", "POST"), ("route", "/api/auth/sign-in/email"), ("code", code)]);
    let one = |name, label, value| (name, vec![(label, value)]);
    let scrape = stack.scrape().await;
    for ((name, labels), expected) in [
        (sign_in("200"), 1.0),
        (sign_in("401"), 2.0),
        (sign_in("500"), 0.0),
        (request("/api/{user_id}/tasks", "200"), 1.0),
        (request("/api/{user_id}/tasks", "401"), 1.0),
        (request("none", "404"), 2.0),
        (one(SIGN_INS, "outcome", "signed_in"), 1.0),
        (one(SIGN_INS, "outcome", "wrong_password"), 1.0),
        (one(SIGN_INS, "outcome", "unknown_email"), 1.0),
        (one("latchkey_security_events_total", "event", "user.created"), 1.0),
        (one("latchkey_security_events_total", "event", "token.refused"), 1.0),
        (one("auth_service_hashes_waiting", "lane", "strangers"), 0.0),
        (("auth_service_hashes_running", vec![]), 0.0),
        (("auth_service_hash_duration_seconds_count", vec![]), 4.0),
    ] {
        assert_eq!(scrape.value(name, &labels), Some(expected), "{name} {labels:?}");
    }
    let of_sign_ins = [("method", "POST"), ("route", "/api/auth/sign-in/email")];
    let duration = |part: &str, more: &[(&str, &str)]| {
        let labels = [&of_sign_ins[..], more].concat();
        scrape.value(&format!("latchkey_http_request_duration_seconds_{part}"), &labels)
    };
    assert_eq!((duration("count", &[]), duration("bucket", &[("le", "10")])), (Some(3.0), Some(3.0)));
    assert!(duration("sum", &[]).unwrap() > 0.0);
    let routes = scrape.samples.iter().filter_map(|sample| sample.labels.get("route"));
    assert!(routes.clone().all(|route| !route.contains("secret")), "a path is a label");
}

#[test]
fn the_legends_of_the_dashboard_show_labels_that_the_queries_keep() {
    for (query, legend) in dashboard_queries() {
        let parsed = Query::parse(&query);
        assert!(!parsed.selectors.is_empty(), "{query}");
        for label in legend.split("{{").skip(1).map(|rest| rest.split("}}").next().unwrap()) {
            assert!(parsed.groups_by(label), "{legend}: {query} does not keep {label}");
        }
    }
}
