//! The real Better Auth, run by Node, as the source of imports.

use std::process::Stdio;

use serde_json::Value;
use tokio::process::Command;

/// The secret of the deployment.
pub const SECRET: &str = "a-secret-of-the-old-deployment-0123456789";

/// Runs a script, and returns the JSON that it prints.
pub async fn script(name: &str, arguments: &[&str], env: &[(&str, &str)]) -> Result<Value, String> {
    let directory = local_stack::workspace::root().unwrap().join("tests/better-auth");
    assert!(
        directory.join("node_modules/better-auth").is_dir(),
        "tests/better-auth/node_modules is missing: run `npm ci` in tests/better-auth (`./dev test` does)"
    );
    let mut command = Command::new("node");
    command.arg(directory.join(name)).args(arguments).envs(env.iter().copied());
    command.current_dir(&directory).stdin(Stdio::null()).kill_on_drop(true);
    let output = command.output().await.unwrap();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(serde_json::from_slice(&output.stdout).unwrap())
}

/// Creates a deployment in an empty database: its tables, users and keys.
pub async fn deployment(url: &str, plan: &Value) -> Value {
    script("make-database.mjs", &[&plan.to_string()], &[("DATABASE_URL", url)]).await.unwrap()
}
