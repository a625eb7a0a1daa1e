//! Telling whether a process of the past is still there, although process ids are used again.

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;

/// A process: its id and, where the system tells (Linux), when it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessId {
    /// The number the system gave it.
    pub pid: i32,
    /// Clock ticks from the start of the system to its own; 0 where that is unknown.
    pub start: u64,
}

impl ProcessId {
    /// This process.
    #[must_use]
    pub fn own() -> Self {
        Self::of(Pid::this().as_raw())
    }

    /// The process that has this number now.
    #[must_use]
    pub fn of(pid: i32) -> Self {
        Self { pid, start: start_of(pid).unwrap_or(0) }
    }

    /// Whether this very process still runs, not just another with its number.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        match start_of(self.pid) {
            Some(start) => start == self.start,
            None if std::path::Path::new("/proc/self/stat").exists() => false,
            None => kill(Pid::from_raw(self.pid), None) != Err(Errno::ESRCH),
        }
    }
}

/// Field 22 of proc(5) stat. The name of the program, field 2, may hold spaces and parentheses.
fn start_of(pid: i32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let after_name = stat.get(stat.rfind(')')? + 1..)?;
    after_name.split_whitespace().nth(19)?.parse().ok()
}

/// The processes that this one has started and that run now.
pub(crate) fn children(pid: i32) -> Vec<i32> {
    let ps = std::process::Command::new("ps").args(["-A", "-o", "pid=,ppid="]).output();
    let table = ps.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let numbers = table.lines().filter_map(|line| {
        let (child, parent) = line.trim().split_once(' ')?;
        (parent.trim().parse() == Ok(pid)).then(|| child.parse().ok())?
    });
    numbers.collect()
}

/// The command line of a process, or `None` if it does not run.
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
