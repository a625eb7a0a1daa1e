//! The receiver of webhooks that the environment sets.

use std::path::PathBuf;

use clap::Args;
use secrecy::SecretString;
use service_kit::secret::{self, SecretError};
use service_kit::settings;
use service_kit::webhooks::WebhookSecrets;
use url::Url;

use crate::webhooks::{Receiver, ReceiverError};

const SECRET: &str = "WEBHOOK_SECRET";

/// The settings of webhooks.
#[derive(Debug, Clone, Args)]
pub struct WebhookConfig {
    /// URL of a service that deletes the data of deleted users: `http://task-service:8082/webhooks/auth-service`
    ///
    /// It receives the event `user.deleted`, also of users who were deleted before it was set.
    #[arg(long, env, default_value = "", value_parser = receiver_url)]
    pub webhook_url: ReceiverUrl,
    /// Secrets that sign these events, comma-separated, such as `whsec_...`; required with WEBHOOK_URL
    ///
    /// The first one signs. The receiver has the same setting and accepts all of its secrets.
    #[arg(long, env, hide_env_values = true)]
    pub webhook_secret: Option<SecretString>,
    /// File that contains WEBHOOK_SECRET
    #[arg(long, env, value_parser = settings::file_path())]
    pub webhook_secret_file: Option<PathBuf>,
}

/// The URL of a receiver, if there is one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReceiverUrl(Option<Url>);

/// Why the receiver cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// A secret is missing or malformed.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// No client can be created.
    #[error(transparent)]
    Receiver(#[from] ReceiverError),
}

fn receiver_url(text: &str) -> Result<ReceiverUrl, String> {
    settings::optional_http_url(text).map(ReceiverUrl)
}

impl WebhookConfig {
    /// The receiver, or `None` without a URL.
    ///
    /// # Errors
    /// If it has no valid secret.
    pub fn receiver(&self) -> Result<Option<Receiver>, WebhookError> {
        let Some(url) = &self.webhook_url.0 else { return Ok(None) };
        let secrets =
            secret::resolve(SECRET, self.webhook_secret.as_ref(), self.webhook_secret_file.as_deref())?;
        Ok(Some(Receiver::of_environment(url.clone(), WebhookSecrets::parse(SECRET, &secrets)?)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receiver_is_an_http_url_without_credentials() {
        assert_eq!(receiver_url("").unwrap(), ReceiverUrl(None));
        assert!(receiver_url("http://task-service:8082/webhooks/auth-service").unwrap().0.is_some());
        for text in ["task-service", "ftp://tasks.example.com", "https://user:word@tasks.example.com"] {
            assert!(receiver_url(text).is_err(), "{text}");
        }
    }
}
