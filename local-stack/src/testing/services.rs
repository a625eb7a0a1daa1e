//! The services, started for a test with settings that suit tests.

use super::database::Database;
use super::must;
use crate::process::Environment;
use crate::service::Service;
use crate::workspace::{Binary, build_binaries};

/// Issuer of the tokens of a test's auth-service: its port is not known before it starts.
pub const ISSUER: &str = "http://auth.test";

/// Audience of the tokens of a test's auth-service.
pub const AUDIENCE: &str = "http://tasks.test";

/// auth-service on this database, ready. `extra` settings win over those of [`auth_env`].
///
/// # Panics
/// If it does not become ready.
pub async fn auth_service(database: &Database, extra: &[(&str, &str)]) -> Service {
    start(Binary::AuthService, auth_env(database), extra).await
}

/// task-service on this database, ready, trusting the auth-service at this URL. `extra` settings win over those of
/// [`task_env`].
///
/// # Panics
/// If it does not become ready.
pub async fn task_service(database: &Database, auth_url: &str, extra: &[(&str, &str)]) -> Service {
    start(Binary::TaskService, task_env(database, auth_url), extra).await
}

async fn start(binary: Binary, mut env: Environment, extra: &[(&str, &str)]) -> Service {
    must(build_binaries().await);
    env.extend(extra.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let mut service = must(Service::spawn(binary, env).await);
    must(service.wait_ready().await);
    service
}

/// What auth-service needs to start on this database, for tests that change or leave out some of it.
#[must_use]
pub fn auth_env(database: &Database) -> Environment {
    let secrets = database.secrets();
    environment(
        database,
        &[
            ("DATABASE_URL", &database.service_url()),
            ("AUTH_SECRETS", &secrets.auth_secrets),
            ("KEY_ENCRYPTION_KEYS", &secrets.key_encryption_keys),
            ("BASE_URL", "http://localhost:8081"),
            ("TRUSTED_ORIGINS", "http://localhost:3000"),
            ("JWT_ISSUER", ISSUER),
            ("JWT_AUDIENCE", AUDIENCE),
            ("BCRYPT_COST", "4"),
            // Tests call more often than people do; those of the limits switch them on.
            ("RATE_LIMIT_ENABLED", "false"),
        ],
    )
}

/// What task-service needs to start on this database and trust the auth-service at this URL.
#[must_use]
pub fn task_env(database: &Database, auth_url: &str) -> Environment {
    environment(
        database,
        &[
            ("DATABASE_URL", &database.service_url()),
            ("AUTH_ISSUER", ISSUER),
            ("AUTH_AUDIENCE", AUDIENCE),
            ("JWKS_URL", &format!("{auth_url}/.well-known/jwks.json")),
            ("STATUS_LIST_URL", &format!("{auth_url}/.well-known/status-lists")),
            ("CORS_ORIGINS", "http://localhost:3000"),
            // Tests call more often than people do; those of the limit switch it on.
            ("REQUESTS_PER_MINUTE", "0"),
        ],
    )
}

/// These settings, and that of a service whose connections go through a pooler.
fn environment(database: &Database, settings: &[(&str, &str)]) -> Environment {
    let pooler = database.is_pooled().then_some(&("DATABASE_POOLER", "transaction"));
    let settings = settings.iter().chain(pooler);
    settings.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
