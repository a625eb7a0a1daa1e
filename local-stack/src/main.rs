//! The program that `./dev up` runs.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use local_stack::Result;
use local_stack::up::{self, Settings};

/// Runs Latchkey on this machine: a private PostgreSQL, auth-service, task-service and the web page.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start PostgreSQL, the services and the web page. Ctrl-C stops them.
    ///
    /// The services' settings are passed on from the environment, e.g. BCRYPT_COST and JWT_TTL.
    Up(Box<Settings>),
    /// Stop the PostgreSQL that this checkout's tests share, including its pooler and its standby.
    StopTests,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    match arguments.command {
        Command::Up(settings) => up::up(&settings).await,
        Command::StopTests => local_stack::testing::stop().await,
    }
}
