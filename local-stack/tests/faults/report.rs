//! The figures of a run.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::checker::Verdict;
use crate::injected::Fault;
use crate::recorder::{Recorded, Reply};

/// What a run showed.
pub struct Figures {
    /// The fault.
    pub fault: Fault,
    /// How long it was injected.
    pub time: Duration,
    /// Requests whose outcome is known.
    pub known: u64,
    /// Responses that left the outcome open, by kind.
    pub unknown: BTreeMap<String, u64>,
    /// Responses with a 500, which nothing should cause.
    pub internal_errors: u64,
    /// Refusals while a clock was wrong, which are no anomalies.
    pub refused_by_wrong_clocks: usize,
    /// How often the signing key changed.
    pub rotations: usize,
    /// The longest time from a failure of one kind of request to its next known outcome.
    pub longest_outage: Duration,
    /// The time from the last repair to the last response that left its outcome open, to a request that was sent after the
    /// repair.
    pub recovery: Duration,
    /// What the checker found.
    pub verdict: Verdict,
    /// The number of tasks, sessions, links and passwords with a history.
    pub things: usize,
}

impl Figures {
    /// Adds up a run.
    pub fn of(fault: Fault, time: Duration, recorded: Recorded, verdict: Verdict) -> Self {
        let (mut known, mut internal_errors, mut unknown) = (0, 0, BTreeMap::new());
        for ((_, reply), count) in &recorded.counts {
            match reply {
                Reply::Status(500) => internal_errors += count,
                reply if reply.is_known() => known += count,
                Reply::Status(status) => *unknown.entry(status.to_string()).or_default() += count,
                Reply::None => *unknown.entry("none".to_owned()).or_default() += count,
            }
        }
        let history = &recorded.history;
        let things =
            history.tasks.len() + history.sessions.len() + history.links.len() + history.passwords.len();
        Self {
            fault,
            time,
            known,
            unknown,
            internal_errors,
            refused_by_wrong_clocks: verdict.refused_by_wrong_clocks,
            rotations: history.signings.len().saturating_sub(1),
            longest_outage: recorded.longest_outage,
            recovery: recorded.recovery,
            verdict,
            things,
        }
    }

    /// The row of a table.
    pub fn row(&self) -> String {
        let unknown: Vec<String> =
            self.unknown.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let unknown = if unknown.is_empty() { "none".to_owned() } else { unknown.join(", ") };
        format!(
            "| {} | {} s | {} | {unknown} | {} | {} | {} | {} | {:.1} s | {:.1} s | {} |",
            self.fault.name(),
            self.time.as_secs(),
            self.known,
            self.internal_errors,
            self.refused_by_wrong_clocks,
            self.rotations,
            self.things,
            self.longest_outage.as_secs_f64(),
            self.recovery.as_secs_f64(),
            self.verdict.anomalies.len(),
        )
    }
}

/// The head of the table.
pub const HEAD: &str = "\
| fault | injected for | requests answered | left open | 500 | refused by wrong clocks | keys rotated | histories checked | longest outage of a kind of request | last error of a request after the repair | anomalies |
|---|---|---|---|---|---|---|---|---|---|---|";

const PAGE: &str = "docs/RELIABILITY.md";
/// The heading of a run in the page.
const RUN: &str = "### Run of ";
/// The runs that the page shows.
const RUNS: usize = 3;

/// Writes a run into the documentation, and removes the oldest.
pub fn publish(seed: u64, rows: &[String]) {
    let page = local_stack::workspace::root().unwrap().join(PAGE);
    let text = std::fs::read_to_string(&page).unwrap();
    let mut parts = text.split(RUN);
    let introduction = parts.next().unwrap_or_default().trim_end().to_owned();
    let run = format!("{}, seed {seed}\n\n{HEAD}\n{}", today(), rows.join("\n"));
    let runs = std::iter::once(run).chain(parts.map(|run| run.trim_end().to_owned())).take(RUNS);
    let runs: String = runs.map(|run| format!("\n\n{RUN}{run}")).collect();
    std::fs::write(page, format!("{introduction}{runs}\n")).unwrap();
}

fn today() -> String {
    let output = std::process::Command::new("date").arg("+%Y-%m-%d").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
