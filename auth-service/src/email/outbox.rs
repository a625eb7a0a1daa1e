//! The mail that is waiting to be sent.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use service_kit::database::Executor;
use service_kit::id::new_v7;
use tokio::sync::Notify;
use uuid::Uuid;

use super::cause::Cause;
use super::error::OutboxError;
use super::message::Message;
use super::notices::Notices;
use super::payload::{DecryptedPayload, MailPayload};
use super::store;
use crate::keys::KeyEncryptionKeys;
use crate::limits::{Limits, MailRequester, NoticeSubject};
use crate::protocol::email_address::Email;
use crate::users::User;

/// How long delivery of mail without a link is attempted: a later mail would only confuse.
const NOTICE_TTL: SignedDuration = SignedDuration::from_hours(24);

/// Stores mail if its limits allow it. Callers [`wake`](Self::wake) the worker after they commit the transaction.
pub struct Outbox {
    pub(super) encryption: Arc<KeyEncryptionKeys>,
    pub(super) limits: Option<Arc<Limits>>,
    /// The notices that are stored.
    pub(super) notices: Notices,
    waiting: Notify,
    /// When mails are due again that this process could not send.
    retries: Mutex<BTreeSet<Timestamp>>,
}

/// The recipient of a mail.
#[derive(Debug, Clone, Copy)]
pub struct Addressee<'a> {
    email: &'a Email,
    is_verified: bool,
}

impl<'a> Addressee<'a> {
    /// The current email address of an account.
    pub fn account(user: &'a User) -> Self {
        Self { email: &user.email, is_verified: user.email_verified }
    }

    /// An email address that was just verified by a link that was sent to it.
    pub fn verified(email: &'a Email) -> Self {
        Self { email, is_verified: true }
    }

    /// An email address from a request.
    pub fn unverified(email: &'a Email) -> Self {
        Self { email, is_verified: false }
    }

    /// The email address.
    pub fn email(&self) -> &'a Email {
        self.email
    }

    /// What the limits of a notice are counted by.
    pub(super) fn subject(&self, message: &Message<'_>) -> NoticeSubject<'a> {
        NoticeSubject { occasion: message.occasion(), to: self.email, is_verified: self.is_verified }
    }
}

/// When delivery of mail without a link that is stored `now` is given up.
pub(super) fn notice_end(now: Timestamp) -> Timestamp {
    now.checked_add(NOTICE_TTL).unwrap_or(Timestamp::MAX)
}

impl Outbox {
    /// An outbox whose mail is encrypted with `encryption`, and counted by `limits`. Of the notices it stores `notices`.
    pub fn new(encryption: Arc<KeyEncryptionKeys>, limits: Option<Arc<Limits>>, notices: Notices) -> Self {
        Self { encryption, limits, notices, waiting: Notify::new(), retries: Mutex::default() }
    }

    /// Stores a mail in the transaction of `client`, unless a limit is reached or it is a notice that is off. The mail is not sent after `expires_at`.
    /// Returns whether it was stored, which `requester` must not learn.
    pub async fn put(
        &self,
        client: &impl Executor,
        requester: &MailRequester<'_>,
        to: Addressee<'_>,
        message: &Message<'_>,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, OutboxError> {
        let notice = message.notice();
        if notice.is_some_and(|notice| !self.notices.contain(notice)) {
            return Ok(false);
        }
        if let Some(limits) = &self.limits {
            let allowed = if notice.is_some() {
                limits.may_notify(client, requester, to.subject(message), now).await?
            } else {
                limits.may_send(client, requester, to.email, now).await?
            };
            if !allowed {
                return Ok(false);
            }
        }
        let valid_for = expires_at.duration_since(now).as_secs();
        let cause = notice.map(|_| Cause::new(requester, now));
        let payload =
            MailPayload { to: to.email.as_str(), message: *message, valid_for, is_sent: true, cause };
        self.insert(client, &payload, expires_at, now).await?;
        Ok(true)
    }

    /// Counts and stores a mail that is not sent, because `to` has no account. If it were not counted, `requester` could tell by
    /// the limits whether there is an account; if it were not stored, by the time of the response. Returns whether it was stored.
    pub async fn put_unsent(
        &self,
        client: &impl Executor,
        requester: &MailRequester<'_>,
        to: &Email,
        message: &Message<'_>,
        now: Timestamp,
    ) -> Result<bool, OutboxError> {
        if let Some(limits) = &self.limits
            && !limits.may_send(client, requester, to, now).await?
        {
            return Ok(false);
        }
        let payload =
            MailPayload { to: to.as_str(), message: *message, valid_for: 0, is_sent: false, cause: None };
        // Expired at once: a replica of an older version, which would send it, drops expired mail.
        self.insert(client, &payload, now, now).await?;
        Ok(true)
    }

    async fn insert(
        &self,
        client: &impl Executor,
        payload: &MailPayload<'_>,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), OutboxError> {
        let id = new_v7(now);
        let sealed = payload.seal(id, &self.encryption)?;
        Ok(store::insert(client, id, &sealed, expires_at, now).await?)
    }

    /// Stores a mail without a link, which is sent within a day or not at all.
    pub async fn notify(
        &self,
        client: &impl Executor,
        requester: &MailRequester<'_>,
        to: Addressee<'_>,
        message: &Message<'_>,
        now: Timestamp,
    ) -> Result<bool, OutboxError> {
        self.put(client, requester, to, message, notice_end(now), now).await
    }

    /// Wakes the worker of this process.
    pub fn wake(&self) {
        self.waiting.notify_one();
    }

    /// Waits for [`wake`](Self::wake).
    pub(super) async fn woken(&self) {
        self.waiting.notified().await;
    }

    /// Schedules a retry at `moment`.
    pub(super) fn retry_at(&self, moment: Timestamp) {
        self.retries.lock().unwrap_or_else(PoisonError::into_inner).insert(moment);
    }

    /// Whether a retry is due `now`. Forgets the retries that are.
    pub(super) fn take_retry(&self, now: Timestamp) -> bool {
        let mut retries = self.retries.lock().unwrap_or_else(PoisonError::into_inner);
        let before = retries.len();
        retries.retain(|moment| *moment > now);
        retries.len() < before
    }

    /// Decrypts the payload of the row `id`.
    pub(super) fn open(&self, id: Uuid, sealed: &[u8]) -> Option<DecryptedPayload> {
        DecryptedPayload::open(id, sealed, &self.encryption)
    }
}
