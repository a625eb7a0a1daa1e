//! Measures what the documentation claims, on the machine it runs on, with the release build of the services.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a measurement that goes wrong is no measurement"
)]

mod database;
mod enumeration;
mod fairness;
mod report;
mod status_lists;

use clap::Parser;

/// What to measure.
#[derive(Parser)]
enum Command {
    /// What each way to the database costs a request: prepared statements, none, and PgBouncer in between
    Database,
    /// Whether the time of a sign-up or sign-in tells which emails have accounts, idle and under load
    Enumeration,
    /// One user who takes all that can be had of task-service, and how long another waits meanwhile
    Fairness,
    /// Status lists of a million live sessions: size, time to serve, time to check
    StatusLists,
}

#[tokio::main]
async fn main() {
    match Command::parse() {
        Command::Database => database::measure().await,
        Command::Enumeration => enumeration::measure().await,
        Command::Fairness => fairness::measure().await,
        Command::StatusLists => status_lists::measure().await,
    }
}
