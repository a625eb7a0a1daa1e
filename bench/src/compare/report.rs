//! The report, in Markdown.

use super::goals::{GOALS, Goal, figure};
use super::plan::{CONNECTIONS, HASH_CONNECTIONS};
use super::results::{Cost, HashImplementation, Operation, Results, Target};
use super::tables::Table;

const INTRODUCTION: &str = "\
# Latchkey, its peers and the limits of the machine

Written by `./dev bench`. [README.md](README.md) describes what is measured and how to read it. All
figures are from one run on one machine, on which PostgreSQL, the servers and the load generator
share the cores. Compare the figures with each other, not with those of another machine.

";

/// Writes the report of a run.
pub fn render(results: &Results) -> String {
    let sections = [
        ("Targets", targets(results)),
        ("auth-service and Better Auth", operations(results, auth_operations())),
        ("task-service, FastAPI and Fastify", operations(results, task_operations())),
        ("The limits of the machine", limits(results)),
        ("Round trips and transactions", database(results)),
        ("Memory, start and size", footprints(results)),
        ("Latency at fixed rates", open_loop(results)),
        ("Other numbers of connections", all_connections(results)),
        ("Errors", errors(results)),
        ("Conditions", conditions(results)),
    ];
    let mut text = INTRODUCTION.to_owned();
    for (heading, section) in sections {
        text.push_str(&format!("## {heading}\n\n{}\n", section.trim_end()));
        text.push('\n');
    }
    text.trim_end().to_owned() + "\n"
}

fn auth_operations() -> impl Iterator<Item = Operation> {
    Operation::ALL.into_iter().take(7)
}

fn task_operations() -> impl Iterator<Item = Operation> {
    Operation::ALL.into_iter().skip(7)
}

fn targets(results: &Results) -> String {
    let mut table = Table::new(&["what", "target", "allowed", "measured", "reached"]);
    let (mut reached, mut measured) = (0, 0);
    for goal in GOALS {
        let Some(outcome) = goal.outcome(results) else {
            table.row(&[goal.what, goal.bound_text, "", "", "not measured"]);
            continue;
        };
        measured += 1;
        reached += usize::from(outcome.reached);
        let verdict = if outcome.reached {
            "yes".to_owned()
        } else {
            format!("no: {} times what is allowed", figure(outcome.ratio))
        };
        table.row(&[goal.what, goal.bound_text, &outcome.allowed, &outcome.measured, &verdict]);
    }
    format!(
        "{reached} of {measured} targets are reached. CPU times are per request. Requests have \
         {CONNECTIONS} connections,\nsign-in and sign-up {HASH_CONNECTIONS}.\n\n{}\n{}",
        table.markdown(),
        obstacles(results)
    )
}

/// What stands in the way of the targets that are missed.
fn obstacles(results: &Results) -> String {
    let is_missed = |goal: &Goal| goal.outcome(results).is_some_and(|outcome| !outcome.reached);
    let lines: Vec<String> = GOALS
        .iter()
        .filter(|goal| is_missed(goal))
        .map(|goal| format!("- **{}**: {}\n", goal.what, goal.obstacle.unwrap_or("not examined.")))
        .collect();
    if lines.is_empty() { String::new() } else { format!("What stands in the way:\n\n{}", lines.concat()) }
}

/// A table for each operation, with ratios to ours.
fn operations(results: &Results, operations: impl Iterator<Item = Operation>) -> String {
    let mut text = format!(
        "Closed loop, {CONNECTIONS} connections; operations that hash a password, {HASH_CONNECTIONS}. CPU \
         times are per request, PostgreSQL's\nseparately. The ratio is Latchkey's figure to that of the row.\n\n"
    );
    for operation in operations {
        let connections = if operation.hashes() { HASH_CONNECTIONS } else { CONNECTIONS };
        let Some(ours) = results.cost(Target::Latchkey, operation, connections) else { continue };
        let mut table = Table::new(&[
            "",
            "requests/s",
            "ratio",
            "CPU",
            "ratio",
            "PostgreSQL's CPU",
            "ratio",
            "p50",
            "p99",
        ]);
        let mut targets = results.targets(operation);
        if operation == Operation::FreshToken {
            targets.push(Target::BetterAuth);
        }
        for target in targets {
            // Better Auth signs every token.
            let other = match (target, operation) {
                (Target::BetterAuth, Operation::FreshToken) => Operation::Token,
                _ => operation,
            };
            if let Some(cost) = results.cost(target, other, connections) {
                cost_row(&mut table, target, ours, cost);
            }
        }
        text.push_str(&format!("### {}\n\n{}\n", capitalized(operation.name()), table.markdown()));
    }
    text
}

fn cost_row(table: &mut Table, target: Target, ours: &Cost, cost: &Cost) {
    if cost.rate == 0.0 {
        table.row(&[target.name(), "no success", "", "", "", "", "", "", ""]);
        return;
    }
    let ratio = |ours: f64, other: f64| match target {
        Target::Latchkey => String::new(),
        _ if other == 0.0 => String::new(),
        _ => figure(ours / other),
    };
    let has_server = target != Target::Pgbench;
    let server = if has_server { micros(cost.server_cpu) } else { String::new() };
    table.row(&[
        target.name(),
        &figure(cost.rate),
        &ratio(ours.rate, cost.rate),
        &server,
        &if has_server { ratio(ours.server_cpu, cost.server_cpu) } else { String::new() },
        &micros(cost.database_cpu),
        &ratio(ours.database_cpu, cost.database_cpu),
        &cost.p50.map(micros).unwrap_or_default(),
        &cost.p99.map(micros).unwrap_or_default(),
    ]);
}

fn limits(results: &Results) -> String {
    let mut hashes = Table::new(&["bcrypt", "one thread", "a thread per core"]);
    for (implementation, name) in [
        (HashImplementation::Latchkey, "`eksblowfish`, two at a time on each thread"),
        (HashImplementation::Crate, "the `bcrypt` crate"),
        (HashImplementation::Node, "Node's C implementation (`bcrypt` of npm)"),
    ] {
        for cost in [12, 10] {
            let rate = |threads| results.hash_rate(implementation, cost, threads);
            let [one, all] =
                [rate(1), rate(results.cores)].map(|rate| rate.map(per_second).unwrap_or_default());
            hashes.row(&[&format!("{name}, cost {cost}"), &one, &all]);
        }
    }
    let mut others = Table::new(&["aws-lc-rs and shared-claims", "CPU"]);
    for (name, time) in [
        ("RSA-2048 signature, key parsed once", results.limits.rsa_sign),
        ("RSA-2048 verification, key parsed once", results.limits.rsa_verify),
        (
            "verification of a new access token by shared-claims, claims parsed",
            results.limits.verify_new_token,
        ),
        ("the same of a token that it has verified before", results.limits.verify_token),
    ] {
        others.row(&[name, &micros(time)]);
    }
    format!(
        "{}\n{}\npgbench with the statements of task-service and the bare actix handler with as many bytes as the \
         JWKS\nare rows of the tables above.\n",
        hashes.markdown(),
        others.markdown()
    )
}

fn database(results: &Results) -> String {
    let mut table = Table::new(&["request", "server", "round trips", "transactions"]);
    for operation in Operation::ALL {
        for found in results.database.iter().filter(|found| found.operation == operation) {
            let transactions = format!("{:.1}", found.transactions);
            let trips = found.round_trips.to_string();
            table.row(&[operation.name(), found.target.name(), &trips, &transactions]);
        }
    }
    format!(
        "Per request, one at a time. Round trips are counted on the wire, transactions in `pg_stat_database`. A \
         background query\nof a server may add a tenth.\n\n{}",
        table.markdown()
    )
}

fn footprints(results: &Results) -> String {
    let mut table = Table::new(&["server", "processes", "idle", "under load", "start", "binary"]);
    for found in &results.footprints {
        let memory = |memory: super::results::Memory| {
            format!("{} MiB ({} resident)", figure(memory.pss), figure(memory.rss))
        };
        table.row(&[
            &found.server,
            &found.loaded.processes.to_string(),
            &memory(found.idle),
            &memory(found.loaded),
            &format!("{} ms", figure(found.start)),
            &found.binary.map(|size| format!("{} MiB", figure(size))).unwrap_or_default(),
        ]);
    }
    format!(
        "Memory is the proportional set size of all processes, idle after a few requests, and while 64 connections \
         send\nrequests. The start ends with the first 200, with keys and tables in place. Binaries are stripped.\n\n{}",
        table.markdown()
    )
}

fn open_loop(results: &Results) -> String {
    let mut text = String::from(
        "Requests are sent at a fixed rate, and their times count from when they were due. No row for a higher rate\n\
         means that the server could not keep up with the last one.\n\n\
         ![Latency of get-session](plots/latency-get-session.svg)\n\n\
         ![Latency of get a task](plots/latency-get-task.svg)\n\n",
    );
    let mut table = Table::new(&["request", "server", "offered", "answered", "p50", "p99"]);
    for operation in [Operation::GetSession, Operation::GetTask] {
        for target in [Target::Latchkey, Target::BetterAuth, Target::Fastify, Target::FastApi] {
            let points = results.open.iter().filter(|at| (at.target, at.operation) == (target, operation));
            for at in points {
                let [offered, achieved] = [at.offered, at.achieved].map(per_second);
                let [p50, p99] = [at.p50, at.p99].map(micros);
                table.row(&[operation.name(), target.name(), &offered, &achieved, &p50, &p99]);
            }
        }
    }
    text.push_str(&table.markdown());
    text
}

fn all_connections(results: &Results) -> String {
    let mut table = Table::new(&[
        "request",
        "server",
        "connections",
        "requests/s",
        "CPU",
        "PostgreSQL's CPU",
        "p50",
        "p99",
    ]);
    for operation in Operation::ALL {
        for target in results.targets(operation) {
            for connections in results.connections(operation) {
                let Some(cost) = results.cost(target, operation, connections) else { continue };
                let server = if target == Target::Pgbench { String::new() } else { micros(cost.server_cpu) };
                table.row(&[
                    operation.name(),
                    target.name(),
                    &connections.to_string(),
                    &figure(cost.rate),
                    &server,
                    &micros(cost.database_cpu),
                    &cost.p50.map(micros).unwrap_or_default(),
                    &cost.p99.map(micros).unwrap_or_default(),
                ]);
            }
        }
    }
    format!("![Throughput](plots/throughput.svg)\n\n{}", table.markdown())
}

fn errors(results: &Results) -> String {
    let mut table = Table::new(&["request", "server", "connections", "error status", "no answer"]);
    let with_errors: Vec<_> =
        results.closed.iter().filter(|at| at.cost.refused + at.cost.failed > 0).collect();
    if with_errors.is_empty() {
        return "None: every request of the closed loop was answered with a success.\n".to_owned();
    }
    for at in with_errors {
        let numbers =
            [at.connections as u64, at.cost.refused, at.cost.failed].map(|number| number.to_string());
        table.row(&[at.operation.name(), at.target.name(), &numbers[0], &numbers[1], &numbers[2]]);
    }
    format!("Requests per second above count successes only.\n\n{}", table.markdown())
}

fn conditions(results: &Results) -> String {
    let mut table = Table::new(&["", ""]);
    for (name, value) in &results.conditions.facts {
        table.row(&[name, value]);
    }
    let settings: Vec<String> =
        results.conditions.postgres.iter().map(|(name, value)| format!("`{name} = {value}`")).collect();
    format!(
        "{}\nPostgreSQL runs with its defaults, except: {}.\n\nWith `fsync = off`, commits do not wait for the disk, \
         which would otherwise be what creates and updates measure.\nNothing is durable then; the cost of the disk \
         comes on top for every server alike.\n",
        table.markdown(),
        settings.join(", ")
    )
}

fn per_second(value: f64) -> String {
    format!("{}/s", figure(value))
}

/// Formats microseconds.
fn micros(value: f64) -> String {
    match value {
        ..1_000.0 => format!("{} µs", figure(value)),
        ..1_000_000.0 => format!("{} ms", figure(value / 1e3)),
        _ => format!("{} s", figure(value / 1e6)),
    }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::plots;
    use super::*;

    /// Invented figures of every kind.
    fn sample() -> Results {
        serde_json::from_str(include_str!("sample.json")).unwrap()
    }

    #[test]
    fn every_target_has_a_row_with_a_figure() {
        let results = sample();
        let table = targets(&results);
        for goal in GOALS {
            assert!(table.contains(&format!("\n| {} | {} |", goal.what, goal.bound_text)), "{}", goal.what);
            assert!(goal.outcome(&results).is_some(), "{} was not measured", goal.what);
        }
    }

    #[test]
    fn a_missed_target_says_what_stands_in_the_way() {
        let mut results = sample();
        let known = "- **auth-service: memory, idle**: Most of it";
        assert!(!obstacles(&results).contains(known));
        results.footprints.iter_mut().for_each(|found| found.idle.rss = 1_000.0);
        results.limits.verify_new_token = 1_000.0;
        let text = obstacles(&results);
        assert!(text.contains(known), "{text}");
        assert!(text.contains("claims parsed**: not examined."), "{text}");
    }

    #[test]
    fn every_operation_has_a_row_for_each_program() {
        let results = sample();
        let report = render(&results);
        for operation in Operation::ALL {
            let (_, section) =
                report.split_once(&format!("### {}\n", capitalized(operation.name()))).unwrap();
            let section = section.split("\n#").next().unwrap_or_default();
            for target in results.targets(operation) {
                assert!(section.contains(&format!("| {} |", target.name())), "{operation:?}: {target:?}");
            }
        }
    }

    #[test]
    fn a_run_without_figures_has_a_report() {
        let report = render(&Results::default());
        assert_eq!(report.matches("not measured").count(), GOALS.len());
    }

    #[test]
    fn the_plots_name_every_program() {
        let plots = plots::all(&sample());
        let svg = |name: &str| plots.iter().find(|(file, _)| *file == name).unwrap().1.clone();
        for target in [Target::Latchkey, Target::Fastify, Target::FastApi] {
            assert!(svg("latency-get-task.svg").contains(&format!(">{}<", target.name())), "{target:?}");
        }
        for operation in Operation::ALL {
            assert!(svg("throughput.svg").contains(operation.name()), "{operation:?}");
        }
        assert!(plots.iter().all(|(_, plot)| !plot.contains("NaN") && !plot.contains("inf")));
    }
}
