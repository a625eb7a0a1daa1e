//! The life of signing keys: in this process with a clock of the test's own, and with real processes and commands.

mod command;
mod jwks;
mod replicas;
mod rotation;
mod sealed;

use std::sync::Arc;
use std::time::Duration;

use auth_service::keys::{KeyEncryptionKeys, KeyRing, KeyRotation, KeySize, RotationPolicy};
use jiff::{SignedDuration, Timestamp};
use local_stack::testing::{TestDatabase, auth_env};
use local_stack::{Binary, Finished, run_to_end};
use serde_json::Value;
use service_kit::database::{DatabaseUrl, Timeouts};
use shared_claims::VirtualClock;
use tokio_postgres::Client;

use crate::support::connect;

/// When time begins, and both keys of a test's database were made.
const START: &str = "2026-03-01T12:00:00Z";
const TOKEN_LIFETIME: SignedDuration = SignedDuration::from_mins(15);
/// Another key for `KEY_ENCRYPTION_KEYS`.
const OTHER_KEY: &str = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY=";
/// Settings of a service that sees changes of the keys soon, and of the commands beside it.
const SOON: (&str, &str) = ("KEY_REFRESH_INTERVAL", "100ms");

fn start() -> Timestamp {
    START.parse().unwrap()
}

/// A database with an active and a pending key, and a time of the test's own.
struct World {
    database: TestDatabase,
    clock: Arc<VirtualClock>,
    client: Client,
}

impl World {
    async fn new() -> Self {
        let database = TestDatabase::auth().await;
        let client = connect(&database.superuser_url()).await;
        let sql = format!(
            "UPDATE signing_keys SET created_at = '{START}', published_at = '{START}';
             UPDATE signing_keys SET active_since = '{START}' WHERE status = 'active';
             DELETE FROM token_lifetimes"
        );
        client.batch_execute(&sql).await.unwrap();
        Self { database, clock: Arc::new(VirtualClock::new(start())), client }
    }

    /// What it takes to look after the keys.
    fn rotation(&self) -> KeyRotation {
        KeyRotation {
            pool: DatabaseUrl::parse("DATABASE_URL", &self.database.service_url().into(), "test")
                .unwrap()
                .pool(1, Timeouts::BACKGROUND)
                .unwrap(),
            encryption: encryption(&self.database.secrets().key_encryption_keys),
            clock: Arc::clone(&self.clock) as _,
            policy: RotationPolicy::default(),
            size: KeySize::default(),
            token_lifetime: TOKEN_LIFETIME,
        }
    }

    async fn replica(&self) -> KeyRing {
        KeyRing::open(self.rotation()).await.unwrap()
    }

    fn pass(&self, duration: SignedDuration) {
        self.clock.advance(Duration::try_from(duration).unwrap());
    }

    /// Names and statuses, the active key first.
    async fn keys(&self) -> Vec<(String, String)> {
        let sql = "SELECT kid, status FROM signing_keys ORDER BY status, created_at, kid";
        let rows = self.client.query(sql, &[]).await.unwrap();
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    }

    async fn kid(&self, status: &str) -> String {
        self.keys().await.into_iter().find(|(_, found)| found == status).unwrap().0
    }

    /// How many keys have this status.
    async fn count(&self, status: &str) -> usize {
        self.keys().await.iter().filter(|(_, found)| found == status).count()
    }
}

fn encryption(list: &str) -> Arc<KeyEncryptionKeys> {
    Arc::new(KeyEncryptionKeys::parse(&list.to_owned().into()).unwrap())
}

/// The names in a JWKS, in its order.
fn kids(set: &[u8]) -> Vec<String> {
    let set: Value = serde_json::from_slice(set).unwrap();
    let keys = set["keys"].as_array().unwrap();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

fn published(ring: &KeyRing) -> Vec<String> {
    kids(ring.jwks().unwrap().body())
}

fn signs(ring: &KeyRing) -> String {
    ring.active().unwrap().kid().to_owned()
}

/// `auth-service keys`, with other settings than a test's service has, if there are any.
async fn command(database: &TestDatabase, arguments: &[&str], extra: &[(&str, &str)]) -> Finished {
    let mut env = auth_env(database);
    env.extend(extra.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    run_to_end(Binary::AuthService, &[&["keys"], arguments].concat(), env).await.unwrap()
}

/// What a command printed that did its work.
pub async fn done(database: &TestDatabase, arguments: &[&str], extra: &[(&str, &str)]) -> String {
    let finished = command(database, arguments, extra).await;
    assert!(finished.status.success(), "{arguments:?}: {finished:?}");
    finished.stdout.join("\n")
}

/// What a command said that did not.
async fn refused(database: &TestDatabase, arguments: &[&str], extra: &[(&str, &str)]) -> String {
    let finished = command(database, arguments, extra).await;
    assert!(!finished.status.success(), "{arguments:?}: {finished:?}");
    finished.stderr.join("\n")
}
