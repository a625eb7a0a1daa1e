//! Adds, lists, tries and removes receivers, for the operator.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use secrecy::SecretString;
use service_kit::database::Pool;
use service_kit::store::StoreError;
use service_kit::webhooks::WebhookSecrets;
use shared_claims::SharedClock;
use strum::VariantArray;
use url::Url;
use uuid::Uuid;

use super::model::{Claimed, EventName, Registration};
use super::receiver::Failure;
use super::secrets::Secrets;
use super::senders::{Senders, Unusable};
use super::store::{deliveries, receivers};
use crate::keys::{EncryptionError, KeyEncryptionKeys};

/// Maximum number of registered receivers. Each has a task of its own in every replica, and a row for every event.
pub const MAX_RECEIVERS: usize = 32;

/// The registered receivers.
pub struct Registry {
    /// The database, as the service role.
    pub pool: Pool,
    /// The clock.
    pub clock: SharedClock,
}

/// Why the operator's request failed.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// No receiver has this id.
    #[error("no webhook receiver has the id {0}")]
    NoSuchReceiver(Uuid),
    /// There are as many as there may be.
    #[error("there are {MAX_RECEIVERS} webhook receivers, which is the maximum: remove one first")]
    TooMany,
    /// The system has no randomness.
    #[error("no secret could be generated or encrypted: the system has no randomness")]
    NoRandomness,
    /// Nothing can be sent to the receiver, or its secret cannot be read.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// The database or a stored value caused an error.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<EncryptionError> for RegistryError {
    fn from(EncryptionError: EncryptionError) -> Self {
        Self::NoRandomness
    }
}

/// What became of an event that was sent to try a receiver.
pub struct Trial {
    /// The status of the response, if there was one.
    pub status: Option<StatusCode>,
    /// Why the receiver did not accept the event.
    pub failure: Option<String>,
    /// How long it took.
    pub duration: Duration,
}

impl Registry {
    /// Adds a receiver of `events`. Returns it and its secret, which cannot be read again.
    ///
    /// # Errors
    /// [`RegistryError::TooMany`] if there are [`MAX_RECEIVERS`].
    pub async fn add(
        &self,
        url: &Url,
        events: &[EventName],
        allow_private: bool,
        encryption: &KeyEncryptionKeys,
    ) -> Result<(Registration, SecretString), RegistryError> {
        let id = Uuid::new_v4();
        let secret = WebhookSecrets::generate().ok_or(RegistryError::NoRandomness)?;
        let sealed = Secrets(encryption).seal(&id.to_string(), &secret)?;
        let registration = Registration {
            id,
            url: url.as_str().to_owned(),
            // Each once, in the order of the documentation.
            events: EventName::VARIANTS.iter().copied().filter(|event| events.contains(event)).collect(),
            allow_private,
            created_at: self.clock.now(),
            waiting: 0,
        };
        let most = i64::try_from(MAX_RECEIVERS).unwrap_or(i64::MAX);
        if !receivers::insert(&self.pool, &registration, &sealed, most).await? {
            return Err(RegistryError::TooMany);
        }
        Ok((registration, secret))
    }

    /// All receivers, the oldest first.
    pub async fn all(&self) -> Result<Vec<Registration>, RegistryError> {
        Ok(receivers::all(&self.pool).await?)
    }

    /// Finds a receiver.
    ///
    /// # Errors
    /// [`RegistryError::NoSuchReceiver`] if there is none.
    pub async fn find(&self, id: Uuid) -> Result<Registration, RegistryError> {
        let all = self.all().await?;
        all.into_iter().find(|receiver| receiver.id == id).ok_or(RegistryError::NoSuchReceiver(id))
    }

    /// Sends an event that means nothing to a receiver, now and past the outbox.
    ///
    /// # Errors
    /// If there is no such receiver, or nothing can be sent to it. A failure of the attempt is no error.
    pub async fn test(&self, id: Uuid, encryption: &KeyEncryptionKeys) -> Result<Trial, RegistryError> {
        let found = receivers::find(&self.pool, id).await?;
        let destination = found.ok_or(RegistryError::NoSuchReceiver(id))?;
        let receiver = Senders::default().receiver(&id.to_string(), &destination, Secrets(encryption))?;
        let start = Instant::now();
        let outcome = receiver.deliver(&Claimed::test(id, self.clock.now()), self.clock.now()).await;
        let duration = start.elapsed();
        Ok(match outcome {
            Ok(status) => Trial { status: Some(status), failure: None, duration },
            Err(failure) => {
                let status = if let Failure::Refused(status) = failure { Some(status) } else { None };
                Trial { status, failure: Some(failure.to_string()), duration }
            }
        })
    }

    /// Removes a receiver, with the events that wait for it. Returns how many.
    ///
    /// # Errors
    /// [`RegistryError::NoSuchReceiver`] if there is none.
    pub async fn remove(&self, id: Uuid) -> Result<u64, RegistryError> {
        let transaction = self.pool.begin().await?;
        if !receivers::remove(&transaction, id).await? {
            return Err(RegistryError::NoSuchReceiver(id));
        }
        // A transaction in flight may store another one, which a replica deletes later.
        let events = deliveries::remove_all(&transaction, &id.to_string()).await?;
        transaction.commit().await?;
        Ok(events)
    }

    /// Encrypts every secret again under the first encryption key. Returns how many: all or none.
    ///
    /// # Errors
    /// If one cannot be decrypted.
    pub async fn re_encrypt(&self, encryption: &KeyEncryptionKeys) -> Result<usize, RegistryError> {
        let (transaction, secrets) = (self.pool.begin().await?, Secrets(encryption));
        let all = receivers::secrets(&transaction).await?;
        for (id, sealed) in &all {
            let name = id.to_string();
            let secret = secrets.open(&name, sealed).ok_or_else(|| Unusable::Sealed(name.clone()))?;
            receivers::seal(&transaction, *id, &secrets.seal(&name, &secret)?).await?;
        }
        transaction.commit().await?;
        Ok(all.len())
    }

    /// The receivers whose secrets none of the encryption keys decrypts.
    pub async fn undecryptable(&self, encryption: &KeyEncryptionKeys) -> Result<Vec<Uuid>, RegistryError> {
        let all = receivers::secrets(&self.pool).await?;
        let is_sealed =
            |id: &Uuid, sealed: &[u8]| Secrets(encryption).open(&id.to_string(), sealed).is_none();
        Ok(all.iter().filter(|(id, sealed)| is_sealed(id, sealed)).map(|(id, _)| *id).collect())
    }
}
