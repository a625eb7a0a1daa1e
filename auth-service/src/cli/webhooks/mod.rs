//! `webhooks`: the receivers that the operator registers.

mod args;
mod error;
mod view;

use std::fmt::Display;
use std::process::ExitCode;
use std::sync::Arc;

use serde::Serialize;
use service_kit::database::{self, Timeouts};
use service_kit::outgoing::UrlError;
use service_kit::telemetry;
use shared_claims::SystemClock;

use self::args::{AddArgs, WebhooksCommand};
use self::error::WebhooksError;
use self::view::{Added, ReceiverList, Removed, TrialView};
use super::output::{print, to_json};
use crate::server::NAME;
use crate::webhooks::Registry;

pub use args::WebhooksArgs;

/// Runs a command, prints its result and returns the exit code.
pub async fn run(args: WebhooksArgs) -> ExitCode {
    telemetry::init_to_stderr(args.log_format);
    match execute(&args).await {
        Ok(exit_code) => exit_code,
        Err(error) => {
            eprintln!("{NAME}: {error}");
            error.exit_code()
        }
    }
}

async fn execute(args: &WebhooksArgs) -> Result<ExitCode, WebhooksError> {
    // Before anything is looked up.
    match &args.command {
        WebhooksCommand::Add(add) => drop(add.url().map_err(|error| refused(add, error))?),
        WebhooksCommand::Remove { consent, .. } => consent.check()?,
        WebhooksCommand::List | WebhooksCommand::Test { .. } => {}
    }
    let pool = args.store.address::<WebhooksError>()?.pool(1, Timeouts::COMMAND)?;
    database::wait_until_usable(&pool, &crate::migrations::runner(), NAME).await?;
    perform(&Registry { pool, clock: Arc::new(SystemClock) }, args).await
}

/// Performs a command and prints its result.
async fn perform(registry: &Registry, args: &WebhooksArgs) -> Result<ExitCode, WebhooksError> {
    let json = args.json;
    match &args.command {
        WebhooksCommand::Add(add) => {
            let url = add.url().map_err(|error| refused(add, error))?;
            let encryption = args.store.encryption()?;
            let (added, secret) = registry.add(&url, &add.events, add.allow_private, &encryption).await?;
            show(&Added::new(&added, &secret), json)?;
        }
        WebhooksCommand::List => show(&ReceiverList::new(&registry.all().await?), json)?,
        WebhooksCommand::Test { id } => {
            let trial = TrialView::new(*id, registry.test(*id, &args.store.encryption()?).await?);
            show(&trial, json)?;
            return Ok(if trial.is_accepted() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        WebhooksCommand::Remove { id, consent } => {
            let receiver = registry.find(*id).await?;
            consent.ask(&format!("Remove {} ({id}), and the events that wait for it?", receiver.url))?;
            show(&Removed { id: *id, events_dropped: registry.remove(*id).await? }, json)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn refused(add: &AddArgs, error: UrlError) -> WebhooksError {
    let is_private = !add.allow_private && add.is_allowed_as_private();
    if is_private { WebhooksError::PrivateUrl(error) } else { WebhooksError::Url(error) }
}

fn show(value: &(impl Serialize + Display), json: bool) -> Result<(), WebhooksError> {
    let text = if json { to_json(value)? } else { value.to_string() };
    Ok(print(&text)?)
}
