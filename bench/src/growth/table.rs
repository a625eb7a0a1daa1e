//! The tables.

use std::fmt::Write;
use std::process::Command;
use std::time::Duration;

use super::idle::Idle;
use super::stand::Cost;

/// How operations grow with the size of a database.
pub struct Growth {
    pub name: &'static str,
    pub sizes: Vec<usize>,
    /// The cost of each operation at each size.
    pub costs: Vec<(&'static str, Vec<Cost>)>,
    /// MiB of the service at each size, after all operations.
    pub memory: Vec<u64>,
}

/// A service with idle connections.
pub struct IdleService {
    pub name: &'static str,
    pub operation: &'static str,
    pub rows: Vec<Idle>,
}

/// The cost at the largest size as a multiple of that at the smallest.
pub fn factor(costs: &[Cost]) -> f64 {
    match costs {
        [first, .., last] => last.total().as_secs_f64() / first.total().as_secs_f64(),
        _ => 1.0,
    }
}

/// Renders all tables as Markdown.
pub fn render(growths: &[&Growth], idle: &[IdleService]) -> String {
    let mut text = String::new();
    for growth in growths {
        render_growth(&mut text, growth);
    }
    text.push_str("### Idle connections\n\n");
    line(&mut text, ["service", "idle connections", "memory", "operation", "service + PostgreSQL", "median"]);
    line(&mut text, ["---"; 6]);
    for service in idle {
        for Idle { connections, memory, cost } in &service.rows {
            line(
                &mut text,
                [
                    service.name,
                    &thousands(*connections),
                    &format!("{memory} MiB"),
                    service.operation,
                    &both(cost),
                    &micros(cost.latency),
                ],
            );
        }
    }
    text
}

fn render_growth(text: &mut String, growth: &Growth) {
    let sizes = || growth.sizes.iter().map(|size| thousands(*size));
    let head = |text: &mut String, last: &str| {
        let names = ["operation".to_owned()].into_iter().chain(sizes()).chain([last.to_owned()]);
        let names: Vec<String> = names.collect();
        line(text, &names);
        line(text, vec!["---"; names.len()]);
    };
    let _ = write!(text, "### {}\n\nCPU time in µs, service + PostgreSQL:\n\n", growth.name);
    head(text, "largest / smallest");
    for (name, costs) in &growth.costs {
        let cells = [(*name).to_owned()].into_iter().chain(costs.iter().map(both));
        line(text, cells.chain([format!("{:.2}", factor(costs))]).collect::<Vec<_>>());
    }
    text.push_str("\nMedian response time in µs, and memory of the service after all operations:\n\n");
    head(text, "largest / smallest");
    for (name, costs) in &growth.costs {
        let latencies: Vec<f64> = costs.iter().map(|cost| cost.latency.as_secs_f64()).collect();
        let cells = [(*name).to_owned()].into_iter().chain(costs.iter().map(|cost| micros(cost.latency)));
        let factor = latencies.last().unwrap() / latencies[0];
        line(text, cells.chain([format!("{factor:.2}")]).collect::<Vec<_>>());
    }
    let memory = growth.memory.iter().map(|memory| format!("{memory} MiB"));
    line(text, ["memory".to_owned()].into_iter().chain(memory).chain([String::new()]).collect::<Vec<_>>());
    text.push('\n');
}

fn line(text: &mut String, cells: impl IntoIterator<Item = impl AsRef<str>>) {
    let cells: Vec<String> = cells.into_iter().map(|cell| cell.as_ref().to_owned()).collect();
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

fn both(cost: &Cost) -> String {
    format!("{} + {}", micros(cost.service), micros(cost.database))
}

fn micros(duration: Duration) -> String {
    format!("{:.0}", duration.as_secs_f64() * 1e6)
}

/// Formats a number with commas.
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap()).collect();
    groups.join(",")
}

/// The document with the tables.
pub fn document(tables: &str) -> String {
    let output = Command::new("date").arg("+%Y-%m-%d").output().unwrap().stdout;
    let date = String::from_utf8(output).unwrap();
    format!("{}\n![Growth](growth.svg)\n\n{tables}\nMeasured on {}.\n", HEAD, date.trim())
}

const HEAD: &str = "# Growth

`./dev bench growth`: release build on two cores, shared by PostgreSQL 15 (without fsync, as in
tests, with 128 MB of shared buffers), the services and four connections that send requests in a
closed loop, of random users and for random tasks. Each size has a database and a service. They take
turns; the tables show medians of five turns. CPU time is that of the service and of PostgreSQL's
processes for its connections.

- Each user has one session and the same password, hashed with bcrypt at cost 4, so that the
  database's share of a sign-in shows.
- `get-session` and `token` return an access token, and the service caches the tokens of some
  30,000 sessions. A small table would profit from that more than a large one, so these requests
  come from 500 sessions, spread over all; `token, signed` uses each session once.
- Requests for tasks come from 200 users at every size, spread over all. The tasks of a user lie as
  far apart in the table as if all users created one after the other. The last row has up to 5,000
  users. It grows with what is in use, not with the table: task-service remembers 4,096 tokens, and
  verifies the others anew (17 µs), and their tasks do not fit into the shared buffers.
- Each idle connection has sent one request. Its memory includes that of the load beside it. A bare
  actix handler takes 11 kB for each connection: its task and two buffers of 8 KiB, which are not
  used in full. In the services, memory that requests have used and freed becomes such buffers, so
  that all of their pages are resident.

An operation at the largest size should cost at most 1.2 times as much as at the smallest. The
difference is PostgreSQL's: at the smallest size, table and index fit into the processor's cache;
between the two largest, the cost hardly changes.
";
