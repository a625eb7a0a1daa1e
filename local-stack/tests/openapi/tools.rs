//! Programs of others that read OpenAPI documents. `./dev test` installs them.

use std::path::PathBuf;
use std::process::Stdio;

use tokio::process::Command;

/// The folder of this test, which holds the programs' settings and, below `node_modules`, some of them.
pub(super) fn folder() -> PathBuf {
    local_stack::workspace::root().unwrap().join("local-stack/tests/openapi")
}

/// A program of the Python environment.
pub(super) fn python(name: &str) -> Option<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| local_stack::workspace::root().unwrap().join("target"));
    installed(target.join("openapi-tools/bin").join(name))
}

/// A program of `node_modules`.
pub(super) fn node(name: &str) -> Option<PathBuf> {
    installed(folder().join("node_modules/.bin").join(name))
}

/// The program, if it is there. If not, CI fails, and elsewhere the run says what it leaves out.
fn installed(program: PathBuf) -> Option<PathBuf> {
    if program.exists() {
        return Some(program);
    }
    let required = ["CI", "LATCHKEY_REQUIRE_OPENAPI"].iter().any(|name| std::env::var_os(name).is_some());
    assert!(!required, "{} is missing, and CI or LATCHKEY_REQUIRE_OPENAPI asks for it", program.display());
    local_stack::testing::report_skipped(&format!(
        "{} is missing, so the OpenAPI documents are not tested with it. `./dev test` installs it.",
        program.display()
    ));
    None
}

/// Runs a command to its end, and fails with what it printed if that went wrong.
pub(super) async fn run(mut command: Command) -> String {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await.unwrap();
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8_lossy(&printed).into_owned();
    assert!(output.status.success(), "{command:?}: {}\n{printed}", output.status);
    printed
}
