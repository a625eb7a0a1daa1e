//! The command line.

mod audit;
mod audit_output;
mod check;
mod consent;
mod doctor;
mod import_export;
mod import_settings;
mod key_list;
mod key_outcome;
mod keys;
mod migrate;
mod output;
mod reference;
mod store_args;
mod table;
mod time;
mod users;
mod webhooks;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use service_kit::weakness::{Weakness, secrets_in_arguments};
use service_kit::{command_line, telemetry};
use shared_claims::SystemClock;

use crate::config::{Config, MigrateConfig};
use crate::server::{self, NAME};

/// Accounts, sessions and RS256 tokens, speaking the Better Auth protocol.
#[derive(Parser)]
#[command(version, flatten_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve requests (the default command)
    Serve(Box<Config>),
    /// Check the settings of `serve`
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Apply database migrations and exit. Waits up to 30 s for the database to start
    Migrate(MigrateArgs),
    /// Import accounts from another system
    #[command(subcommand)]
    Import(import_export::ImportCommand),
    /// Export all accounts and keys to files that other systems can read
    Export(import_export::ExportArgs),
    /// List, rotate, revoke, import and export signing keys
    Keys(Box<keys::KeysArgs>),
    /// List and prune the security events that the database keeps
    #[command(subcommand)]
    Audit(Box<audit::AuditCommand>),
    /// List, create, ban and delete users, set their passwords, and end their sessions
    Users(Box<users::UsersArgs>),
    /// Add, list, try and remove receivers of webhooks
    Webhooks(Box<webhooks::WebhooksArgs>),
    /// Check a deployment: settings, database, keys, mail, and the service behind its public URL. Changes nothing
    ///
    /// The exit code is 0 if it found no fault, else 1.
    Doctor(Box<doctor::DoctorArgs>),
    /// Print a script that completes commands and options in a shell
    Completions(reference::CompletionsArgs),
    /// Write a man page for each command
    Man(reference::ManArgs),
    /// Check whether the service on this machine is ready. The exit code is 0 if it is
    Healthcheck(HealthcheckConfig),
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Report the first invalid setting, as `serve` does at startup, without connecting to anything
    Check(Box<CheckArgs>),
}

/// Options of `config check`.
#[derive(Args)]
struct CheckArgs {
    #[command(flatten)]
    config: Config,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Options of `migrate`.
#[derive(Args)]
struct MigrateArgs {
    #[command(flatten)]
    config: MigrateConfig,
    /// Print JSON, and the log to standard error
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct HealthcheckConfig {
    /// Socket address that the service listens on
    #[arg(long, env, default_value = "127.0.0.1:8081")]
    bind: SocketAddr,
}

/// Runs the command of the command line `arguments`, the first of which is the program's name.
pub async fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut arguments: Vec<_> = arguments.into_iter().collect();
    if arguments.len() == 1 {
        arguments.push("serve".into());
    }
    let mut command = Cli::command();
    let parsed = command
        .try_get_matches_from_mut(arguments)
        .and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, secrets_in_arguments(&command, &matches))));
    let (cli, exposed) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return command_line::print_usage(NAME, &error.format(&mut command)),
    };
    match cli.command {
        Command::Serve(config) => {
            telemetry::init(config.log_format);
            exposed.iter().chain(&config.weaknesses()).for_each(Weakness::warn);
            command_line::exit_code(NAME, server::serve(*config, Arc::new(SystemClock)).await)
        }
        Command::Config(ConfigCommand::Check(args)) => {
            let CheckArgs { config, json } = *args;
            let weaknesses = [exposed, config.weaknesses()].concat();
            let outcome = server::check(&config, Arc::new(SystemClock));
            if json {
                check::print(outcome, &weaknesses)
            } else {
                command_line::config_check(NAME, outcome, &weaknesses)
            }
        }
        Command::Migrate(MigrateArgs { config, json }) => {
            if json {
                telemetry::init_to_stderr(config.log_format);
            } else {
                telemetry::init(config.log_format);
            }
            exposed.iter().for_each(Weakness::warn);
            command_line::exit_code(NAME, migrate::run(&config, json).await)
        }
        Command::Import(command) => {
            command_line::print_warnings(NAME, &exposed);
            command_line::exit_code(NAME, import_export::import(command).await)
        }
        Command::Export(args) => {
            command_line::print_warnings(NAME, &exposed);
            command_line::exit_code(NAME, import_export::export(args).await)
        }
        Command::Keys(args) => {
            command_line::print_warnings(NAME, &exposed);
            command_line::exit_code(NAME, keys::run(*args).await)
        }
        Command::Audit(command) => {
            command_line::print_warnings(NAME, &exposed);
            command_line::exit_code(NAME, audit::run(*command).await)
        }
        Command::Users(args) => {
            command_line::print_warnings(NAME, &exposed);
            users::run(*args).await
        }
        Command::Webhooks(args) => {
            command_line::print_warnings(NAME, &exposed);
            webhooks::run(*args).await
        }
        Command::Doctor(args) => doctor::run(*args, &exposed).await,
        Command::Completions(args) => command_line::exit_code(NAME, reference::completions(&args, command)),
        Command::Man(args) => command_line::exit_code(NAME, reference::man(args, command)),
        Command::Healthcheck(config) => {
            command_line::exit_code(NAME, command_line::healthcheck(config.bind).await)
        }
    }
}
