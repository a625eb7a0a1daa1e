//! Figures for Prometheus, from the running services.

use std::time::{Duration, Instant};

use local_stack::testing::{self, TestDatabase};
use local_stack::{Binary, Service};
use serde_json::json;

use crate::scratch::client;

/// Where the figures of a service are: it took a free port.
pub(crate) async fn figures_of(service: &mut Service) -> String {
    let line =
        service.wait_for_line(|line| line.contains("\"metrics\""), Duration::from_secs(10)).await.unwrap();
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    format!("http://{}/metrics", line["fields"]["addr"].as_str().unwrap())
}

/// Waits for a figure.
async fn shows(url: &str, figure: &str) {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let text = client().get(url).send().await.unwrap().text().await.unwrap();
        if text.lines().any(|line| line == figure) {
            return;
        }
        assert!(Instant::now() < deadline, "no {figure} in\n{text}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn both_services_count_and_tell_prometheus_at_an_address_of_its_own() {
    let (database, tasks_database) = (TestDatabase::auth().await, TestDatabase::tasks().await);
    let free = [("METRICS_BIND", "127.0.0.1:0")];
    let mut auth = testing::auth_service(&database, &free).await;
    let mut tasks = testing::task_service(&tasks_database, auth.url(), &free).await;
    let account = json!({"name": "A", "email": "a@example.com", "password": "correct horse battery"});
    let http = client();
    let made =
        http.post(format!("{}/api/auth/sign-up/email", auth.url())).json(&account).send().await.unwrap();
    let header = |name: &str| made.headers()[name].to_str().unwrap().to_owned();
    let (token, session) = (header("set-auth-jwt"), header("set-auth-token"));
    for _ in 0..2 {
        let again =
            http.get(format!("{}/api/auth/token", auth.url())).bearer_auth(&session).send().await.unwrap();
        assert_eq!(again.status(), 200);
    }
    for token in [token.as_str(), "no token"] {
        http.get(format!("{}/api/me/tasks", tasks.url())).bearer_auth(token).send().await.unwrap();
    }

    let url = figures_of(&mut auth).await;
    shows(&url, "auth_service_tokens_total{source=\"signed\"} 1").await;
    shows(&url, "auth_service_tokens_total{source=\"reused\"} 2").await;
    let url = figures_of(&mut tasks).await;
    shows(&url, "shared_claims_verifications_total{outcome=\"verified\"} 1").await;
    shows(&url, "shared_claims_verifications_total{outcome=\"no_token\"} 1").await;
    assert_eq!(http.get(format!("{}/metrics", tasks.url())).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn an_address_that_is_taken_stops_the_start_and_is_named() {
    let database = TestDatabase::auth().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut env = testing::auth_env(&database);
    env.insert("METRICS_BIND".to_owned(), taken.local_addr().unwrap().to_string());
    let error = Service::spawn(Binary::AuthService, env).await.unwrap_err().to_string();
    assert!(error.contains("METRICS_BIND"), "{error}");
}
