//! The log names settings that do not match. The issuer is the real auth-service.

use std::time::Duration;

use local_stack::Service;
use local_stack::testing::{self, TestDatabase};
use local_stack::workspace::Binary;
use serde_json::{Value, json};

use crate::client::Client;

/// How long a line of the log may take.
const SOON: Duration = Duration::from_secs(20);

/// A BASE_URL of the issuer that is not a setting of the tokens.
const BASE_URL: (&str, &str) = ("BASE_URL", "http://auth.test");

/// The fields of the next line that holds `text`.
async fn line(service: &mut Service, text: &str) -> Value {
    let found = service.wait_for_line(|line| line.contains(text), SOON).await.unwrap();
    let line: Value = serde_json::from_str(&found).unwrap();
    assert_eq!(line["level"], "WARN", "{line}");
    line["fields"].clone()
}

/// Stops the service and counts its lines with `text`.
async fn count(service: &mut Service, text: &str) -> usize {
    assert!(service.terminate().await.unwrap().success());
    service.wait_for_line(|line| line.contains("stopping"), SOON).await.unwrap();
    service.output().iter().filter(|line| line.contains(text)).count()
}

const LOG: (&str, &str) = ("LOG_FORMAT", "json");

#[tokio::test]
async fn settings_that_differ_from_auth_services_are_named_at_the_start() {
    let (accounts, tasks) = (TestDatabase::auth().await, TestDatabase::tasks().await);
    let auth = testing::auth_service(&accounts, &[BASE_URL]).await;
    let wrong = [LOG, ("AUTH_ISSUER", "http://gateway.test"), ("AUTH_AUDIENCE", "other"), ("JWT_TYP", "JWT")];
    let lists = ("STATUS_LIST_PREFIX", "http://auth.test/.well-known/status-lists");
    let mut service = testing::task_service(&tasks, auth.url(), &[&wrong[..], &[lists]].concat()).await;
    for (here, there, expected, published) in [
        ("AUTH_ISSUER here", "JWT_ISSUER", "http://gateway.test", testing::ISSUER),
        ("AUTH_AUDIENCE", "JWT_AUDIENCE", "other", testing::AUDIENCE),
        ("JWT_TYP here", "JWT_TYP there", "JWT", "at+jwt"),
    ] {
        let fields = line(&mut service, here).await;
        assert!(fields["message"].as_str().unwrap().contains(there), "{fields}");
        assert_eq!((&fields["expected"], &fields["published"]), (&json!(expected), &json!(published)));
    }
}

#[tokio::test]
async fn settings_that_fit_are_not_mentioned() {
    let (accounts, tasks) = (TestDatabase::auth().await, TestDatabase::tasks().await);
    let auth = testing::auth_service(&accounts, &[BASE_URL]).await;
    let debug = ("RUST_LOG", "info,shared_claims=debug");
    let mut service = testing::task_service(&tasks, auth.url(), &[LOG, debug]).await;
    let compared = |line: &str| line.contains("settings compared");
    let found = service.wait_for_line(compared, SOON).await.unwrap();
    assert!(found.contains("\"mismatches\":0"), "{found}");
    assert_eq!(count(&mut service, "WARN").await, 0);
}

/// An issuer that is no URL publishes no metadata, so only its tokens show the difference.
#[tokio::test]
async fn tokens_of_auth_service_that_are_refused_are_reported_once_a_minute() {
    let (accounts, tasks) = (TestDatabase::auth().await, TestDatabase::tasks().await);
    let auth = testing::auth_service(&accounts, &[BASE_URL, ("JWT_ISSUER", "latchkey")]).await;
    let mut service = testing::task_service(&tasks, auth.url(), &[LOG]).await;
    let body = json!({"name": "A", "email": "alice@example.com", "password": "correct horse battery"});
    let answer = Client::anonymous(auth.url()).post("/api/auth/sign-up/email", &body).await.expect(200);
    let token = answer.header("set-auth-jwt").to_owned();
    let alice = Client::anonymous(service.url()).with_token(&token);
    for _ in 0..3 {
        alice.get("/api/me/tasks").await.expect_error(401, "UNAUTHORIZED");
    }
    Client::anonymous(service.url()).get("/api/me/tasks").await.expect(401);
    let fields = line(&mut service, "tokens refused").await;
    assert_eq!((&fields["reason"], &fields["issuer"]), (&json!("issuer"), &json!("latchkey")));
    let message = fields["message"].as_str().unwrap();
    assert!(message.contains("AUTH_ISSUER") && message.contains("JWT_ISSUER"), "{message}");
    assert!(service.output().iter().all(|line| !line.contains(&token)), "no token in the log");
    assert_eq!(count(&mut service, "tokens refused").await, 1);
}

/// The path of Better Auth, as an issuer by mistake: there are no keys below it, so the service never becomes ready.
#[tokio::test]
async fn an_issuer_that_ends_with_the_protocols_path_by_mistake_is_named() {
    let (accounts, tasks) = (TestDatabase::auth().await, TestDatabase::tasks().await);
    let auth = testing::auth_service(&accounts, &[BASE_URL, ("JWT_ISSUER", "")]).await;
    let mut settings = testing::task_env(&tasks, auth.url());
    let issuer = format!("{}/api/auth", auth.url());
    for (name, value) in [LOG, ("AUTH_ISSUER", issuer.as_str()), ("JWKS_URL", ""), ("STATUS_LIST_URL", "")] {
        settings.insert(name.to_owned(), value.to_owned());
    }
    let mut service = Service::spawn(Binary::TaskService, settings).await.unwrap();
    let fields = line(&mut service, "AUTH_ISSUER here").await;
    assert_eq!((&fields["expected"], &fields["published"]), (&json!(issuer), &json!("http://auth.test")));
}

/// The same path, on purpose. Keys and status lists are found below it.
#[tokio::test]
async fn an_issuer_may_end_with_the_protocols_path() {
    let (accounts, tasks) = (TestDatabase::auth().await, TestDatabase::tasks().await);
    let bind = format!("127.0.0.1:{}", testing::free_port());
    let (base, issuer) = (format!("http://{bind}"), format!("http://{bind}/api/auth"));
    let settings = [("BIND", bind.as_str()), ("BASE_URL", &base), ("JWT_ISSUER", &issuer)];
    let auth = testing::auth_service(&accounts, &settings).await;
    let settings = [("AUTH_ISSUER", issuer.as_str()), ("JWKS_URL", ""), ("STATUS_LIST_URL", "")];
    let service = testing::task_service(&tasks, auth.url(), &settings).await;
    let body = json!({"name": "A", "email": "alice@example.com", "password": "correct horse battery"});
    let answer = Client::anonymous(auth.url()).post("/api/auth/sign-up/email", &body).await.expect(200);
    let alice = Client::anonymous(service.url()).with_token(answer.header("set-auth-jwt"));
    alice.get("/api/me/tasks").await.expect(200);
}
