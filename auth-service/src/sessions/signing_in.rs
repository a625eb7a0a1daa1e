//! Starting a session for a password, and telling the owner of the account if the device is new to it.

use actix_web::HttpRequest;
use jiff::Timestamp;

use super::admission::Admission;
use super::service::Sessions;
use super::starting::Started;
use crate::email::{Addressee, Message};
use crate::error::ApiError;
use crate::limits::MailRequester;

impl Sessions {
    /// Starts a session of a user who proved the password. If the device is new to the account, a mail tells its owner. A
    /// device is known if it has a mark of the account, if the caller knows it (`is_known`), or if a live session of the
    /// account was started from the same IP address with the same `User-Agent`. The mail is stored by the statement that
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
    ) -> Result<Started, ApiError> {
        let user = admission.user;
        let notice = match &self.outbox {
            Some(outbox) if !is_known && !self.devices.know(request, user) => {
                let requester = MailRequester::described(&self.log, request, &user.id);
                outbox.prepare(&requester, Addressee::account(user), &Message::NewDevice, now)?
            }
            Some(_) | None => None,
        };
        self.start_with(&self.pool, request, (admission, remembered), notice.as_ref(), now).await
    }
}
