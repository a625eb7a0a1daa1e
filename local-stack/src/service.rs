//! A service as a real process for tests, on its own port and with only the test's settings.

use std::any::Any;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::Command;
use tokio::time::Instant;

use crate::error::{IoContext, Result};
use crate::process::{Process, Stream};
use crate::test_logs;
use crate::workspace::Binary;

/// Maximum time for a service to listen, become ready or stop.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Environment variables that a service inherits. None of them configures it.
const INHERITED: [&str; 5] = ["PATH", "HOME", "TMPDIR", "RUST_BACKTRACE", "LLVM_PROFILE_FILE"];

/// A running service. It is killed when this is dropped.
#[derive(Debug)]
pub struct Service {
    process: Process,
    url: String,
    behind: Option<Box<Behind>>,
}

/// What makes several processes one service.
#[derive(Debug)]
struct Behind {
    replica: Service,
    /// Leads requests to both.
    _front: Box<dyn Any + Send + Sync>,
    url: String,
}

impl Service {
    /// Starts a service with these settings, on a free port unless they contain `BIND`, and reads its socket address
    /// from its log. It may not be ready yet: see [`wait_ready`](Self::wait_ready).
    ///
    /// # Errors
    /// If it exits or does not listen within 30 seconds. The error contains its output.
    pub async fn spawn<K: AsRef<str>, V: AsRef<str>>(
        binary: Binary,
        env: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self> {
        Self::spawn_command(binary, isolated(binary.path()?), env).await
    }

    /// Starts a service like [`spawn`](Self::spawn), from the program at `path` and under another program, e.g.
    /// `valgrind`, which gets `arguments` before the path.
    ///
    /// # Errors
    /// As for [`spawn`](Self::spawn).
    pub async fn spawn_under<K: AsRef<str>, V: AsRef<str>>(
        (program, arguments): (&str, &[String]),
        (binary, path): (Binary, &Path),
        env: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self> {
        let mut command = isolated(program);
        command.args(arguments).arg(path);
        Self::spawn_command(binary, command, env).await
    }

    async fn spawn_command<K: AsRef<str>, V: AsRef<str>>(
        binary: Binary,
        mut command: Command,
        env: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self> {
        command.arg("serve").env("BIND", "127.0.0.1:0").env("LOG_FORMAT", "json");
        set(&mut command, env);
        let mut process = Process::spawn(binary.name(), command, test_logs::keep(binary.name(), &["serve"]))?;
        let line = process.wait_for_line(|line| listening_at(line).is_some(), TIMEOUT).await?;
        let url = format!("http://{}", listening_at(&line).unwrap_or_default());
        Ok(Self { process, url, behind: None })
    }

    /// Makes this and another replica one service: requests go to `url`, and the output, the end and signals are those of
    /// both. `front` leads requests to them and ends with them.
    pub(crate) fn join(self, replica: Self, url: String, front: impl Any + Send + Sync) -> Self {
        let behind = Behind { replica, _front: Box::new(front), url };
        Self { behind: Some(Box::new(behind)), ..self }
    }

    /// The base URL, e.g. `http://127.0.0.1:41234`.
    #[must_use]
    pub fn url(&self) -> &str {
        self.behind.as_ref().map_or(&self.url, |behind| &behind.url)
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.process.id()
    }

    /// Waits until `GET /readyz` returns 200.
    ///
    /// # Errors
    /// If it exits or is not ready within 30 seconds. The error contains its last lines of output.
    pub async fn wait_ready(&mut self) -> Result<()> {
        if let Some(behind) = &mut self.behind {
            wait_ready(&mut behind.replica.process, &behind.replica.url, TIMEOUT).await?;
        }
        wait_ready(&mut self.process, &self.url, TIMEOUT).await
    }

    /// All lines of output so far.
    #[must_use]
    pub fn output(&self) -> Vec<String> {
        let mut output = self.process.output();
        output.extend(self.behind.iter().flat_map(|behind| behind.replica.process.output()));
        output
    }

    /// Waits for the first line, past or future, that `wanted` accepts.
    ///
    /// # Errors
    /// If no line matches within `deadline`, or the service exits first.
    pub async fn wait_for_line(
        &mut self,
        wanted: impl Fn(&str) -> bool,
        deadline: Duration,
    ) -> Result<String> {
        let Some(behind) = &mut self.behind else {
            return self.process.wait_for_line(wanted, deadline).await;
        };
        tokio::select! {
            line = self.process.wait_for_line(&wanted, deadline) => line,
            line = behind.replica.process.wait_for_line(&wanted, deadline) => line,
        }
    }

    /// Sends SIGTERM, and SIGKILL after 30 seconds. Returns the exit status.
    ///
    /// # Errors
    /// If waiting fails.
    pub async fn terminate(&mut self) -> Result<ExitStatus> {
        if let Some(behind) = &mut self.behind {
            behind.replica.process.terminate(TIMEOUT).await?;
        }
        self.process.terminate(TIMEOUT).await
    }

    /// Sends SIGKILL and waits for the service to exit.
    ///
    /// # Errors
    /// If waiting fails.
    pub async fn kill(&mut self) -> Result<ExitStatus> {
        if let Some(behind) = &mut self.behind {
            behind.replica.process.kill().await?;
        }
        self.process.kill().await
    }
}

/// The result of a service that has exited.
#[derive(Debug)]
pub struct Finished {
    /// The exit status.
    pub status: ExitStatus,
    /// The lines of standard output.
    pub stdout: Vec<String>,
    /// The lines of standard error.
    pub stderr: Vec<String>,
}

/// Runs a service binary with these arguments and settings until it exits, e.g. `migrate` or a start with invalid
/// settings.
///
/// # Errors
/// If it cannot be run, or still runs after 30 seconds; it is then killed.
pub async fn run_to_end<K: AsRef<str>, V: AsRef<str>>(
    binary: Binary,
    arguments: &[&str],
    env: impl IntoIterator<Item = (K, V)>,
) -> Result<Finished> {
    let mut command = isolated(binary.path()?);
    command.args(arguments);
    set(&mut command, env);
    let mut process = Process::spawn(binary.name(), command, test_logs::keep(binary.name(), arguments))?;
    let Ok(status) = tokio::time::timeout(TIMEOUT, process.finish()).await else {
        return Err(process.failure("did not exit"));
    };
    let status = status?;
    Ok(Finished {
        status,
        stdout: process.output_on(Stream::Stdout),
        stderr: process.output_on(Stream::Stderr),
    })
}

fn set<K: AsRef<str>, V: AsRef<str>>(command: &mut Command, env: impl IntoIterator<Item = (K, V)>) {
    for (name, value) in env {
        test_logs::record_setting(name.as_ref(), value.as_ref());
        command.env(name.as_ref(), value.as_ref());
    }
}

/// Creates a command that inherits no setting of a service.
fn isolated(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().stdin(Stdio::null());
    for name in INHERITED {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// Returns the socket address from the log line that reports it.
fn listening_at(line: &str) -> Option<String> {
    let event: serde_json::Value = serde_json::from_str(line).ok()?;
    let fields = event.get("fields")?;
    let announces = fields.get("message")?.as_str()? == "listening";
    announces.then(|| fields.get("addr")?.as_str().map(str::to_owned))?
}

/// Waits until a service reports that it is ready.
pub(crate) async fn wait_ready(process: &mut Process, url: &str, timeout: Duration) -> Result<()> {
    // Ignores the developer's proxy settings.
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build();
    let client = client.map_err(std::io::Error::other).context("create a client for", Path::new(url))?;
    let deadline = Instant::now() + timeout;
    loop {
        let answer = client.get(format!("{url}/readyz")).send().await;
        if answer.is_ok_and(|answer| answer.status().is_success()) {
            return Ok(());
        }
        if let Some(status) = process.ended() {
            process.finish().await?;
            return Err(process.failure(&format!("exited ({status})")));
        }
        if Instant::now() > deadline {
            return Err(process.failure(&format!("was not ready after {} s", timeout.as_secs())));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::listening_at;

    #[test]
    fn only_the_line_that_reports_the_socket_is_read() {
        let line =
            r#"{"level":"INFO","fields":{"message":"listening","addr":"127.0.0.1:41234"},"target":"x"}"#;
        assert_eq!(listening_at(line).as_deref(), Some("127.0.0.1:41234"));
        assert_eq!(listening_at(r#"{"fields":{"message":"stopping","addr":"127.0.0.1:1"}}"#), None);
        assert_eq!(listening_at("listening on 127.0.0.1:41234"), None);
    }
}
