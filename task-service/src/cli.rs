//! The command line: serve, config check, migrate, healthcheck.

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use service_kit::database::{Address, MIGRATION_LOCK_TIMEOUT};
use service_kit::{command_line, metrics, telemetry};
use shared_claims::SystemClock;

use crate::config::{Cli, Command, ConfigCommand, Settings};
use crate::migrations;
use crate::server::{self, NAME, StartError};

/// Runs the command line `arguments`, the program's name first. What is wrong goes to standard error in one line.
pub async fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => return command_line::usage(NAME, &error),
    };
    telemetry::init(cli.settings.log_format);
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => command_line::finish(NAME, serve(&cli.settings).await),
        Command::Config(ConfigCommand::Check) => {
            command_line::checked(NAME, server::check(&cli.settings, Arc::new(SystemClock)))
        }
        Command::Migrate => command_line::finish(NAME, migrate(&cli.settings).await),
        Command::Healthcheck => {
            command_line::finish(NAME, command_line::healthcheck(cli.settings.bind).await)
        }
    }
}

async fn serve(settings: &Settings) -> Result<(), StartError> {
    if let Some(address) = settings.metrics_bind {
        metrics::serve(address)?;
    }
    let running = server::start(settings, Arc::new(SystemClock)).await?;
    Ok(running.until_stopped(settings.shutdown_delay).await?)
}

async fn migrate(settings: &Settings) -> Result<(), StartError> {
    let (name, url) = settings.migration_database_url()?;
    let applied = Address::parse(name, &url, NAME)?.migrate(migrations(), MIGRATION_LOCK_TIMEOUT).await?;
    tracing::info!(applied, "the schema is up to date");
    Ok(())
}
