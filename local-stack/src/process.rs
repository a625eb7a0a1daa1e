//! A child process whose output is read and kept line by line.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::sync::watch;

use crate::error::{Error, IoContext, Result};
use crate::process_id::ProcessId;

/// The environment variables of a child process.
pub type Environment = BTreeMap<String, String>;

/// The output stream of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A callback for each line of output.
pub type OnLine = Arc<dyn Fn(Stream, &str) + Send + Sync>;

/// A running program. It is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    name: &'static str,
    child: Child,
    output: Arc<Output>,
}

/// Maximum number of lines kept: enough for a test, and a bound for long-running development stacks.
const KEPT_LINES: usize = 50_000;

#[derive(Debug)]
struct Output {
    lines: Mutex<Lines>,
    progress: watch::Sender<Progress>,
}

/// The last lines, and the number of lines before them.
#[derive(Debug, Default)]
struct Lines {
    kept: VecDeque<(Stream, String)>,
    discarded: usize,
}

#[derive(Debug, Default)]
struct Progress {
    lines: usize,
    streams_open: usize,
}

impl Process {
    /// Starts a program with the environment and process group of `command`.
    ///
    /// # Errors
    /// If the program cannot be run.
    pub fn spawn(name: &'static str, mut command: Command, on_line: Option<OnLine>) -> Result<Self> {
        let path = std::path::PathBuf::from(command.as_std().get_program());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().context("run", &path)?;
        let progress = watch::Sender::new(Progress { lines: 0, streams_open: 2 });
        let output = Arc::new(Output { lines: Mutex::default(), progress });
        // Threads instead of tasks, so that a blocked runtime never blocks the child.
        if let Some(stdout) = child.stdout.take() {
            let pipe = stdout.into_owned_fd().context("read from", &path)?;
            read_lines(Stream::Stdout, std::fs::File::from(pipe), &output, on_line.clone());
        }
        if let Some(stderr) = child.stderr.take() {
            let pipe = stderr.into_owned_fd().context("read from", &path)?;
            read_lines(Stream::Stderr, std::fs::File::from(pipe), &output, on_line);
        }
        Ok(Self { name, child, output })
    }

    /// The name of the process in messages.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The process id, until its exit has been observed.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// The process id with the start time, which distinguishes it from a later process with the same number.
    #[must_use]
    pub fn process_id(&self) -> Option<ProcessId> {
        self.id().and_then(|pid| i32::try_from(pid).ok()).map(ProcessId::of)
    }

    /// The lines of both streams so far, in order (the last 50,000).
    #[must_use]
    pub fn output(&self) -> Vec<String> {
        self.output.lines().kept.iter().map(|(_, line)| line.clone()).collect()
    }

    /// The lines of one stream so far.
    #[must_use]
    pub fn output_on(&self, stream: Stream) -> Vec<String> {
        let lines = self.output.lines();
        lines.kept.iter().filter(|(from, _)| *from == stream).map(|(_, line)| line.clone()).collect()
    }

    /// Waits for the first line, past or future, that `wanted` accepts.
    ///
    /// # Errors
    /// If no line matches within `deadline`, or the process exits first.
    pub async fn wait_for_line(
        &mut self,
        wanted: impl Fn(&str) -> bool,
        deadline: Duration,
    ) -> Result<String> {
        let output = Arc::clone(&self.output);
        match tokio::time::timeout(deadline, output.find(wanted)).await {
            Ok(Some(line)) => Ok(line),
            Ok(None) => {
                let status = tokio::time::timeout(deadline, self.wait()).await;
                let how =
                    status.ok().and_then(Result::ok).map_or_else(String::new, |how| format!(" ({how})"));
                Err(self.failure(&format!("exited{how}")))
            }
            Err(_) => Err(self.failure("timed out waiting for a line of output")),
        }
    }

    /// Waits for the process to exit.
    ///
    /// # Errors
    /// If waiting fails.
    pub async fn wait(&mut self) -> Result<ExitStatus> {
        let status = self.child.wait().await;
        status.context("wait for", std::path::Path::new(self.name))
    }

    /// Waits for the process to exit and for the rest of its output.
    ///
    /// # Errors
    /// If waiting fails.
    pub async fn finish(&mut self) -> Result<ExitStatus> {
        let status = self.wait().await?;
        let _ = self.output.find(|_| false).await;
        Ok(status)
    }

    /// The exit status, if the process has exited.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        if let Some(pid) = self.child.id().and_then(|pid| i32::try_from(pid).ok()) {
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }

    /// Sends SIGTERM, and SIGKILL if the process has not exited after this time.
    ///
    /// # Errors
    /// If waiting fails.
    pub async fn terminate(&mut self, timeout: Duration) -> Result<ExitStatus> {
        self.signal(Signal::SIGTERM);
        match tokio::time::timeout(timeout, self.wait()).await {
            Ok(status) => status,
            Err(_) => self.kill().await,
        }
    }

    /// Sends SIGKILL and waits for the process to exit.
    ///
    /// # Errors
    /// If waiting fails.
    pub async fn kill(&mut self) -> Result<ExitStatus> {
        self.signal(Signal::SIGKILL);
        self.wait().await
    }

    /// Creates an error for this process with its last lines of output.
    #[must_use]
    pub fn failure(&self, problem: &str) -> Error {
        let lines = self.output();
        let last = lines.get(lines.len().saturating_sub(20)..).unwrap_or_default().join("\n");
        Error::Service { name: self.name, problem: problem.to_owned(), output: last }
    }
}

impl Output {
    fn lines(&self) -> std::sync::MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, stream: Stream, line: String) {
        let mut lines = self.lines();
        lines.kept.push_back((stream, line));
        if lines.kept.len() > KEPT_LINES {
            lines.kept.pop_front();
            lines.discarded += 1;
        }
    }

    /// Returns the first matching line, or `None` if the process closed its output without one.
    async fn find(&self, wanted: impl Fn(&str) -> bool) -> Option<String> {
        let mut progress = self.progress.subscribe();
        let mut seen = 0_usize;
        loop {
            {
                let lines = self.lines();
                let mut new = lines.kept.iter().skip(seen.saturating_sub(lines.discarded));
                if let Some((_, line)) = new.find(|(_, line)| wanted(line)) {
                    return Some(line.clone());
                }
                seen = lines.discarded + lines.kept.len();
            }
            let update = progress.wait_for(|now| now.lines > seen || now.streams_open == 0).await.ok()?;
            if update.lines <= seen {
                return None;
            }
        }
    }
}

fn read_lines(
    stream: Stream,
    pipe: impl Read + Send + 'static,
    output: &Arc<Output>,
    on_line: Option<OnLine>,
) {
    let output = Arc::clone(output);
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).split(b'\n') {
            let Ok(line) = line else { break };
            let line = String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned();
            if let Some(on_line) = &on_line {
                on_line(stream, &line);
            }
            output.keep(stream, line);
            output.progress.send_modify(|now| now.lines += 1);
        }
        output.progress.send_modify(|now| now.streams_open -= 1);
    });
}
