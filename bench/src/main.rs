//! Measures what the documentation claims, on this machine, with the release build of the services.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed measurement must stop")]

mod bulkhead;
mod compare;
mod database;
mod enumeration;
mod fairness;
mod growth;
mod instructions;
mod report;
mod status_lists;

use clap::Parser;

/// What to measure.
#[derive(Parser)]
enum Command {
    /// Response times of other requests during a flood of sign-ins, and of the sign-ins
    Bulkhead,
    /// The services beside their peers and the limits of the machine; writes bench/RESULTS.md
    Compare {
        /// Fewer and shorter turns, about five minutes; writes target/bench/RESULTS.md
        #[arg(long)]
        quick: bool,
    },
    /// Writes the report of the last comparison again
    Render {
        /// The report of the last quick run
        #[arg(long)]
        quick: bool,
    },
    /// Serves a constant response, for `compare`
    #[command(hide = true)]
    BareHandler { head: usize, body: usize },
    /// Cost of a request with prepared statements, without them, and through PgBouncer
    Database,
    /// Whether response times of sign-up and sign-in reveal which emails have accounts, idle and under load
    Enumeration,
    /// Response times of a user of task-service while another user sends as many requests as possible
    Fairness,
    /// Cost of each operation and memory against the number of users, tasks and connections
    Growth(growth::Options),
    /// Instructions of single operations, compared with bench/instructions.json
    Instructions(instructions::Options),
    /// Status lists of a million live sessions: size, time to serve, time to check
    StatusLists,
    /// What metrics and traces cost a request, in instructions
    Telemetry,
}

#[tokio::main]
async fn main() {
    match Command::parse() {
        Command::Bulkhead => bulkhead::measure().await,
        Command::Compare { quick } => compare::measure(quick).await,
        Command::Render { quick } => compare::render(quick),
        Command::BareHandler { head, body } => compare::bare_handler::serve(head, body).await,
        Command::Database => database::measure().await,
        Command::Enumeration => enumeration::measure().await,
        Command::Fairness => fairness::measure().await,
        Command::Growth(options) => growth::measure(options).await,
        Command::Instructions(options) => instructions::measure(options).await,
        Command::StatusLists => status_lists::measure().await,
        Command::Telemetry => instructions::telemetry::measure().await,
    }
}
