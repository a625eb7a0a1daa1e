//! A verifier that runs: somebody else's program or library, with the files of `examples/`.

use std::path::PathBuf;
use std::time::Duration;

use local_stack::process::Process;
use serde_json::Value;
use tokio::process::Command;

use crate::scratch::{Scratch, client};

/// A cold Go build and a first import of all of FastAPI take their time.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

/// Whom a verifier trusts.
pub(super) struct Trust {
    pub(super) issuer: &'static str,
    pub(super) audience: &'static str,
    pub(super) jwks_url: String,
}

impl Trust {
    /// The settings that all examples have in common.
    pub(super) fn set(&self, command: &mut Command) {
        command.env("ISSUER", self.issuer).env("AUDIENCE", self.audience).env("JWKS_URL", &self.jwks_url);
    }
}

/// A running verifier; killed when this is dropped.
pub(super) struct Verifier {
    pub(super) process: Process,
    pub(super) url: String,
    pub(super) _home: Scratch,
}

/// What a verifier said.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) status: u16,
    /// Whom it took the caller for.
    pub(super) user: Option<String>,
}

impl Verifier {
    /// Waits for the line in which the program says where it listens.
    pub(super) async fn listening(mut process: Process, home: Scratch) -> Self {
        let place = |line: &str| Some(format!("http://{}", line.split("http://").nth(1)?.split(' ').next()?));
        let line = process.wait_for_line(|line| place(line).is_some(), PATIENCE).await.unwrap();
        Self { process, url: place(&line).unwrap(), _home: home }
    }

    /// Asks with this token.
    pub(super) async fn ask(&self, token: &str) -> Said {
        self.ask_with(&[("authorization", &format!("Bearer {token}"))]).await
    }

    /// Asks with these headers.
    pub(super) async fn ask_with(&self, headers: &[(&str, &str)]) -> Said {
        let request = headers
            .iter()
            .fold(client().get(&self.url), |request, (name, value)| request.header(*name, *value));
        let answer = request.timeout(PATIENCE).send().await;
        let answer = answer.unwrap_or_else(|error| panic!("{error:?}\n{}", self.process.output().join("\n")));
        let status = answer.status().as_u16();
        if status == 401 {
            let challenge = answer.headers().get("www-authenticate").map(|value| value.to_str().unwrap());
            assert!(
                challenge.is_some_and(|challenge| challenge.starts_with("Bearer")),
                "{challenge:?} {}",
                self.process.output().join("\n")
            );
        }
        let body: Value = answer.json().await.unwrap_or_default();
        Said { status, user: body["user_id"].as_str().map(str::to_owned) }
    }
}

/// The folder of this example.
pub(super) fn example(name: &str) -> PathBuf {
    local_stack::workspace::root().unwrap().join("examples").join(name)
}

/// A command that gets nothing of the developer's environment but where programs and temporary files are.
pub(super) fn command(program: impl Into<PathBuf>, home: &Scratch) -> Command {
    let mut command = Command::new(program.into());
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", home.path());
    command
}

/// What a test needs and does not find: in CI it fails, elsewhere the run says what it leaves out.
pub(super) fn skip<T>(missing: &str, untested: &str) -> Option<T> {
    let required = ["CI", "LATCHKEY_REQUIRE_VERIFIERS"].iter().any(|name| std::env::var_os(name).is_some());
    assert!(!required, "{missing}, and CI or LATCHKEY_REQUIRE_VERIFIERS asks for it");
    local_stack::testing::report_skipped(&format!(
        "{missing}, so {untested} is not tested. LATCHKEY_REQUIRE_VERIFIERS=1 fails instead."
    ));
    None
}

/// A program on PATH, or where administrators' programs are.
pub(super) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin"].map(PathBuf::from));
    places.map(|place| place.join(name)).find(|path| path.is_file())
}

/// A Python that has these modules. Debian's packages are for Debian's Python, which need not be the first on PATH.
pub(super) fn python(modules: &str) -> Option<&'static str> {
    let has_them = |python: &&str| {
        let output = std::process::Command::new(python).args(["-c", &format!("import {modules}")]).output();
        output.is_ok_and(|output| output.status.success())
    };
    ["python3", "/usr/bin/python3"].into_iter().find(has_them)
}
