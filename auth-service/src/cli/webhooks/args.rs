//! The options of `webhooks`.

use clap::builder::PossibleValue;
use clap::{Args, Subcommand, ValueEnum};
use service_kit::outgoing::{Reach, UrlError};
use service_kit::telemetry::LogFormat;
use strum::VariantArray;
use url::Url;
use uuid::Uuid;

use super::super::consent::Consent;
use super::super::store_args::StoreArgs;
use crate::webhooks::EventName;

/// Options of `webhooks`.
#[derive(Args)]
pub struct WebhooksArgs {
    #[command(flatten)]
    pub(super) store: StoreArgs,
    /// Format of the log, which is written to standard error
    #[arg(long, env, value_enum, default_value = "text")]
    pub(super) log_format: LogFormat,
    /// Print JSON
    #[arg(long, global = true)]
    pub(super) json: bool,
    #[command(subcommand)]
    pub(super) command: WebhooksCommand,
}

#[derive(Subcommand)]
pub(super) enum WebhooksCommand {
    /// Add a receiver and print the secret that signs its events. The secret is not shown again
    Add(AddArgs),
    /// List the receivers, without their secrets
    List,
    /// Send the event webhook.test to a receiver now. The exit code is 0 if it accepts it
    Test {
        /// Id of the receiver
        id: Uuid,
    },
    /// Remove a receiver, with the events that wait for it
    Remove {
        /// Id of the receiver
        id: Uuid,
        #[command(flatten)]
        consent: Consent,
    },
}

#[derive(Args)]
pub(super) struct AddArgs {
    /// URL that events are sent to: https, unless --allow-private is given
    url: String,
    /// Events to send, comma-separated
    #[arg(long, required = true, value_enum, value_delimiter = ',')]
    pub(super) events: Vec<EventName>,
    /// Allow http, and addresses that are not public, such as those of this machine and of its network
    #[arg(long)]
    pub(super) allow_private: bool,
}

impl AddArgs {
    /// The URL, if it is allowed.
    pub(super) fn url(&self) -> Result<Url, UrlError> {
        Reach::parse(&self.url, self.allow_private).map(|(url, _)| url)
    }

    /// Whether `--allow-private` would allow the URL.
    pub(super) fn is_allowed_as_private(&self) -> bool {
        Reach::parse(&self.url, true).is_ok()
    }
}

impl ValueEnum for EventName {
    fn value_variants<'a>() -> &'a [Self] {
        Self::VARIANTS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.as_str()))
    }
}
