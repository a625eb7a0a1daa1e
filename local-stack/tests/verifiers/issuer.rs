//! The real auth-service, and tokens of it got over HTTP.

use std::sync::atomic::{AtomicU32, Ordering};

use local_stack::Service;
use local_stack::testing::{self, AUDIENCE, ISSUER, TestDatabase};
use serde_json::{Value, json};

use super::program::Trust;
use crate::scratch::client;

/// auth-service, and replicas of it that differ in one setting: they sign with the same key.
pub(super) struct Issuer {
    service: Service,
    database: TestDatabase,
}

/// A token, and whose it is.
pub(super) struct Token {
    pub(super) jwt: String,
    pub(super) user: String,
}

impl Issuer {
    pub(super) async fn start() -> Self {
        let database = TestDatabase::auth().await;
        let service = testing::auth_service(&database, &[]).await;
        Self { service, database }
    }

    /// What a verifier needs to trust it.
    pub(super) fn trust(&self) -> Trust {
        let url = self.service.url();
        Trust { issuer: ISSUER, audience: AUDIENCE, jwks_url: format!("{url}/.well-known/jwks.json") }
    }

    /// Its published keys.
    pub(super) async fn keys(&self) -> Value {
        client().get(self.trust().jwks_url).send().await.unwrap().json().await.unwrap()
    }

    /// The token of somebody new.
    pub(super) async fn token(&self) -> Token {
        sign_up(&self.service).await
    }

    /// A replica with this setting.
    pub(super) async fn replica(&self, setting: (&str, &str)) -> Replica {
        Replica(testing::auth_service(&self.database, &[setting]).await)
    }
}

pub(super) struct Replica(Service);

impl Replica {
    /// The token of somebody new.
    pub(super) async fn token(&self) -> Token {
        sign_up(&self.0).await
    }
}

/// Signs somebody new up.
pub(super) async fn sign_up(service: &Service) -> Token {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("user-{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let body =
        json!({"name": name, "email": format!("{name}@example.com"), "password": "correct horse battery"});
    let answer =
        client().post(format!("{}/api/auth/sign-up/email", service.url())).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let jwt = answer.headers()["set-auth-jwt"].to_str().unwrap().to_owned();
    let user = answer.json::<Value>().await.unwrap()["user"]["id"].as_str().unwrap().to_owned();
    Token { jwt, user }
}
