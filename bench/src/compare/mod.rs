//! Compares the services with their peers, and with what the machine allows.

mod accounts;
mod auth;
pub mod bare_handler;
mod conditions;
mod database_use;
mod footprint;
mod goals;
mod http;
mod limits;
mod load;
mod open_loop;
mod plan;
mod plots;
mod programs;
mod report;
mod results;
mod servers;
mod stage;
mod tables;
mod tasks;
mod usage;

use std::path::{Path, PathBuf};
use std::time::Instant;

use tokio::signal::unix::{SignalKind, signal};

use plan::Plan;
use results::Results;
use stage::Stage;

/// The report and the plots of a full run.
const REPORT: &str = "bench/RESULTS.md";
const PLOTS: &str = "bench/plots";
/// The figures of a full run.
const FIGURES: &str = "bench/results/compare.json";
/// Everything of a quick run.
const QUICK: &str = "target/bench";

/// The exit status of a shell's command that was interrupted.
const INTERRUPTED: i32 = 130;

/// Where a run writes its figures, its report and its plots.
struct Output {
    figures: PathBuf,
    report: PathBuf,
    plots: PathBuf,
}

/// Measures everything, and writes the report. Stops all programs when it is interrupted.
pub async fn measure(quick: bool) {
    let mut interrupt = signal(SignalKind::interrupt()).unwrap();
    let mut terminate = signal(SignalKind::terminate()).unwrap();
    let finished = tokio::select! {
        () = run(quick) => true,
        _ = interrupt.recv() => false,
        _ = terminate.recv() => false,
    };
    if !finished {
        eprintln!("Interrupted. All programs are stopped, and nothing is written.");
        std::process::exit(INTERRUPTED);
    }
}

/// Writes the report of the last run again.
pub fn render(quick: bool) {
    let output = Output::of(quick);
    let text = std::fs::read_to_string(&output.figures).unwrap();
    output.write_report(&serde_json::from_str(&text).unwrap());
}

async fn run(quick: bool) {
    let begun = Instant::now();
    let plan = if quick { &plan::QUICK } else { &plan::FULL };
    let command = if quick { "./dev bench --quick" } else { "./dev bench" };
    eprintln!("Starting PostgreSQL");
    let stage = Stage::open().await;
    let results = measure_all(&stage, plan, command).await;
    let output = Output::of(quick);
    output.write_figures(&results);
    output.write_report(&results);
    eprintln!("{} written after {} s", output.report.display(), begun.elapsed().as_secs());
}

async fn measure_all(stage: &Stage, plan: &Plan, command: &str) -> Results {
    let mut results = Results {
        conditions: conditions::collect(stage, command).await,
        cores: conditions::cores(),
        ..Results::default()
    };
    eprintln!("auth-service and Better Auth");
    auth::measure(stage, plan, &mut results).await;
    let database = stage.cluster().auth();
    // Issues the tokens of the tasks' users.
    let auth = programs::auth_service(database, &database.service_url(), 10).start().await;
    let users = tasks::users(stage, &auth).await;
    eprintln!("The machine's limits");
    results.limits = limits::measure(plan, &auth, &users[0]).await;
    eprintln!("task-service, FastAPI and Fastify");
    tasks::measure(stage, plan, &mut results, &auth, &users).await;
    eprintln!("Round trips and transactions");
    results.database = database_use::measure(stage, &auth, &users).await;
    results
}

impl Output {
    fn of(quick: bool) -> Self {
        if quick {
            let directory = Path::new(QUICK);
            let [figures, report] = ["compare.json", "RESULTS.md"].map(|name| directory.join(name));
            return Self { figures, report, plots: directory.join("plots") };
        }
        Self { figures: FIGURES.into(), report: REPORT.into(), plots: PLOTS.into() }
    }

    fn write_figures(&self, results: &Results) {
        std::fs::create_dir_all(self.figures.parent().unwrap()).unwrap();
        let text = serde_json::to_string_pretty(results).unwrap();
        std::fs::write(&self.figures, text + "\n").unwrap();
    }

    fn write_report(&self, results: &Results) {
        std::fs::create_dir_all(&self.plots).unwrap();
        for (name, plot) in plots::all(results) {
            std::fs::write(self.plots.join(name), plot).unwrap();
        }
        std::fs::write(&self.report, report::render(results)).unwrap();
    }
}
