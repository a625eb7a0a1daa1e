//! A child process whose output is read line by line and kept.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};
use tokio::sync::watch;

use crate::error::{Doing, Error, Result};
use crate::process_id::ProcessId;

/// Environment variables of a child.
pub type Environment = BTreeMap<String, String>;

/// Where a line was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What is done with each line as it comes, besides keeping it.
pub type OnLine = Arc<dyn Fn(&str) + Send + Sync>;

/// A running program. It is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    name: &'static str,
    child: Child,
    output: Arc<Output>,
}

/// How many lines of a process are kept: all that a test writes, and not all of a week of development.
const KEPT_LINES: usize = 50_000;

#[derive(Debug)]
struct Output {
    lines: Mutex<Lines>,
    progress: watch::Sender<Progress>,
}

/// The last lines, and how many there were before them.
#[derive(Debug, Default)]
struct Lines {
    kept: VecDeque<(Stream, String)>,
    forgotten: usize,
}

#[derive(Debug, Default)]
struct Progress {
    lines: usize,
    streams_open: usize,
}

impl Process {
    /// Starts a program. Environment and process group are as set in `command`.
    ///
    /// # Errors
    /// If the program cannot be run.
    pub fn spawn(name: &'static str, mut command: Command, on_line: Option<OnLine>) -> Result<Self> {
        let path = std::path::PathBuf::from(command.as_std().get_program());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().doing("run", &path)?;
        let progress = watch::Sender::new(Progress { lines: 0, streams_open: 2 });
        let output = Arc::new(Output { lines: Mutex::default(), progress });
        // Threads, not tasks: a child must never wait because somebody blocks the runtime.
        if let Some(stdout) = child.stdout.take() {
            let pipe = stdout.into_owned_fd().doing("read from", &path)?;
            read_lines(Stream::Stdout, std::fs::File::from(pipe), &output, on_line.clone());
        }
        if let Some(stderr) = child.stderr.take() {
            let pipe = stderr.into_owned_fd().doing("read from", &path)?;
            read_lines(Stream::Stderr, std::fs::File::from(pipe), &output, on_line);
        }
        Ok(Self { name, child, output })
    }

    /// What it is called in messages.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its process id, until it has ended and that was noticed.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// The same with its start, by which it can be told from a later process of that number.
    #[must_use]
    pub fn process_id(&self) -> Option<ProcessId> {
        self.id().and_then(|pid| i32::try_from(pid).ok()).map(ProcessId::of)
    }

    /// The lines written so far (the last 50,000), both streams as they came.
    #[must_use]
    pub fn output(&self) -> Vec<String> {
        self.output.lines().kept.iter().map(|(_, line)| line.clone()).collect()
    }

    /// Those written to one stream.
    #[must_use]
    pub fn output_on(&self, stream: Stream) -> Vec<String> {
        let lines = self.output.lines();
        lines.kept.iter().filter(|(from, _)| *from == stream).map(|(_, line)| line.clone()).collect()
    }

    /// The first line, of those written and those to come, that `wanted` is true for.
    ///
    /// # Errors
    /// If there is none within this time, or the process ends without it.
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
                Err(self.failure(&format!("it ended{how}")))
            }
            Err(_) => Err(self.failure("the line that was waited for did not come")),
        }
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// If the system refuses.
    pub async fn wait(&mut self) -> Result<ExitStatus> {
        let status = self.child.wait().await;
        status.doing("wait for", std::path::Path::new(self.name))
    }

    /// Waits for the end, and for its last lines.
    ///
    /// # Errors
    /// If the system refuses.
    pub async fn finish(&mut self) -> Result<ExitStatus> {
        let status = self.wait().await?;
        let _ = self.output.find(|_| false).await;
        Ok(status)
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        if let Some(pid) = self.child.id().and_then(|pid| i32::try_from(pid).ok()) {
            let _ = kill(Pid::from_raw(pid), signal);
        }
    }

    /// Asks it to stop (SIGTERM), and after this time makes it (SIGKILL).
    ///
    /// # Errors
    /// If the system refuses.
    pub async fn terminate(&mut self, patience: Duration) -> Result<ExitStatus> {
        self.signal(Signal::SIGTERM);
        match tokio::time::timeout(patience, self.wait()).await {
            Ok(status) => status,
            Err(_) => self.kill().await,
        }
    }

    /// Ends it at once (SIGKILL).
    ///
    /// # Errors
    /// If the system refuses.
    pub async fn kill(&mut self) -> Result<ExitStatus> {
        self.signal(Signal::SIGKILL);
        self.wait().await
    }

    /// An error about this process, with its last lines.
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
            lines.forgotten += 1;
        }
    }

    /// The first matching line, or `None` when the process has closed its output without it.
    async fn find(&self, wanted: impl Fn(&str) -> bool) -> Option<String> {
        let mut progress = self.progress.subscribe();
        let mut seen = 0_usize;
        loop {
            {
                let lines = self.lines();
                let mut new = lines.kept.iter().skip(seen.saturating_sub(lines.forgotten));
                if let Some((_, line)) = new.find(|(_, line)| wanted(line)) {
                    return Some(line.clone());
                }
                seen = lines.forgotten + lines.kept.len();
            }
            let news = progress.wait_for(|now| now.lines > seen || now.streams_open == 0).await.ok()?;
            if news.lines <= seen {
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
                on_line(&line);
            }
            output.keep(stream, line);
            output.progress.send_modify(|now| now.lines += 1);
        }
        output.progress.send_modify(|now| now.streams_open -= 1);
    });
}
