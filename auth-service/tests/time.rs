//! Tests that span days, with a virtual clock: the same server over real HTTP.

use std::sync::Arc;

use actix_web::rt::System;
use auth_service::config::Config;
use auth_service::server;
use clap::Parser;
use jiff::{SignedDuration, Timestamp};
use local_stack::testing::{Database, TestDatabase, auth_env};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use shared_claims::{ManualClock, SharedClock};
use tokio::sync::oneshot;

use crate::support::{Answer, PASSWORD, connect};

#[derive(Parser)]
struct Settings {
    #[command(flatten)]
    config: Config,
}

/// The server in this process, with the time that the test sets.
pub struct Clocked {
    pub clock: Arc<ManualClock>,
    pub url: String,
    pub http: Client,
    pub database: TestDatabase,
}

/// The configuration of a server on `database`. `extra` overrides the defaults of tests.
pub fn config_of(database: &Database, extra: &[(&str, &str)]) -> Config {
    let mut arguments = vec!["auth-service".to_owned(), "--bind=127.0.0.1:0".to_owned()];
    let mut settings = auth_env(database);
    settings.extend(extra.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    for (name, value) in settings {
        arguments.push(format!("--{}={value}", name.to_lowercase().replace('_', "-")));
    }
    Settings::parse_from(arguments).config
}

/// Starts a server with this clock, and returns its URL.
pub async fn serve(config: Config, clock: SharedClock) -> String {
    let (address, started) = oneshot::channel();
    // On a thread of its own: the end of a test blocks its thread until the database is dropped, and PostgreSQL does not
    // drop one while a connection to it waits for a client that is not polled.
    std::thread::spawn(move || {
        System::new().block_on(async move {
            let prepared = server::prepare(&config, clock).await.unwrap();
            let bound = server::bind(prepared, config.bind).unwrap();
            address.send(bound.addresses[0]).unwrap();
            bound.server.await.unwrap();
        });
    });
    format!("http://{}", started.await.unwrap())
}

impl Clocked {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts a server. `extra` overrides the defaults of tests.
    pub async fn start_with(extra: &[(&str, &str)]) -> Self {
        Self::start_on(TestDatabase::auth().await, extra).await
    }

    pub async fn start_on(database: TestDatabase, extra: &[(&str, &str)]) -> Self {
        let config = config_of(&database, extra);
        let clock = Arc::new(ManualClock::new("2026-03-01T12:00:00Z".parse().unwrap()));
        let url = serve(config, Arc::clone(&clock) as SharedClock).await;
        Self { clock, url, http: Client::new(), database }
    }

    pub async fn sign_up(&self, remember: bool) -> String {
        let body =
            json!({"name": "A", "email": "a@example.com", "password": PASSWORD, "rememberMe": remember});
        let answer =
            Answer::of(self.http.post(format!("{}/api/auth/sign-up/email", self.url)).json(&body)).await;
        answer.body["token"].as_str().unwrap().to_owned()
    }

    fn session(&self, token: &str) -> RequestBuilder {
        self.look_at_session(token, "")
    }

    fn look_at_session(&self, token: &str, query: &str) -> RequestBuilder {
        self.http.get(format!("{}/api/auth/get-session{query}", self.url)).bearer_auth(token)
    }

    pub async fn get(&self, path: &str, token: &str) -> Answer {
        Answer::of(self.http.get(format!("{}/api/auth{path}", self.url)).bearer_auth(token)).await
    }

    pub async fn post(&self, path: &str, token: &str, body: &Value) -> Answer {
        let request = self.http.post(format!("{}/api/auth{path}", self.url)).json(body);
        Answer::of(request.bearer_auth(token)).await
    }

    pub fn pass(&self, hours: i64) {
        self.clock.advance(SignedDuration::from_hours(hours));
    }
}

#[actix_web::test]
async fn fr_012_sc_006_a_session_ends_after_7_days_without_use() {
    let server = Clocked::start().await;
    let token = server.sign_up(true).await;
    server.clock.advance(SignedDuration::from_secs(7 * 86_400 - 1));
    let last = Answer::of(server.look_at_session(&token, "?disableRefresh=true")).await;
    assert_ne!(last.body, Value::Null, "valid for the whole seven days");
    assert!(last.cookies().is_empty(), "looked at without extending it");
    server.clock.advance(SignedDuration::from_secs(1));
    let over = Answer::of(server.session(&token)).await;
    assert_eq!((over.status.as_u16(), &over.body), (200, &Value::Null));
    assert_eq!(over.cookies().len(), 3, "the browser is told to forget it");
    let refused =
        Answer::of(server.http.get(format!("{}/api/auth/token", server.url)).bearer_auth(&token)).await;
    assert_eq!(refused.status, 401, "no token out of an expired session");
}

/// A script on the page can read `set-auth-token`, and can send an `Authorization` header beside the browser's cookie.
#[actix_web::test]
async fn a_token_leaves_its_cookie_for_nobody_who_does_not_know_it() {
    let server = Clocked::start().await;
    let bearer = server.sign_up(true).await;
    let account = json!({"email": "a@example.com", "password": PASSWORD});
    let url = |path: &str| format!("{}/api/auth{path}", server.url);
    let signed_in = Answer::of(server.http.post(url("/sign-in/email")).json(&account)).await;
    assert!(signed_in.header("set-auth-token").is_some());
    let cookie = signed_in.cookies()[0].split(';').next().unwrap().to_owned();

    for authorization in ["", "Bearer x.y", "Bearer ", "Basic x"] {
        let send = |request: RequestBuilder| {
            let request = request.header("cookie", &cookie).header("origin", crate::support::PAGE);
            Answer::of(request.header("authorization", authorization))
        };
        server.pass(25);
        let extended = send(server.http.get(url("/get-session"))).await;
        assert_ne!(extended.body, Value::Null, "{authorization}");
        let updated = send(server.http.post(url("/update-user")).json(&json!({"name": "B"}))).await;
        assert_eq!(updated.status, 200, "{authorization}");
        for answer in [extended, updated] {
            assert!(answer.cookies()[0].starts_with(&cookie), "{answer:?}");
            assert_eq!(answer.header("set-auth-token"), None, "{authorization}");
        }
    }
    let updated = server.post("/update-user", &bearer, &json!({"name": "C"})).await;
    assert!(updated.cookies()[0].contains(&bearer) && updated.header("set-auth-token").is_some());
}

#[actix_web::test]
async fn fr_012_a_session_in_use_is_extended_once_a_day() {
    let server = Clocked::start().await;
    let token = server.sign_up(true).await;
    let expires = |answer: &Answer| -> Timestamp {
        answer.body["session"]["expiresAt"].as_str().unwrap().parse().unwrap()
    };
    let first = expires(&Answer::of(server.session(&token)).await);
    server.pass(23);
    let young = Answer::of(server.session(&token)).await;
    assert_eq!((expires(&young), young.cookies().len()), (first, 0));
    server.pass(1);
    let extended = Answer::of(server.session(&token)).await;
    assert_eq!(expires(&extended), first + SignedDuration::from_hours(24));
    assert!(extended.cookies()[0].contains("Max-Age=604800"), "{:?}", extended.cookies());
    assert!(extended.header("set-auth-token").is_some());
    for _ in 0..10 {
        server.pass(6 * 24);
        assert_ne!(Answer::of(server.session(&token)).await.body, Value::Null, "kept alive by use");
    }
}

#[actix_web::test]
async fn an_unremembered_session_ends_after_a_day_and_is_never_extended() {
    let server = Clocked::start().await;
    let token = server.sign_up(false).await;
    server.pass(23);
    let alive = Answer::of(server.session(&token)).await;
    assert_ne!(alive.body, Value::Null);
    assert!(alive.cookies().is_empty());
    server.pass(1);
    assert_eq!(Answer::of(server.session(&token)).await.body, Value::Null);
}

#[actix_web::test]
async fn signing_in_deletes_the_expired_sessions_of_that_user() {
    let server = Clocked::start().await;
    server.sign_up(false).await;
    server.pass(48);
    let body = json!({"email": "a@example.com", "password": PASSWORD});
    let url = format!("{}/api/auth/sign-in/email", server.url);
    assert_eq!(Answer::of(server.http.post(url).json(&body)).await.status, 200);
    let client = connect(&server.database.superuser_url()).await;
    let left: i64 = client.query_one("SELECT count(*) FROM sessions", &[]).await.unwrap().get(0);
    assert_eq!(left, 1);
}

#[actix_web::test]
async fn a_retired_key_is_published_until_its_time_is_over() {
    let database = TestDatabase::auth().await;
    let client = connect(&database.superuser_url()).await;
    let jwk = r#"{"kid": "old", "kty": "OKP", "crv": "Ed25519", "x": "AA", "alg": "EdDSA", "use": "sig"}"#;
    let sql = format!(
        "INSERT INTO signing_keys (kid, status, algorithm, public_jwk, published_until, created_at) VALUES \
         ('old', 'retired', 'EdDSA', '{jwk}', '2026-03-01T13:00:00Z', '2025-01-01'), \
         ('older', 'retired', 'EdDSA', '{jwk}', '2026-03-01T12:00:00Z', '2024-01-01'); \
         UPDATE signing_keys SET published_at = '2026-03-01', active_since = '2026-03-01' WHERE status <> 'retired'"
    );
    client.batch_execute(&sql).await.unwrap();
    let server = Clocked::start_on(database, &[]).await;
    let jwks = || async {
        let answer = Answer::of(server.http.get(format!("{}/api/auth/jwks", server.url))).await.body;
        answer["keys"].as_array().unwrap().clone()
    };
    let (ours, next, old) = match jwks().await.as_slice() {
        [ours, next, old] => (ours.clone(), next.clone(), old.clone()),
        keys => panic!("{keys:?}"),
    };
    assert_eq!(old, serde_json::from_str::<Value>(jwk).unwrap());
    assert_eq!((&ours["alg"], &next["alg"]), (&json!("RS256"), &json!("RS256")));
    server.clock.advance(SignedDuration::from_secs(3599));
    assert_eq!(jwks().await, [ours.clone(), next.clone(), old]);
    server.clock.advance(SignedDuration::from_secs(1));
    assert_eq!(jwks().await, [ours, next]);
}
