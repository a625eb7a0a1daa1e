//! Starts the services with settings for tests.

use super::database::Database;
use super::outcome::must;
use super::replicas;
use crate::process::Environment;
use crate::service::Service;
use crate::workspace::{Binary, build_binaries};

/// The issuer of tokens of a test's auth-service. A fixed name, because its port is not known before it starts.
pub const ISSUER: &str = "http://auth.test";

/// The audience of tokens of a test's auth-service.
pub const AUDIENCE: &str = "http://tasks.test";

/// Starts auth-service on this database and waits until it is ready. `extra` settings override those of [`auth_env`].
///
/// # Panics
/// If it does not become ready.
pub async fn auth_service(database: &Database, extra: &[(&str, &str)]) -> Service {
    start(Binary::AuthService, auth_env(database), extra).await
}

/// Starts task-service on this database, trusting the auth-service at this URL, and waits until it is ready. `extra`
/// settings override those of [`task_env`].
///
/// # Panics
/// If it does not become ready.
pub async fn task_service(database: &Database, auth_url: &str, extra: &[(&str, &str)]) -> Service {
    start(Binary::TaskService, task_env(database, auth_url), extra).await
}

async fn start(binary: Binary, mut env: Environment, extra: &[(&str, &str)]) -> Service {
    must(build_binaries().await);
    env.extend(extra.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    if replicas::are_selected(&env) {
        return must(replicas::start(binary, env).await);
    }
    let mut service = must(Service::spawn(binary, env).await);
    must(service.wait_ready().await);
    service
}

/// Returns the settings that auth-service needs to start on this database, for tests that change some of them.
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
            // Tests send more requests than people do. Tests of the limits enable them.
            ("RATE_LIMIT_ENABLED", "false"),
        ],
    )
}

/// Returns the settings that task-service needs to start on this database and trust the auth-service at this URL.
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
            // Tests send more requests than people do. Tests of the limit enable it.
            ("REQUESTS_PER_MINUTE", "0"),
        ],
    )
}

/// Returns these settings, with `DATABASE_POOLER` if the database is behind a pooler.
fn environment(database: &Database, settings: &[(&str, &str)]) -> Environment {
    let pooler = database.is_pooled().then_some(&("DATABASE_POOLER", "transaction"));
    let settings = settings.iter().chain(pooler);
    settings.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
