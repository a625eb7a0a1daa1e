//! Makes receivers of what is stored about them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use service_kit::errors::with_causes;
use service_kit::outgoing::{Outgoing, Reach, UrlError};
use service_kit::secret::SecretError;
use service_kit::webhooks::WebhookSecrets;

use super::receiver::{Receiver, client};
use super::secrets::Secrets;
use super::store::receivers::Destination;

/// The clients of registered receivers. Those with the same reach share one, which is created when it is first needed: it
/// reads the root certificates of the system.
#[derive(Default)]
pub(super) struct Senders(HashMap<Reach, Outgoing>);

/// Why nothing can be sent to a receiver.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// Its secret was encrypted under a key that is not in the list.
    #[error(
        "KEY_ENCRYPTION_KEYS: none of the keys decrypts the secret of the webhook receiver {0}. Add the key that it was \
         encrypted under to the end of the list; if that key is lost, remove the receiver and add it again"
    )]
    Sealed(String),
    /// What was decrypted is not a secret.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Its URL breaks a rule of this version.
    #[error("the URL of the webhook receiver {0} {1}")]
    Url(String, UrlError),
    /// There can be no client, e.g. because no root certificates are installed.
    #[error("webhooks: cannot create a client: {}", with_causes(.0))]
    Client(#[from] reqwest::Error),
}

impl Senders {
    /// Makes the receiver `id`.
    ///
    /// # Errors
    /// If its secret cannot be decrypted, its URL is not allowed, or TLS is not available.
    pub(super) fn receiver(
        &mut self,
        id: &str,
        destination: &Destination,
        secrets: Secrets<'_>,
    ) -> Result<Receiver, Unusable> {
        let invalid = |error| Unusable::Url(id.to_owned(), error);
        let (url, reach) = Reach::parse(&destination.url, destination.allow_private).map_err(invalid)?;
        let secret = secrets.open(id, &destination.sealed_secret);
        let secret = secret.ok_or_else(|| Unusable::Sealed(id.to_owned()))?;
        let secrets = WebhookSecrets::parse("the secret of a webhook receiver", &secret)?;
        let client = match self.0.entry(reach) {
            Entry::Occupied(there) => there.get().clone(),
            Entry::Vacant(free) => free.insert(client(reach)?).clone(),
        };
        Ok(Receiver::new(id.to_owned(), client, url, secrets))
    }
}
