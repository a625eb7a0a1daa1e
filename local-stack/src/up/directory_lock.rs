//! Ensures one stack per checkout, and stops services of a killed stack.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::Instant;

use crate::error::{Error, IoContext, Result};
use crate::process_id::{ProcessId, command_line};

/// Maximum time for a service of a killed stack to stop.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The lock of the state directory, held while a stack runs. Its file lists the processes of the stack, starting with
/// this one.
#[derive(Debug)]
pub(super) struct DirectoryLock {
    file: File,
    processes: Vec<ProcessId>,
}

impl DirectoryLock {
    /// Locks the state directory and stops services that a killed stack left running.
    ///
    /// # Errors
    /// If another stack uses the state directory.
    pub(super) async fn acquire(state_directory: &Path) -> Result<Self> {
        let path = state_directory.join("up.lock");
        std::fs::create_dir_all(state_directory).context("create", state_directory)?;
        let file = File::options().create(true).read(true).append(true).open(&path).context("open", &path)?;
        let listed = list(&file);
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let pid =
                    listed.first().map_or_else(String::new, |process| format!(" (process {})", process.pid));
                return Err(Error::Refused(format!("The stack of this checkout is already running{pid}.")));
            }
            Err(TryLockError::Error(error)) => return Err(error).context("lock", &path),
        }
        for process in listed.iter().skip(1) {
            stop_service(*process).await;
        }
        file.set_len(0).context("empty", &path)?;
        let mut lock = Self { file, processes: Vec::new() };
        lock.add(ProcessId::own())?;
        Ok(lock)
    }

    /// Records a process to stop at the next start, if this process is killed.
    pub(super) fn add(&mut self, process: ProcessId) -> Result<()> {
        self.processes.push(process);
        writeln!(self.file, "{} {}", process.pid, process.start).context("write", Path::new("up.lock"))
    }
}

/// Reads the recorded processes. This works while another process holds the lock, because file locks are advisory.
fn list(mut file: &File) -> Vec<ProcessId> {
    let mut text = String::new();
    let _ = file.rewind().and_then(|()| file.read_to_string(&mut text));
    let parse = |line: &str| {
        let (pid, start) = line.split_once(' ')?;
        Some(ProcessId { pid: pid.parse().ok()?, start: start.parse().ok()? })
    };
    text.lines().filter_map(parse).collect()
}

/// Stops a service of a killed stack.
async fn stop_service(process: ProcessId) {
    let is_service = command_line(process.pid).is_some_and(|line| line.contains("-service"));
    let deadline = Instant::now() + TIMEOUT;
    let mut signal = Signal::SIGTERM;
    while is_service && process.is_alive() {
        let _ = kill(Pid::from_raw(process.pid), signal);
        if Instant::now() > deadline {
            signal = Signal::SIGKILL;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
