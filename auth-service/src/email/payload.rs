//! The payload of an outbox row: encrypted, because its links work like passwords.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::cause::Cause;
use super::error::OutboxError;
use super::message::Message;
use crate::keys::KeyEncryptionKeys;

/// The recipient and the occasion of a mail. The text is composed when the mail is sent: rows stay small, and a mail that
/// waited through an update has the new text.
#[derive(Serialize, Deserialize)]
pub(super) struct MailPayload<'a> {
    pub(super) to: &'a str,
    #[serde(borrow)]
    pub(super) message: Message<'a>,
    /// For how many seconds its link is valid, counted from when the mail was stored.
    #[serde(default = "an_hour")]
    pub(super) valid_for: i64,
    /// False if the mail must not be sent: it is stored so that the request does the same work.
    #[serde(default = "is_sent")]
    pub(super) is_sent: bool,
    /// What a notice says about the request that caused it. Payloads of older versions do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cause: Option<Cause>,
}

/// The lifetime of links in payloads of older versions, which do not have it.
fn an_hour() -> i64 {
    SignedDuration::from_hours(1).as_secs()
}

/// Payloads of older versions are always sent.
fn is_sent() -> bool {
    true
}

/// A decrypted payload. [`MailPayload`] borrows from it.
pub(super) struct DecryptedPayload(serde_json::Value);

impl MailPayload<'_> {
    /// Encrypts it for the row `id`, and no other.
    pub(super) fn seal(&self, id: Uuid, keys: &KeyEncryptionKeys) -> Result<Vec<u8>, OutboxError> {
        Ok(keys.seal(&id.to_string(), &serde_json::to_vec(self)?)?)
    }
}

impl DecryptedPayload {
    /// Decrypts the payload of the row `id`; `None` if none of the keys decrypts it, or it is not JSON.
    pub(super) fn open(id: Uuid, sealed: &[u8], keys: &KeyEncryptionKeys) -> Option<Self> {
        let plain = keys.open(&id.to_string(), sealed)?;
        serde_json::from_slice(&plain).ok().map(Self)
    }

    /// The payload; `None` if this version does not know its occasion.
    pub(super) fn payload(&self) -> Option<MailPayload<'_>> {
        MailPayload::deserialize(&self.0).ok()
    }
}
