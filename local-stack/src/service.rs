//! A service as a real process, for tests: on a port of its own, with the settings of the test and no others.

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::Command;
use tokio::time::Instant;

use crate::error::{Doing, Result};
use crate::process::{Process, Stream};
use crate::workspace::Binary;

/// How long a service may take to listen, to become ready, or to stop.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a service gets of the environment of whoever runs the tests: nothing that configures it.
const INHERITED: [&str; 5] = ["PATH", "HOME", "TMPDIR", "RUST_BACKTRACE", "LLVM_PROFILE_FILE"];

/// A running service. It is killed when this is dropped.
#[derive(Debug)]
pub struct Service {
    process: Process,
    url: String,
}

impl Service {
    /// Starts a service with these settings, on a free port unless they hold `BIND`, and reads from its log where
    /// it listens. It may not be ready yet: see [`wait_ready`](Self::wait_ready).
    ///
    /// # Errors
    /// If it ends instead, or does not listen within half a minute. The error holds what it wrote.
    pub async fn spawn<K: AsRef<str>, V: AsRef<str>>(
        binary: Binary,
        env: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self> {
        let mut command = command(binary)?;
        command.arg("serve").env("BIND", "127.0.0.1:0").env("LOG_FORMAT", "json");
        for (name, value) in env {
            command.env(name.as_ref(), value.as_ref());
        }
        let mut process = Process::spawn(binary.name(), command, None)?;
        let line = process.wait_for_line(|line| listening_at(line).is_some(), PATIENCE).await?;
        let url = format!("http://{}", listening_at(&line).unwrap_or_default());
        Ok(Self { process, url })
    }

    /// Where it answers, such as `http://127.0.0.1:41234`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.process.id()
    }

    /// Waits until `GET /readyz` answers 200.
    ///
    /// # Errors
    /// If it ends instead, or is not ready within half a minute. The error holds its last lines.
    pub async fn wait_ready(&mut self) -> Result<()> {
        wait_ready(&mut self.process, &self.url, PATIENCE).await
    }

    /// All lines it has written so far.
    #[must_use]
    pub fn output(&self) -> Vec<String> {
        self.process.output()
    }

    /// The first line, of those written and those to come, that `wanted` is true for.
    ///
    /// # Errors
    /// If there is none within this time, or the service ends without it.
    pub async fn wait_for_line(
        &mut self,
        wanted: impl Fn(&str) -> bool,
        deadline: Duration,
    ) -> Result<String> {
        self.process.wait_for_line(wanted, deadline).await
    }

    /// Asks it to stop (SIGTERM), and after half a minute makes it. Answers how it ended.
    ///
    /// # Errors
    /// If the system refuses.
    pub async fn terminate(&mut self) -> Result<ExitStatus> {
        self.process.terminate(PATIENCE).await
    }

    /// Ends it at once (SIGKILL).
    ///
    /// # Errors
    /// If the system refuses.
    pub async fn kill(&mut self) -> Result<ExitStatus> {
        self.process.kill().await
    }
}

/// How a service ended that was run to its end.
#[derive(Debug)]
pub struct Finished {
    /// Its exit status.
    pub status: ExitStatus,
    /// The lines it wrote to standard output.
    pub stdout: Vec<String>,
    /// The lines it wrote to standard error.
    pub stderr: Vec<String>,
}

/// Runs a service binary with these arguments and settings until it ends by itself: `migrate`, or a start that must
/// be refused.
///
/// # Errors
/// If it cannot be run, or still runs after half a minute; then it is killed.
pub async fn run_to_end<K: AsRef<str>, V: AsRef<str>>(
    binary: Binary,
    arguments: &[&str],
    env: impl IntoIterator<Item = (K, V)>,
) -> Result<Finished> {
    let mut command = command(binary)?;
    command.args(arguments);
    for (name, value) in env {
        command.env(name.as_ref(), value.as_ref());
    }
    let mut process = Process::spawn(binary.name(), command, None)?;
    let Ok(status) = tokio::time::timeout(PATIENCE, process.finish()).await else {
        return Err(process.failure("it did not end"));
    };
    let status = status?;
    Ok(Finished {
        status,
        stdout: process.output_on(Stream::Stdout),
        stderr: process.output_on(Stream::Stderr),
    })
}

fn command(binary: Binary) -> Result<Command> {
    let mut command = Command::new(binary.path()?);
    command.env_clear().stdin(Stdio::null());
    for name in INHERITED {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    Ok(command)
}

/// The address in the line that announces the socket.
fn listening_at(line: &str) -> Option<String> {
    let event: serde_json::Value = serde_json::from_str(line).ok()?;
    let fields = event.get("fields")?;
    let announces = fields.get("message")?.as_str()? == "listening";
    announces.then(|| fields.get("addr")?.as_str().map(str::to_owned))?
}

/// Waits until a service says that it is ready, or has ended.
pub(crate) async fn wait_ready(process: &mut Process, url: &str, patience: Duration) -> Result<()> {
    // A proxy of the developer's has no business here.
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build();
    let client =
        client.map_err(std::io::Error::other).doing("make a client for", std::path::Path::new(url))?;
    let deadline = Instant::now() + patience;
    loop {
        let answer = client.get(format!("{url}/readyz")).send().await;
        if answer.is_ok_and(|answer| answer.status().is_success()) {
            return Ok(());
        }
        if let Some(status) = process.ended() {
            process.finish().await?;
            return Err(process.failure(&format!("it ended ({status})")));
        }
        if Instant::now() > deadline {
            return Err(process.failure(&format!("it was not ready after {} s", patience.as_secs())));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::listening_at;

    #[test]
    fn only_the_announcement_of_the_socket_is_taken() {
        let line =
            r#"{"level":"INFO","fields":{"message":"listening","addr":"127.0.0.1:41234"},"target":"x"}"#;
        assert_eq!(listening_at(line).as_deref(), Some("127.0.0.1:41234"));
        assert_eq!(listening_at(r#"{"fields":{"message":"stopping","addr":"127.0.0.1:1"}}"#), None);
        assert_eq!(listening_at("listening on 127.0.0.1:41234"), None);
    }
}
