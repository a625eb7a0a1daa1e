//! One stack for each checkout, and none left over from one that was killed.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::Instant;

use crate::error::{Doing, Error, Result};
use crate::process_id::{ProcessId, command_line};

/// How long a service of a killed stack may take to stop.
const PATIENCE: Duration = Duration::from_secs(10);

/// Held while a stack runs. Its file lists the processes of the stack, ours first.
#[derive(Debug)]
pub(super) struct Claim {
    file: File,
    processes: Vec<ProcessId>,
}

impl Claim {
    /// Takes the state directory for this process, and ends services that a killed stack has left there.
    ///
    /// # Errors
    /// If another stack is running on it.
    pub(super) async fn take(state_directory: &Path) -> Result<Self> {
        let path = state_directory.join("up.lock");
        std::fs::create_dir_all(state_directory).doing("make", state_directory)?;
        let file = File::options().create(true).read(true).append(true).open(&path).doing("open", &path)?;
        let listed = list(&file);
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let pid =
                    listed.first().map_or_else(String::new, |process| format!(" (process {})", process.pid));
                return Err(Error::Refused(format!("The stack of this checkout is already up{pid}.")));
            }
            Err(TryLockError::Error(error)) => return Err(error).doing("lock", &path),
        }
        for process in listed.iter().skip(1) {
            end(*process).await;
        }
        file.set_len(0).doing("empty", &path)?;
        let mut claim = Self { file, processes: Vec::new() };
        claim.add(ProcessId::own())?;
        Ok(claim)
    }

    /// Remembers a process that has to go when we are killed.
    pub(super) fn add(&mut self, process: ProcessId) -> Result<()> {
        self.processes.push(process);
        writeln!(self.file, "{} {}", process.pid, process.start).doing("write", Path::new("up.lock"))
    }
}

/// Readable while another holds the lock, because locks on files are advisory.
fn list(mut file: &File) -> Vec<ProcessId> {
    let mut text = String::new();
    let _ = file.rewind().and_then(|()| file.read_to_string(&mut text));
    let parse = |line: &str| {
        let (pid, start) = line.split_once(' ')?;
        Some(ProcessId { pid: pid.parse().ok()?, start: start.parse().ok()? })
    };
    text.lines().filter_map(parse).collect()
}

/// Stops a service that lost its stack.
async fn end(process: ProcessId) {
    let is_service = command_line(process.pid).is_some_and(|line| line.contains("-service"));
    let deadline = Instant::now() + PATIENCE;
    let mut signal = Signal::SIGTERM;
    while is_service && process.is_alive() {
        let _ = kill(Pid::from_raw(process.pid), signal);
        if Instant::now() > deadline {
            signal = Signal::SIGKILL;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
