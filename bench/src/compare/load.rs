//! Closed-loop load with wrk and pgbench, in turns.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use tokio::process::Command;
use tokio_postgres::Client;

use super::http::serial;
use super::results::{Closed, Cost, Operation, Target};
use super::usage::cpu_time;

/// The wrk script.
const SCRIPT: &str = "bench/peers/requests.lua";
/// Threads of each load generator: one per core of the smallest machine that the comparison is meant for.
const THREADS: usize = 2;
/// The shortest turn of pgbench, which connects and prepares its statements at the beginning.
const PGBENCH_SECONDS: u64 = 3;
/// How long a turn that hashes passwords waits until no hash of the turn before is computed any more: wrk ends without
/// waiting for responses, and auth-service would refuse as many requests as hashes are left.
const LAST_HASHES: Duration = Duration::from_secs(2);
/// More requests than a turn can send.
const SERIALS_PER_TURN: u64 = 10_000_000;

/// The turns of a measurement.
#[derive(Debug, Clone, Copy)]
pub struct Turns {
    /// The number of turns of each program.
    pub rounds: usize,
    /// The length of a turn.
    pub length: Duration,
}

/// A program with an operation, and how to load it.
pub struct Case {
    /// The program.
    pub target: Target,
    /// The operation.
    pub operation: Operation,
    /// The load generator.
    pub load: Load,
    /// The first process of the server, if there is one.
    pub server: Option<u32>,
    /// Statements that run before each turn.
    pub before: Option<Before>,
}

/// A load generator.
pub enum Load {
    /// wrk, with the requests in a file.
    Wrk {
        /// `host:port`.
        address: String,
        /// The file for `requests.lua`.
        requests: PathBuf,
        /// The number of requests in the file.
        count: usize,
    },
    /// pgbench.
    Pgbench {
        /// pgbench of the same version as the server.
        program: PathBuf,
        /// The URL of the database.
        url: String,
        /// The script.
        script: PathBuf,
    },
}

/// Statements, each in a transaction of its own.
#[derive(Clone)]
pub struct Before {
    /// A superuser's connection.
    pub client: Arc<Client>,
    /// The statements.
    pub statements: &'static [&'static str],
}

/// What a load generator reports. Times are in seconds.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Sent {
    requests: u64,
    seconds: f64,
    p50: Option<f64>,
    p99: Option<f64>,
    refused: u64,
    failed: u64,
}

/// Measures the cases in turns: each round has one turn of each case, so that changes of the machine affect all of them.
/// The first turn of each is a short one that only warms up.
pub async fn measure(cases: &[Case], connections: usize, turns: Turns, postmaster: u32) -> Vec<Closed> {
    let mut costs: Vec<Vec<Cost>> = cases.iter().map(|_| Vec::new()).collect();
    for round in 0..=turns.rounds {
        let length = if round == 0 { turns.length / 3 } else { turns.length };
        for (case, costs) in cases.iter().zip(&mut costs) {
            let cost = case.turn(connections, length, postmaster).await;
            if round > 0 {
                costs.push(cost);
            }
        }
    }
    let medians = cases.iter().zip(costs).map(|(case, costs)| {
        let (target, operation, cost) = (case.target, case.operation, median(&costs));
        eprintln!(
            "  {}, {}, {connections} connections: {:.0}/s, {:.0} + {:.0} µs of CPU time",
            operation.name(),
            target.name(),
            cost.rate,
            cost.server_cpu,
            cost.database_cpu
        );
        Closed { target, operation, connections, cost }
    });
    medians.collect()
}

impl Case {
    async fn turn(&self, connections: usize, length: Duration, postmaster: u32) -> Cost {
        if let Some(before) = &self.before {
            for statement in before.statements {
                before.client.batch_execute(statement).await.unwrap();
            }
        }
        if self.operation.hashes() {
            tokio::time::sleep(LAST_HASHES).await;
        }
        let used = || (cpu_time(self.server.as_slice()), cpu_time(&[postmaster]));
        let earlier = used();
        let sent = self.load.run(connections, length, self.operation).await;
        let later = used();
        let answered = sent.requests - sent.refused.min(sent.requests);
        let each = |time: Duration| time.as_secs_f64() * 1e6 / (answered.max(1) as f64);
        Cost {
            rate: answered as f64 / sent.seconds,
            p50: sent.p50.map(|seconds| seconds * 1e6),
            p99: sent.p99.map(|seconds| seconds * 1e6),
            server_cpu: each(later.0.saturating_sub(earlier.0)),
            database_cpu: each(later.1.saturating_sub(earlier.1)),
            refused: sent.refused,
            failed: sent.failed,
        }
    }
}

impl Load {
    async fn run(&self, connections: usize, length: Duration, operation: Operation) -> Sent {
        // With one thread, requests for the same account are as far apart as possible.
        let threads = if operation.hashes() { 1 } else { THREADS.min(connections) };
        match self {
            Self::Wrk { address, requests, count } => {
                wrk(address, requests, *count, (threads, connections), length).await
            }
            Self::Pgbench { program, url, script } => {
                pgbench(program, url, script, (threads, connections), length).await
            }
        }
    }
}

async fn wrk(
    address: &str,
    requests: &Path,
    count: usize,
    (threads, connections): (usize, usize),
    length: Duration,
) -> Sent {
    let mut command = Command::new("wrk");
    // wrk counts in whole seconds.
    command.arg(format!("-d{}s", length.as_secs().max(1)));
    command.args([format!("-t{threads}"), format!("-c{connections}"), "--timeout=30s".to_owned()]);
    command.args(["-s", SCRIPT, &format!("http://{address}"), "--"]).arg(requests);
    command.args([(count / threads).to_string(), serial(SERIALS_PER_TURN).to_string()]);
    let output = run(command).await;
    let line = output.lines().rfind(|line| line.starts_with('{')).unwrap();
    serde_json::from_str(line).unwrap()
}

async fn pgbench(
    program: &Path,
    url: &str,
    script: &Path,
    (threads, connections): (usize, usize),
    length: Duration,
) -> Sent {
    let mut command = Command::new(program);
    command.args(["--no-vacuum", "--protocol=prepared"]);
    command.arg(format!("--time={}", length.as_secs().max(PGBENCH_SECONDS)));
    command.args([format!("--jobs={threads}"), format!("--client={connections}")]);
    command.arg("--define=chosen=0").arg("--file").arg(script).arg(url);
    let output = run(command).await;
    let value =
        |name: &str| output.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next());
    let count = |name: &str| value(name).and_then(|value| value.parse().ok()).unwrap_or(0);
    let requests: u64 = count("number of transactions actually processed: ");
    // pgbench reports no rate if there was no transaction.
    let rate = value("tps = ").and_then(|value| value.parse::<f64>().ok());
    let seconds = rate.map_or(length.as_secs_f64(), |rate| requests as f64 / rate);
    Sent {
        requests,
        seconds,
        p50: None,
        p99: None,
        refused: 0,
        failed: count("number of failed transactions: "),
    }
}

/// Runs a program to its end and returns its output.
///
/// # Panics
/// If it fails.
pub async fn run(mut command: Command) -> String {
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await;
    let output = output.map_err(|error| format!("{:?}: {error}", command.as_std().get_program())).unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{:?}: {}\n{text}{}",
        command.as_std(),
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

/// The median of each figure, and the sum of the errors.
fn median(costs: &[Cost]) -> Cost {
    let of = |figure: fn(&Cost) -> Option<f64>| {
        let mut all: Vec<f64> = costs.iter().filter_map(figure).collect();
        all.sort_unstable_by(f64::total_cmp);
        all.get(all.len() / 2).copied()
    };
    Cost {
        rate: of(|cost| Some(cost.rate)).unwrap(),
        p50: of(|cost| cost.p50),
        p99: of(|cost| cost.p99),
        server_cpu: of(|cost| Some(cost.server_cpu)).unwrap(),
        database_cpu: of(|cost| Some(cost.database_cpu)).unwrap(),
        refused: costs.iter().map(|cost| cost.refused).sum(),
        failed: costs.iter().map(|cost| cost.failed).sum(),
    }
}
