//! `auth-service users`, and what it means for the users.

mod bans;
mod command;
mod passwords;

use local_stack::testing::Database;
use local_stack::workspace::Binary;
use local_stack::{Finished, run_to_end};
use serde_json::Value;

/// Runs the command with the rights of the service, and with no terminal.
pub async fn users(database: &Database, arguments: &[&str]) -> Finished {
    let env = [("DATABASE_URL", database.service_url()), ("RUST_LOG", "info".to_owned())];
    run_to_end(Binary::AuthService, &[&["users"], arguments].concat(), env).await.unwrap()
}

/// What a command that succeeds prints as JSON.
pub async fn json(database: &Database, arguments: &[&str]) -> Value {
    let finished = users(database, &[arguments, &["--json"]].concat()).await;
    assert!(finished.status.success(), "{finished:?}");
    serde_json::from_str(&finished.stdout.join("\n")).unwrap()
}

/// Bans a user for good.
pub async fn ban(database: &Database, user: &str) -> Value {
    json(database, &["ban", user, "--yes"]).await
}
