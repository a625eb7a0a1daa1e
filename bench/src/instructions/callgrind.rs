//! Programs under Valgrind, which counts their instructions while they run.

use std::path::Path;
use std::process::Stdio;

use local_stack::{Binary, Service};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

const VALGRIND: &str = "valgrind";
/// Only the running program is asked for its count, so the file that is written at its end is not needed.
const ARGUMENTS: [&str; 3] = ["--tool=callgrind", "--quiet", "--callgrind-out-file=/dev/null"];
/// Reads from a program under Valgrind. Fails if it does not answer within a minute.
const CONTROL: (&str, [&str; 3]) = ("vgdb", ["--cmd-time-out=60", "status", "internal"]);

/// How often an operation is counted. What runs in the background now and then, such as a fetch, falls into few of these
/// batches and does not change the median.
pub const BATCHES: u32 = 7;

/// A program that does what the lines of its input say, and prints a line after each.
pub struct Interactive {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

/// Starts a service and waits until it is ready.
pub async fn start(binary: Binary, directory: &Path, env: &[(String, String)]) -> Service {
    let path = directory.join(binary.name());
    let env = env.iter().map(|(name, value)| (name, value));
    let arguments = ARGUMENTS.map(str::to_owned);
    let mut service = Service::spawn_under((VALGRIND, &arguments), (binary, &path), env).await.unwrap();
    service.wait_ready().await.unwrap();
    service
}

/// Returns the instructions of one repetition in the program with this process id: the median over batches of
/// `repetitions`, each of which `batch` runs.
pub async fn count(program: u32, repetitions: u32, mut batch: impl AsyncFnMut()) -> u64 {
    let mut counts = Vec::new();
    let mut before = executed(program).await;
    for _ in 0..BATCHES {
        batch().await;
        let after = executed(program).await;
        counts.push((after - before) / u64::from(repetitions));
        before = after;
    }
    counts.sort_unstable();
    counts[counts.len() / 2]
}

/// Returns how many instructions a program has executed.
async fn executed(program: u32) -> u64 {
    let (control, arguments) = CONTROL;
    let mut command = Command::new(control);
    let output = command.arg(format!("--pid={program}")).args(arguments).output().await.unwrap();
    let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let total = total(&text);
    assert!(output.status.success() && total > 0, "{control}: {}: {text}{errors}", output.status);
    total
}

/// Adds the counts of all threads, such as `events-1: 302404`. Those of functions have two numbers in their names.
fn total(status: &str) -> u64 {
    let of_thread = |line: &str| {
        let (thread, count) = line.strip_prefix("events-")?.split_once(": ")?;
        thread.parse::<u32>().ok()?;
        count.trim().parse::<u64>().ok()
    };
    status.lines().filter_map(of_thread).sum()
}

impl Interactive {
    pub fn start(program: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(VALGRIND);
        command.args(ARGUMENTS).arg(program).args(arguments).kill_on_drop(true);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self { child, input, output: BufReader::new(output).lines() }
    }

    pub fn id(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Has it do something, and waits until it is done.
    pub async fn order(&mut self, line: &str) {
        self.input.write_all(format!("{line}\n").as_bytes()).await.unwrap();
        self.output.next_line().await.unwrap().unwrap();
    }

    /// Waits for its end.
    pub async fn stop(self) {
        let Self { mut child, input, .. } = self;
        drop(input);
        let status = child.wait().await.unwrap();
        assert!(status.success(), "{status}");
    }
}

#[cfg(test)]
mod tests {
    use super::total;

    #[test]
    fn the_counts_of_all_threads_are_added_and_not_those_of_functions() {
        let status = "events: Ir\nevents-1: 300\nframes-1: 1\ncalls-1-0: 1\nevents-1-0: 290\nevents-12: 4\n";
        assert_eq!(total(status), 304);
    }
}
