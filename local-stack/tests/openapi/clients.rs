//! Clients that are generated from the documents as they are served: sign up, get a token, create, list, change, complete
//! and delete a task, sign out.

use std::path::Path;

use tokio::process::Command;

use super::services::Services;
use super::tools::{folder, node, python, run};
use crate::scratch::{Scratch, client};

/// Saves both documents as `auth.json` and `tasks.json`.
async fn save_documents(services: &Services, directory: &Path) {
    for (name, service) in [("auth", &services.auth), ("tasks", &services.tasks)] {
        let answer = client().get(format!("{}/openapi.json", service.url())).send().await.unwrap();
        std::fs::write(directory.join(format!("{name}.json")), answer.bytes().await.unwrap()).unwrap();
    }
}

fn command(program: impl AsRef<std::ffi::OsStr>, directory: &Scratch) -> Command {
    let mut command = Command::new(program);
    command.current_dir(directory.path()).env("HOME", directory.path());
    command
}

/// Runs a round of requests with a generated client.
async fn go_round(services: Services, mut command: Command) {
    command.env("AUTH_URL", services.auth.url()).env("TASKS_URL", services.tasks.url());
    command.env("ORIGIN", "http://localhost:3000");
    let printed = run(command).await;
    assert!(printed.contains("went round"), "{printed}");
    services.have_logged_no_error().await;
}

/// Compiles `program`, which imports what was generated, with every check of types, and runs it.
async fn compile_and_go_round(services: Services, directory: &Scratch, program: &str) {
    let Some(tsc) = node("tsc") else { return };
    std::os::unix::fs::symlink(folder().join("node_modules"), directory.path().join("node_modules")).unwrap();
    std::fs::write(directory.path().join("package.json"), r#"{"type": "module"}"#).unwrap();
    std::fs::copy(folder().join(program), directory.path().join(program)).unwrap();
    std::fs::copy(folder().join("tsconfig.json"), directory.path().join("tsconfig.json")).unwrap();
    run(command(tsc, directory)).await;
    let mut round = command("node", directory);
    round.arg(directory.path().join("out").join(program).with_extension("js"));
    go_round(services, round).await;
}

#[tokio::test]
async fn openapi_python_client_makes_clients_that_work() {
    let Some(generator) = python("openapi-python-client") else { return };
    let Some(interpreter) = python("python") else { return };
    let (services, directory) = (Services::start().await, Scratch::new());
    save_documents(&services, directory.path()).await;
    for name in ["auth", "tasks"] {
        let mut generate = command(&generator, &directory);
        generate.args(["generate", "--fail-on-warning", "--meta", "none", "--path", &format!("{name}.json")]);
        generate.arg("--config").arg(folder().join("openapi-python-client.yml"));
        generate.args(["--output-path", &format!("latchkey_{name}")]);
        run(generate).await;
    }
    let mut round = command(interpreter, &directory);
    round.arg(folder().join("round.py")).env("PYTHONPATH", directory.path());
    go_round(services, round).await;
}

#[tokio::test]
async fn openapi_typescript_makes_types_that_fit() {
    let Some(generator) = node("openapi-typescript") else { return };
    let (services, directory) = (Services::start().await, Scratch::new());
    save_documents(&services, directory.path()).await;
    for name in ["auth", "tasks"] {
        let mut generate = command(&generator, &directory);
        generate.args([
            &format!("{name}.json"),
            "--default-non-nullable=false",
            "-o",
            &format!("{name}.d.ts"),
        ]);
        run(generate).await;
    }
    compile_and_go_round(services, &directory, "round-types.ts").await;
}

#[tokio::test]
async fn hey_api_makes_clients_that_work() {
    let Some(generator) = node("openapi-ts") else { return };
    let (services, directory) = (Services::start().await, Scratch::new());
    save_documents(&services, directory.path()).await;
    for name in ["auth", "tasks"] {
        let mut generate = command(&generator, &directory);
        generate.arg("--file").arg(folder().join("openapi-ts.config.mjs")).env("SERVICE", name);
        run(generate).await;
    }
    compile_and_go_round(services, &directory, "round-client.ts").await;
}
