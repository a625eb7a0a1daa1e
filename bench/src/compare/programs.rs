//! How each program is started: with the settings of production, without rate limits.

use std::collections::BTreeMap;
use std::path::PathBuf;

use local_stack::Binary;
use local_stack::testing::{AUDIENCE, Database, ISSUER, auth_env, task_env};

use super::servers::Launch;

/// The Python of the virtual environment that `./dev bench` creates.
const PYTHON: &str = "LATCHKEY_BENCH_PYTHON";
/// Processes of the peers that have more than one: one per core of the smallest machine that the comparison is meant for.
pub const PROCESSES: &str = "2";

/// auth-service on this database.
pub fn auth_service(database: &Database, database_url: &str, bcrypt_cost: u32) -> Launch {
    let mut environment = auth_env(database);
    environment.extend(pairs(&[
        ("DATABASE_URL", database_url),
        ("BCRYPT_COST", &bcrypt_cost.to_string()),
        // Longer than a run, so that every turn can send the same tokens.
        ("JWT_TTL", "1h"),
    ]));
    Launch {
        name: "auth-service",
        program: Binary::AuthService.path().unwrap(),
        arguments: vec!["serve".to_owned()],
        environment,
        ready: "/readyz",
    }
}

/// task-service on this database, with the keys of this auth-service.
pub fn task_service(database: &Database, database_url: &str, auth_url: &str) -> Launch {
    let mut environment = task_env(database, auth_url);
    environment.extend(pairs(&[
        ("DATABASE_URL", database_url),
        // Turns create more tasks than a user needs.
        ("TASK_QUOTA", "1000000"),
    ]));
    Launch {
        name: "task-service",
        program: Binary::TaskService.path().unwrap(),
        arguments: vec!["serve".to_owned()],
        environment,
        ready: "/readyz",
    }
}

/// Better Auth on this database.
pub fn better_auth(database_url: &str, bcrypt_cost: u32) -> Launch {
    let cost = bcrypt_cost.to_string();
    let environment = pairs(&[
        ("NODE_ENV", "production"),
        ("DATABASE_URL", database_url),
        ("BASE_URL", "http://127.0.0.1:{port}"),
        ("SECRET", "a secret of the benchmark, long enough"),
        ("BCRYPT_COST", &cost),
    ]);
    node("Better Auth", "better-auth", environment, "/api/auth/jwks")
}

/// The task API on Fastify.
pub fn fastify(database_url: &str, auth_url: &str) -> Launch {
    node("Fastify", "fastify", task_peer(database_url, auth_url), "/readyz")
}

/// The task API on FastAPI.
pub fn fastapi(database_url: &str, auth_url: &str) -> Launch {
    Launch {
        name: "FastAPI",
        program: python(),
        arguments: vec!["bench/peers/fastapi/serve.py".to_owned()],
        environment: task_peer(database_url, auth_url),
        ready: "/readyz",
    }
}

/// Returns the Python that runs FastAPI.
pub fn python() -> PathBuf {
    let path = std::env::var(PYTHON).map_err(|_| format!("{PYTHON} is not set: use ./dev bench"));
    path.unwrap().into()
}

fn node(
    name: &'static str,
    directory: &str,
    environment: BTreeMap<String, String>,
    ready: &'static str,
) -> Launch {
    let arguments = vec![format!("bench/peers/{directory}/server.mjs")];
    Launch { name, program: "node".into(), arguments, environment, ready }
}

fn task_peer(database_url: &str, auth_url: &str) -> BTreeMap<String, String> {
    let jwks = format!("{auth_url}/.well-known/jwks.json");
    pairs(&[
        ("NODE_ENV", "production"),
        ("DATABASE_URL", database_url),
        ("JWKS_URL", &jwks),
        ("ISSUER", ISSUER),
        ("AUDIENCE", AUDIENCE),
        ("PROCESSES", PROCESSES),
    ])
}

fn pairs(settings: &[(&str, &str)]) -> BTreeMap<String, String> {
    settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
