//! Mail that waits to be sent.

use std::sync::Arc;

use deadpool_postgres::GenericClient;
use jiff::{SignedDuration, Timestamp};
use service_kit::id::new_v7;
use tokio::sync::Notify;
use uuid::Uuid;

use super::letter::{Letter, Opened};
use super::message::Message;
use super::store;
use crate::error::ApiError;
use crate::keys::KeyEncryptionKeys;
use crate::users::Email;

/// How long it is tried to deliver mail without a link: later than that it would only puzzle.
const NOTICE_TTL: SignedDuration = SignedDuration::from_hours(24);

/// Where mail is put. Whoever puts some in calls [`wake`](Self::wake) once the transaction is committed.
pub struct Outbox {
    encryption: Arc<KeyEncryptionKeys>,
    waiting: Notify,
}

impl Outbox {
    /// An outbox whose mail is encrypted with `encryption`.
    pub fn new(encryption: Arc<KeyEncryptionKeys>) -> Self {
        Self { encryption, waiting: Notify::new() }
    }

    /// Puts a mail in, as part of the transaction of `client`. It is not sent after `expires_at`.
    ///
    /// # Errors
    /// When the database cannot, or there is no randomness to encrypt with.
    pub async fn put(
        &self,
        client: &impl GenericClient,
        to: &Email,
        message: &Message<'_>,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let id = new_v7(now);
        let sealed = Letter { to: to.as_str(), message: *message }.seal(id, &self.encryption)?;
        Ok(store::insert(client, id, &sealed, expires_at, now).await?)
    }

    /// Puts a mail in that has no link: it is of use for a day.
    ///
    /// # Errors
    /// When the database cannot, or there is no randomness to encrypt with.
    pub async fn notify(
        &self,
        client: &impl GenericClient,
        to: &Email,
        message: &Message<'_>,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let expires_at = now.checked_add(NOTICE_TTL).unwrap_or(Timestamp::MAX);
        self.put(client, to, message, expires_at, now).await
    }

    /// Tells the worker of this process that there is mail.
    pub fn wake(&self) {
        self.waiting.notify_one();
    }

    /// Waits until there is.
    pub(super) async fn woken(&self) {
        self.waiting.notified().await;
    }

    /// Reads what the row `id` holds.
    pub(super) fn open(&self, id: Uuid, sealed: &[u8]) -> Option<Opened> {
        Opened::open(id, sealed, &self.encryption)
    }
}
