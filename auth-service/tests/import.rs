//! Runs imports, and reads what they stored.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use local_stack::testing::{TestDatabase, auth_env};
use local_stack::{Binary, Finished, run_to_end};
use serde_json::Value;
use tokio_postgres::Client;

use crate::support::{Auth, connect};

/// Runs `auth-service import ...` into the database. Settings in `env` take precedence.
pub async fn run(database: &TestDatabase, arguments: &[&str], env: &[(&str, &str)]) -> Finished {
    local_stack::testing::build_binaries().await.unwrap();
    let mut settings: BTreeMap<String, String> = auth_env(database);
    settings.extend(env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    settings.retain(|_, value| !value.is_empty());
    run_to_end(Binary::AuthService, arguments, settings).await.unwrap()
}

/// Runs an import that must succeed, and returns its report.
pub async fn report(database: &TestDatabase, arguments: &[&str], env: &[(&str, &str)]) -> Value {
    let scratch = Scratch::new();
    let file = scratch.path("report.json");
    let mut arguments = arguments.to_vec();
    arguments.extend(["--report", &file]);
    let finished = run(database, &arguments, env).await;
    assert!(finished.status.success(), "{finished:?}");
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

/// The number of rows of each table.
pub async fn counts(client: &Client) -> (i64, i64, i64, i64) {
    let sql = "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM passwords), \
               (SELECT count(*) FROM sessions), (SELECT count(*) FROM signing_keys)";
    let row = client.query_one(sql, &[]).await.unwrap();
    (row.get(0), row.get(1), row.get(2), row.get(3))
}

/// The scheme of an account's password.
pub async fn scheme(client: &Client, email: &str) -> Option<String> {
    let sql = "SELECT p.scheme FROM users u LEFT JOIN passwords p ON p.user_id = u.id WHERE u.email = $1";
    client.query_one(sql, &[&email]).await.unwrap().get(0)
}

/// Tries to sign in, and returns the status.
pub async fn sign_in(auth: &Auth, email: &str, password: &str) -> u16 {
    let body = serde_json::json!({"email": email, "password": password});
    auth.post("/sign-in/email", &body).await.status.as_u16()
}

/// The contents of all tables that an import writes, as text.
pub async fn contents(database: &TestDatabase) -> String {
    let client = connect(&database.superuser_url()).await;
    let mut text = String::new();
    for table in ["users", "passwords", "linked_accounts", "sessions", "signing_keys"] {
        let sql = format!("SELECT coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '') FROM {table} t");
        text += &client.query_one(&sql, &[]).await.unwrap().get::<_, String>(0);
        text.push('\n');
    }
    text
}

/// A directory that is deleted when dropped.
pub struct Scratch(std::path::PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("latchkey-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let directory = std::env::temp_dir().join(name);
        // An earlier process of the same id may have left it.
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir(&directory).unwrap();
        Self(directory)
    }

    pub fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
