//! A service that receives webhooks.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue};
use service_kit::errors::with_causes;
use service_kit::outgoing::{Outgoing, OutgoingError, Reach};
use service_kit::webhooks::{ID, SIGNATURE, TIMESTAMP, WebhookSecrets};
use url::Url;

use super::model::Claimed;

/// Maximum duration of an attempt.
pub(super) const TIMEOUT: Duration = Duration::from_secs(10);
const USER_AGENT: &str = concat!("latchkey-", env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION"));

/// A receiver, ready to get events.
pub struct Receiver {
    /// Its name in the outbox.
    pub(super) name: String,
    client: Outgoing,
    url: Url,
    secrets: WebhookSecrets,
}

/// Why webhooks cannot be sent.
#[derive(Debug, thiserror::Error)]
#[error("WEBHOOK_URL: cannot create a client: {}", with_causes(.0))]
pub struct ReceiverError(#[from] reqwest::Error);

/// Why an attempt failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The receiver cannot be reached: the others would fail too.
    #[error("it cannot be reached: {0}")]
    Away(#[from] OutgoingError),
    /// It did not accept this event.
    #[error("it answered {0}")]
    Refused(StatusCode),
    /// The event cannot be written as JSON.
    #[error("the event is not valid: {0}")]
    Invalid(#[from] serde_json::Error),
    /// The signature cannot be written as a header.
    #[error("the signature is not valid: {0}")]
    Header(#[from] InvalidHeaderValue),
}

/// Creates the client of receivers with this reach.
pub(super) fn client(reach: Reach) -> reqwest::Result<Outgoing> {
    Outgoing::new(reach, USER_AGENT, TIMEOUT)
}

impl Receiver {
    /// The name of the receiver of `WEBHOOK_URL`.
    pub(super) const ENVIRONMENT: &'static str = "environment";

    /// Creates the receiver of `WEBHOOK_URL`. Who set it may choose a private address.
    ///
    /// # Errors
    /// If TLS is not available.
    pub fn of_environment(url: Url, secrets: WebhookSecrets) -> Result<Self, ReceiverError> {
        let reach = if url.scheme() == "http" { Reach::AnyHttp } else { Reach::AnyHttps };
        Ok(Self::new(Self::ENVIRONMENT.to_owned(), client(reach)?, url, secrets))
    }

    /// Creates a receiver whose requests are sent by `client` and signed with the first of `secrets`.
    pub(super) fn new(name: String, client: Outgoing, url: Url, secrets: WebhookSecrets) -> Self {
        Self { name, client, url, secrets }
    }

    /// Attempts to deliver an event. Returns the status by which it was accepted.
    pub(super) async fn deliver(&self, event: &Claimed, now: Timestamp) -> Result<StatusCode, Failure> {
        let (id, body) = (event.event_id.to_string(), event.body()?);
        let signature = self.secrets.sign(&id, now, &body);
        let header = |name, text: &str| Ok((HeaderName::from_static(name), HeaderValue::from_str(text)?));
        let headers: Result<HeaderMap, InvalidHeaderValue> = [
            (CONTENT_TYPE.as_str(), "application/json"),
            (ID, &id),
            (TIMESTAMP, &now.as_second().to_string()),
            (SIGNATURE, &signature),
        ]
        .into_iter()
        .map(|(name, text)| header(name, text))
        .collect();
        let status = self.client.post(&self.url, headers?, body).await?;
        if status.is_success() { Ok(status) } else { Err(Failure::Refused(status)) }
    }
}
