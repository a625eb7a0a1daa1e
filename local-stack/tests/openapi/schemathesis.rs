//! Schemathesis sends what the documents allow and what they forbid, and compares the answers with them.
//!
//! Its settings and every check that is left out are in `schemathesis.toml`.

use tokio::process::Command;

use super::services::Services;
use super::tools::{folder, python, run};
use crate::scratch::{Scratch, client};

/// Always the same requests, so that a run that fails fails again.
const SEED: &str = "20261128";
/// Random requests for each operation; those that the schemas' edges call for come besides. Both services then take about
/// a minute on two cores.
const EXAMPLES: &str = "12";
/// Operations of auth-service that end the session which asks. They have a turn of their own, after everything else was
/// called by somebody who is signed in.
const ENDS_SESSION: &str = "^/api/auth/(sign-out|revoke-.*|delete-user.*)$";

/// Fails if it finds anything. `selection` says which operations are called.
async fn find_nothing(url: &str, token: &str, selection: &[&str]) {
    let Some(schemathesis) = python("schemathesis") else { return };
    let home = Scratch::new();
    let mut command = Command::new(schemathesis);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", home.path());
    command.current_dir(home.path()).arg("--config-file").arg(folder().join("schemathesis.toml"));
    command.args([
        "run",
        &format!("{url}/openapi.json"),
        "--no-color",
        "--seed",
        SEED,
        "--max-examples",
        EXAMPLES,
    ]);
    command.env("LATCHKEY_TOKEN", token).args(selection);
    let printed = run(command).await;
    assert!(printed.contains("No issues found"), "{printed}");
}

async fn status(url: String, token: &str) -> u16 {
    client().get(url).bearer_auth(token).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn task_service_answers_as_its_document_says() {
    let services = Services::start().await;
    let alice = services.sign_up("alice").await;
    find_nothing(services.tasks.url(), &alice.access, &[]).await;
    assert_eq!(status(format!("{}/api/me/tasks", services.tasks.url()), &alice.access).await, 200);
    services.have_logged_no_error().await;
}

#[tokio::test]
async fn auth_service_answers_as_its_document_says() {
    let services = Services::start().await;
    let alice = services.sign_up("alice").await;
    let url = services.auth.url();
    find_nothing(url, &alice.session, &["--exclude-path-regex", ENDS_SESSION]).await;
    assert_eq!(status(format!("{url}/api/auth/token"), &alice.session).await, 200, "still signed in");
    find_nothing(url, &alice.session, &["--include-path-regex", ENDS_SESSION]).await;
    services.have_logged_no_error().await;
}
