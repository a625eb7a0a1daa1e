//! Signing in: starting a session, or asking for the second factor first. Tells the owner of the account if the device is new.

use actix_web::HttpRequest;
use jiff::Timestamp;
use service_kit::database::Transaction;

use super::admission::Admission;
use super::challenge::Challenged;
use super::service::Sessions;
use super::starting::Started;
use crate::email::{Addressee, Message};
use crate::error::ApiError;
use crate::limits::MailRequester;

/// What a correct credential leads to.
pub enum Entry {
    /// A session.
    Started(Box<Started>),
    /// The user has to prove a second factor first.
    Challenged(Challenged),
}

impl Sessions {
    /// Signs in a user who proved a credential, unless a second factor is due. If the device is new to the account, a mail tells
    /// its owner. A device is known if it has a mark of the account, if the caller knows it (`is_known`), or if a live session of
    /// the account was started from the same IP address with the same `User-Agent`. The mail is stored by the statement that
    /// starts the session.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn sign_in(
        &self,
        request: &HttpRequest,
        admission: Admission<'_>,
        remembered: bool,
        is_known: bool,
        now: Timestamp,
    ) -> Result<Entry, ApiError> {
        let user = admission.user;
        let notice = match &self.outbox {
            Some(outbox) if !is_known && !self.devices.know(request, user) => {
                let requester = MailRequester::described(&self.log, request, &user.id);
                outbox.prepare(&requester, Addressee::account(user), &Message::NewDevice, now)?
            }
            Some(_) | None => None,
        };
        let terms = (admission, remembered);
        match self.start_unless_due(&self.pool, request, terms, notice.as_ref(), now).await? {
            Some(started) => Ok(Entry::Started(Box::new(started))),
            None => Ok(Entry::Challenged(self.challenge(&self.pool, request, terms, now).await?)),
        }
    }

    /// The same in a transaction, without a mail.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn sign_in_within(
        &self,
        transaction: &Transaction,
        request: &HttpRequest,
        terms: (Admission<'_>, bool),
        now: Timestamp,
    ) -> Result<Entry, ApiError> {
        match self.start_unless_due(transaction, request, terms, None, now).await? {
            Some(started) => Ok(Entry::Started(Box::new(started))),
            None => Ok(Entry::Challenged(self.challenge(transaction, request, terms, now).await?)),
        }
    }
}
