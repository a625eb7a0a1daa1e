//! A mail as it waits: sealed, because the links in it are as good as passwords.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::OutboxError;
use super::message::Message;
use crate::keys::KeyEncryptionKeys;

/// Whom it goes to and what it is about. It is put into words when it is sent: a row stays small that way, and a mail
/// that waited through an update has the new words.
#[derive(Serialize, Deserialize)]
pub(super) struct MailPayload<'a> {
    pub(super) to: &'a str,
    #[serde(borrow)]
    pub(super) message: Message<'a>,
    /// For how many seconds its link is valid, counted from when it was put into the outbox.
    #[serde(default = "an_hour")]
    pub(super) valid_for: i64,
    /// False if nobody is to get it: it is there so that the work is that of one that is sent.
    #[serde(default = "is_sent")]
    pub(super) is_sent: bool,
}

/// What all links were valid for when letters did not say it.
fn an_hour() -> i64 {
    SignedDuration::from_hours(1).as_secs()
}

/// What holds for letters that do not say it.
fn is_sent() -> bool {
    true
}

/// What was sealed, readable again. [`MailPayload`] borrows from it.
pub(super) struct DecryptedPayload(serde_json::Value);

impl MailPayload<'_> {
    /// Seals it for the row `id`, and no other.
    pub(super) fn seal(&self, id: Uuid, keys: &KeyEncryptionKeys) -> Result<Vec<u8>, OutboxError> {
        Ok(keys.seal(&id.to_string(), &serde_json::to_vec(self)?)?)
    }
}

impl DecryptedPayload {
    /// Opens what the row `id` holds; `None` when none of the keys does, or it is no letter.
    pub(super) fn open(id: Uuid, sealed: &[u8], keys: &KeyEncryptionKeys) -> Option<Self> {
        let plain = keys.open(&id.to_string(), sealed)?;
        serde_json::from_slice(&plain).ok().map(Self)
    }

    /// The letter; `None` when this version knows no such occasion.
    pub(super) fn payload(&self) -> Option<MailPayload<'_>> {
        MailPayload::deserialize(&self.0).ok()
    }
}
