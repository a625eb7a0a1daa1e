//! Measures what the documentation claims, on this machine, with the release build of the services.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed measurement must stop")]

mod bulkhead;
mod database;
mod enumeration;
mod fairness;
mod report;
mod status_lists;

use clap::Parser;

/// What to measure.
#[derive(Parser)]
enum Command {
    /// Response times of other requests during a flood of sign-ins, and of the sign-ins
    Bulkhead,
    /// Cost of a request with prepared statements, without them, and through PgBouncer
    Database,
    /// Whether response times of sign-up and sign-in reveal which emails have accounts, idle and under load
    Enumeration,
    /// Response times of a user of task-service while another user sends as many requests as possible
    Fairness,
    /// Status lists of a million live sessions: size, time to serve, time to check
    StatusLists,
}

#[tokio::main]
async fn main() {
    match Command::parse() {
        Command::Bulkhead => bulkhead::measure().await,
        Command::Database => database::measure().await,
        Command::Enumeration => enumeration::measure().await,
        Command::Fairness => fairness::measure().await,
        Command::StatusLists => status_lists::measure().await,
    }
}
