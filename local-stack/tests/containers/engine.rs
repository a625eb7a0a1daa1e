//! The container engine, by its command line.

use std::ffi::OsStr;

use serde_json::Value;
use tokio::process::Command;

/// The tag of the images to test. It is set where there is an engine that has them, and empty where a later run is for these
/// tests.
const IMAGES: &str = "LATCHKEY_CONTAINER_IMAGES";

/// The tag of the images to test, or `None` where these tests are to be skipped.
///
/// # Panics
/// If containers are required and there are none.
pub fn images() -> Option<String> {
    let Ok(tag) = std::env::var(IMAGES) else {
        let required = std::env::var("LATCHKEY_REQUIRE_CONTAINERS").is_ok_and(|value| !value.is_empty());
        assert!(!required, "no container engine was found");
        local_stack::testing::report_skipped(
            "the compose stack in containers: `./dev test` sets up an engine for it",
        );
        return None;
    };
    Some(tag).filter(|tag| !tag.is_empty())
}

/// Runs `docker` with these arguments.
///
/// # Panics
/// If it fails.
pub async fn docker<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> String {
    let mut command = Command::new("docker");
    command.args(arguments);
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// What the engine reports of a container.
pub async fn inspect(container: &str) -> Value {
    let report: Value = serde_json::from_str(&docker(["inspect", container]).await).unwrap();
    report[0].clone()
}
