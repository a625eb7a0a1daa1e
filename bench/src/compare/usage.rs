//! CPU time and memory of processes, from `/proc`.

use std::collections::BTreeMap;
use std::time::Duration;

use super::results::Memory;

/// The unit of times in `/proc/PID/stat`, which is the same on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// The parent, and the CPU ticks of a process and of its children that have exited.
struct Stat {
    parent: u32,
    ticks: u32,
}

/// Returns the CPU time of these processes and all their descendants, including those that have exited.
pub fn cpu_time(roots: &[u32]) -> Duration {
    let all = processes();
    let ticks: u32 = tree(&all, roots).iter().filter_map(|id| all.get(id)).map(|stat| stat.ticks).sum();
    TICK * ticks
}

/// Returns the memory of a process and its descendants.
pub fn memory(root: u32) -> Memory {
    let ids = tree(&processes(), &[root]);
    let mut memory = Memory { pss: 0.0, rss: 0.0, processes: ids.len() };
    for id in ids {
        let rollup = std::fs::read_to_string(format!("/proc/{id}/smaps_rollup")).unwrap_or_default();
        memory.pss += mib(&rollup, "Pss:");
        memory.rss += mib(&rollup, "Rss:");
    }
    memory
}

/// Returns the parent of a process.
pub fn parent(process: u32) -> Option<u32> {
    stat(process).map(|stat| stat.parent)
}

/// Returns the CPU time of the current thread.
pub fn thread_cpu_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

fn mib(rollup: &str, name: &str) -> f64 {
    let line = rollup.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

fn processes() -> BTreeMap<u32, Stat> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter_map(|id| Some((id, stat(id)?))).collect()
}

fn tree(all: &BTreeMap<u32, Stat>, roots: &[u32]) -> Vec<u32> {
    let mut found = roots.to_vec();
    let mut at = 0;
    while at < found.len() {
        let parent = found[at];
        found.extend(all.iter().filter(|(_, stat)| stat.parent == parent).map(|(id, _)| *id));
        at += 1;
    }
    found
}

fn stat(process: u32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    parse(&text)
}

/// Reads fields 4 and 14 to 17 of proc(5) stat. The program's name, in parentheses, may contain spaces.
fn parse(text: &str) -> Option<Stat> {
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11..15)?.iter().filter_map(|field| field.parse::<u32>().ok()).sum();
    Some(Stat { parent: fields.get(1)?.parse().ok()?, ticks })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_exited_children_counts() {
        let text = "77 (a (b) c) S 5 77 77 0 -1 4194560 1 2 3 4 10 20 300 4000 20 0 1 0 9";
        let stat = parse(text).unwrap();
        assert_eq!((stat.parent, stat.ticks), (5, 4330));
    }

    #[test]
    fn memory_and_cpu_time_of_this_process_are_found() {
        assert!(memory(std::process::id()).rss > 1.0);
        assert!(parent(std::process::id()).is_some());
        assert!(thread_cpu_time() > Duration::ZERO);
    }
}
