//! A service that receives webhooks.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, redirect, retry};
use service_kit::webhooks::{ID, SIGNATURE, TIMESTAMP, WebhookSecrets};
use url::Url;

use super::model::Claimed;

/// Maximum duration of an attempt: with it, a slow receiver delays its own events only.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);

/// The receiver of `WEBHOOK_URL`. An operator chose it, so it may have a private address.
pub struct Receiver {
    client: Client,
    url: Url,
    secrets: WebhookSecrets,
}

/// Why webhooks cannot be sent.
#[derive(Debug, thiserror::Error)]
#[error("WEBHOOK_URL: cannot create a client: {0}")]
pub struct ReceiverError(#[from] reqwest::Error);

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The receiver cannot be reached: the others would fail too.
    #[error("it cannot be reached: {0}")]
    Away(reqwest::Error),
    /// It did not accept this event.
    #[error("it answered {0}")]
    Refused(reqwest::StatusCode),
    /// The event cannot be written as JSON.
    #[error("the event is not valid: {0}")]
    Invalid(#[from] serde_json::Error),
}

impl Receiver {
    /// The name of the receiver in the outbox.
    pub(super) const NAME: &'static str = "environment";

    /// Creates the client of the receiver at `url`, whose requests are signed with the first of `secrets`.
    ///
    /// # Errors
    /// If TLS is not available.
    pub fn new(url: Url, secrets: WebhookSecrets) -> Result<Self, ReceiverError> {
        let mut client = Client::builder()
            .user_agent(concat!("latchkey-", env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")))
            .timeout(TIMEOUT)
            // A redirect or a proxy would send the event to a host that nobody configured.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .retry(retry::never())
            .pool_max_idle_per_host(1);
        if url.scheme() == "http" {
            // Without TLS no root certificates are needed.
            client = client.tls_certs_only([]);
        }
        Ok(Self { client: client.build()?, url, secrets })
    }

    /// Attempts to deliver an event. The body of the response is not read.
    pub(super) async fn deliver(&self, event: &Claimed, now: Timestamp) -> Result<(), Failure> {
        let (id, body) = (event.event_id.to_string(), event.body()?);
        let request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(ID, &id)
            .header(TIMESTAMP, now.as_second())
            .header(SIGNATURE, self.secrets.sign(&id, now, &body))
            .body(body);
        let response = request.send().await.map_err(|error| Failure::Away(error.without_url()))?;
        if response.status().is_success() { Ok(()) } else { Err(Failure::Refused(response.status())) }
    }
}
