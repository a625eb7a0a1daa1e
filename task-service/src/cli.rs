//! The command line: serve, config check, migrate, healthcheck.

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{CommandFactory, FromArgMatches};
use service_kit::database::{DatabaseUrl, MIGRATION_LOCK_TIMEOUT, MigrateOptions};
use service_kit::traces::{self, Resource};
use service_kit::weakness::{Weakness, secrets_in_arguments};
use service_kit::{command_line, metrics, telemetry};
use shared_claims::SystemClock;

use crate::config::{Cli, Command, ConfigCommand, Settings};
use crate::migrations;
use crate::server::{self, NAME, StartError};

/// Runs the command line `arguments`, which start with the name of the program. Errors go to standard error, on one line.
pub async fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut command = Cli::command();
    let parsed = command
        .try_get_matches_from_mut(arguments)
        .and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, secrets_in_arguments(&command, &matches))));
    let (cli, exposed) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return command_line::print_usage(NAME, &error.format(&mut command)),
    };
    telemetry::init(cli.settings.log_format);
    let command = cli.command.unwrap_or(Command::Serve);
    if matches!(command, Command::Serve | Command::Migrate(_)) {
        exposed.iter().for_each(Weakness::warn);
    }
    match command {
        Command::Serve => command_line::exit_code(NAME, serve(&cli.settings).await),
        Command::Config(ConfigCommand::Check) => {
            command_line::config_check(NAME, server::check(&cli.settings, Arc::new(SystemClock)), &exposed)
        }
        Command::Migrate(options) => command_line::exit_code(NAME, migrate(&cli.settings, options).await),
        Command::Healthcheck => {
            command_line::exit_code(NAME, command_line::healthcheck(cli.settings.bind).await)
        }
    }
}

async fn serve(settings: &Settings) -> Result<(), StartError> {
    if let Some(address) = settings.metrics_bind {
        metrics::serve(address, env!("CARGO_PKG_VERSION"))?;
        server::create_metrics();
    }
    let proxies = settings.trusted_proxies.clone();
    let resource = Resource { name: NAME, version: env!("CARGO_PKG_VERSION") };
    let traces = traces::start(&settings.traces, resource, move |peer| proxies.contain(peer))?;
    let running = server::start(settings, Arc::new(SystemClock)).await?;
    let outcome = running.until_stopped(settings.shutdown_delay).await;
    traces.stop().await;
    Ok(outcome?)
}

async fn migrate(settings: &Settings, options: MigrateOptions) -> Result<(), StartError> {
    let (name, url) = settings.migration_database_url()?;
    let address = DatabaseUrl::parse(name, &url, NAME)?;
    let applied = address.migrate(migrations::runner(), MIGRATION_LOCK_TIMEOUT, options).await?;
    tracing::info!(applied, "the schema is up to date");
    Ok(())
}
