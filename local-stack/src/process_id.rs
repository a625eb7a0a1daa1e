//! Checks whether a process still runs, although process ids are reused.

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;

/// A process: its id and, on Linux, its start time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessId {
    /// The process id.
    pub pid: i32,
    /// The start time in clock ticks since boot; 0 if unknown.
    pub start: u64,
}

impl ProcessId {
    /// Returns the current process.
    #[must_use]
    pub fn own() -> Self {
        Self::of(Pid::this().as_raw())
    }

    /// Returns the process that has this id now.
    #[must_use]
    pub fn of(pid: i32) -> Self {
        Self { pid, start: start_of(pid).unwrap_or(0) }
    }

    /// Whether this process still runs, and not another one with the same id.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        match start_of(self.pid) {
            Some(start) => start == self.start,
            None if std::path::Path::new("/proc/self/stat").exists() => false,
            None => kill(Pid::from_raw(self.pid), None) != Err(Errno::ESRCH),
        }
    }
}

/// Reads field 22 of proc(5) stat. The program name in field 2 may contain spaces and parentheses.
fn start_of(pid: i32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let after_name = stat.get(stat.rfind(')')? + 1..)?;
    after_name.split_whitespace().nth(19)?.parse().ok()
}

/// Returns the running child processes of a process.
pub(crate) fn children(pid: i32) -> Vec<i32> {
    let ps = std::process::Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output();
    let table = ps.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let numbers = table.lines().filter_map(|line| {
        let (child, parent) = line.trim().split_once(' ')?;
        (parent.trim().parse() == Ok(pid)).then(|| child.parse().ok())?
    });
    numbers.collect()
}

/// Returns the command line of a process, or `None` if it is not running.
pub(crate) fn command_line(pid: i32) -> Option<String> {
    let text = match std::fs::read(format!("/proc/{pid}/cmdline")) {
        Ok(bytes) => {
            bytes.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ")
        }
        Err(_) if std::path::Path::new("/proc/self/cmdline").exists() => return None,
        Err(_) => {
            let ps =
                std::process::Command::new("ps").args(["-o", "command=", "-p", &pid.to_string()]).output();
            String::from_utf8_lossy(&ps.ok()?.stdout).into_owned()
        }
    };
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::ProcessId;

    #[test]
    fn this_process_is_alive_and_one_with_another_start_is_not() {
        let own = ProcessId::own();
        assert!(own.is_alive());
        if own.start != 0 {
            assert!(!ProcessId { start: own.start + 1, ..own }.is_alive());
        }
    }

    #[test]
    fn a_process_that_was_reaped_is_not_alive() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        child.wait().unwrap();
        assert!(!ProcessId { pid, start: 0 }.is_alive());
    }
}
