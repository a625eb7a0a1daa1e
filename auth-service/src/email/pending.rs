//! A notice that another statement stores, together with the act that it reports.

use jiff::Timestamp;
use service_kit::database::Parameter;
use service_kit::id::new_v7;
use service_kit::store::{Row, StoreError, column};
use uuid::Uuid;

use super::cause::Cause;
use super::error::OutboxError;
use super::message::Message;
use super::outbox::{Addressee, Outbox, notice_end};
use super::payload::MailPayload;
use crate::limits::{MailCounts, MailRequester};

/// A sealed notice and its counts, which [`insert_counted`](super::insert_counted) stores if the notice is due.
pub struct PendingNotice {
    /// Its row.
    pub id: Uuid,
    /// The encrypted payload.
    pub sealed: Vec<u8>,
    /// When it expires.
    pub expires_at: Timestamp,
    /// The limits that apply to it.
    pub counts: MailCounts,
}

impl PendingNotice {
    /// The parameters of [`insert_counted`](super::insert_counted), in its order.
    pub fn parameters(&self) -> [&dyn Parameter; 7] {
        let Self { id, sealed, expires_at, counts } = self;
        let counts = &counts.arrays;
        [id, sealed, expires_at, &counts.keys, &counts.most, &counts.ends, &counts.restarts]
    }

    /// Reads what became of it from a row with the columns `has_notice` and `full_limits`, and counts it if it was withheld.
    /// Returns whether it was stored; then [`Outbox::wake`] is to be called after the commit.
    pub fn is_stored(&self, row: &Row) -> Result<bool, StoreError> {
        let full: Vec<i64> = column(row, "limits", "full_limits")?;
        self.counts.record_withheld(&full);
        column(row, "outbox", "has_notice")
    }
}

impl Outbox {
    /// Seals a notice that may have to be stored. `None` if it is off, or if nothing limits it: without a limit, somebody
    /// who knows a password could fill the mailbox of its owner.
    pub fn prepare(
        &self,
        requester: &MailRequester<'_>,
        to: Addressee<'_>,
        message: &Message<'_>,
        now: Timestamp,
    ) -> Result<Option<PendingNotice>, OutboxError> {
        let is_on = message.notice().is_some_and(|notice| self.notices.contain(notice));
        let Some(limits) = self.limits.as_ref().filter(|_| is_on) else { return Ok(None) };
        let (id, expires_at) = (new_v7(now), notice_end(now));
        let valid_for = expires_at.duration_since(now).as_secs();
        let cause = Some(Cause::new(requester, now));
        let payload =
            MailPayload { to: to.email().as_str(), message: *message, valid_for, is_sent: true, cause };
        let sealed = payload.seal(id, &self.encryption)?;
        let counts = limits.notice(requester, to.subject(message), now);
        Ok(Some(PendingNotice { id, sealed, expires_at, counts }))
    }
}
