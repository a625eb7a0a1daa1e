//! What the comparison runs on.

use std::fs::read_to_string;
use std::path::Path;

use jiff::Zoned;
use serde_json::Value;
use tokio::process::Command;

use super::load::run;
use super::programs;
use super::results::Conditions;
use super::stage::Stage;

/// Packages of the peers whose versions are reported, with the directory of their lock file.
const NODE_PACKAGES: [(&str, &[&str]); 2] =
    [("better-auth", &["better-auth", "pg", "bcrypt"]), ("fastify", &["fastify", "pg", "jose"])];
/// The same for Python.
const PYTHON_PACKAGES: [&str; 5] = ["fastapi", "uvicorn", "uvloop", "asyncpg", "PyJWT"];

/// Collects the conditions.
#[expect(clippy::disallowed_methods, reason = "the date of a run is that of the system's clock")]
pub async fn collect(stage: &Stage, command: &str) -> Conditions {
    let mut facts = vec![
        ("date".to_owned(), Zoned::now().strftime("%Y-%m-%d %H:%M %Z").to_string()),
        ("command".to_owned(), format!("`{command}`")),
        ("commit".to_owned(), commit().await),
        ("build".to_owned(), if cfg!(debug_assertions) { "debug" } else { "release" }.to_owned()),
        ("processor".to_owned(), line("/proc/cpuinfo", "model name")),
        ("cores".to_owned(), cores().to_string()),
        ("memory".to_owned(), memory()),
        ("kernel".to_owned(), first_line("/proc/sys/kernel/osrelease")),
        ("load of other programs at the start".to_owned(), load_average()),
    ];
    let server = stage.superuser("postgres").await;
    let version: String = server.query_one("SHOW server_version", &[]).await.unwrap().get(0);
    facts.push(("PostgreSQL".to_owned(), version));
    let (rust, node) = (Path::new("rustc"), Path::new("node"));
    for (name, program) in [("Rust", rust), ("Node.js", node), ("Python", &programs::python())] {
        let mut command = Command::new(program);
        command.arg("--version");
        facts.push((name.to_owned(), run(command).await.trim().to_owned()));
    }
    facts.push(("wrk".to_owned(), wrk_version().await));
    for (directory, packages) in NODE_PACKAGES {
        let lock = read_to_string(format!("bench/peers/{directory}/package-lock.json")).unwrap();
        let lock: Value = serde_json::from_str(&lock).unwrap();
        let versions = packages.iter().map(|name| {
            let version = &lock["packages"][format!("node_modules/{name}")]["version"];
            format!("{name} {}", version.as_str().unwrap_or("?"))
        });
        facts.push((format!("peer `{directory}`"), versions.collect::<Vec<_>>().join(", ")));
    }
    let requirements = read_to_string("bench/peers/fastapi/requirements.txt").unwrap();
    let versions = PYTHON_PACKAGES.iter().filter_map(|name| {
        let version = requirements.lines().find_map(|line| line.strip_prefix(&format!("{name}==")))?;
        Some(format!("{name} {version}"))
    });
    facts.push(("peer `fastapi`".to_owned(), versions.collect::<Vec<_>>().join(", ")));
    Conditions { facts, postgres: stage.settings() }
}

/// Returns the number of cores.
pub fn cores() -> usize {
    std::thread::available_parallelism().unwrap().get()
}

/// wrk prints its version with its usage, as an error.
async fn wrk_version() -> String {
    let output = Command::new("wrk").arg("-v").output().await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut words = text.lines().next().unwrap_or_default().split_whitespace();
    format!("wrk {}", words.nth(1).unwrap_or("?"))
}

async fn commit() -> String {
    let mut command = Command::new("git");
    command.args(["describe", "--always", "--dirty"]);
    run(command).await.trim().to_owned()
}

fn memory() -> String {
    let line = line("/proc/meminfo", "MemTotal");
    let kib: f64 = line.split_whitespace().next().unwrap_or_default().parse().unwrap_or(0.0);
    format!("{:.0} GiB", kib / 1024.0 / 1024.0)
}

fn load_average() -> String {
    first_line("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned()
}

/// Returns the value of the first line with this name.
fn line(path: &str, name: &str) -> String {
    let text = read_to_string(path).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    line.split_once(':').map_or("", |(_, value)| value).trim().to_owned()
}

fn first_line(path: &str) -> String {
    read_to_string(path).unwrap_or_default().lines().next().unwrap_or_default().to_owned()
}
