//! Sends links by mail. A link is created and put into the outbox in the same transaction.

use std::sync::Arc;

use jiff::Timestamp;
use service_kit::database::{Executor, Transaction};
use service_kit::security_log::Record;

use super::links::Links;
use super::model::{LinkLifetimes, LinkToken, NewLink, Purpose};
use super::store;
use crate::audit;
use crate::email::{Addressee, Message, Outbox};
use crate::error::ApiError;
use crate::limits::MailRequester;
use crate::protocol::email_address::Email;
use crate::protocol::redirect::CheckedTarget;
use crate::security_event::SecurityLog;

#[derive(Clone)]
pub struct LinkMailer {
    /// `None` if mail is off.
    pub outbox: Option<Arc<Outbox>>,
    pub links: Links,
    pub lifetimes: LinkLifetimes,
}

/// The outcome of sending a link. The response must not reveal it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    /// The link and its mail are stored; [`LinkMailer::commit`] commits them.
    Stored,
    /// A limit is reached, and nothing must be committed.
    Limited,
    /// The user, session or sign-up of the link was deleted, and nothing can be committed.
    Gone,
}

/// A link that was stored.
struct Created {
    url: String,
    expires_at: Timestamp,
}

impl LinkMailer {
    pub fn is_enabled(&self) -> bool {
        self.outbox.is_some()
    }

    /// Creates a link and its mail in the transaction of `client`. The link redirects to `callback`. Does nothing if
    /// mail is off.
    pub async fn send(
        &self,
        client: &impl Executor,
        requester: &MailRequester<'_>,
        link: NewLink<'_>,
        callback: Option<&CheckedTarget>,
        now: Timestamp,
    ) -> Result<Sending, ApiError> {
        let Some(outbox) = &self.outbox else { return Ok(Sending::Limited) };
        let Some(created) = self.create(client, link, callback, now).await? else { return Ok(Sending::Gone) };
        let (to, message) = (addressee(link), message(link, &created.url));
        let stored = outbox.put(client, requester, to, &message, created.expires_at, now).await?;
        Ok(if stored { Sending::Stored } else { Sending::Limited })
    }

    /// Creates a link that nobody gets, and a mail that is stored but not sent. It does the same work as
    /// [`send`](Self::send), so that timing does not reveal that the email is taken.
    pub async fn send_decoy_link(
        &self,
        client: &impl Executor,
        requester: &MailRequester<'_>,
        link: NewLink<'_>,
        callback: Option<&CheckedTarget>,
        now: Timestamp,
    ) -> Result<Sending, ApiError> {
        let Some(outbox) = &self.outbox else { return Ok(Sending::Limited) };
        let Some(created) = self.create(client, link, callback, now).await? else { return Ok(Sending::Gone) };
        let (to, message) = (addressee(link).email(), message(link, &created.url));
        outbox.put_unsent(client, requester, to, &message, now).await?;
        Ok(Sending::Stored)
    }

    /// Creates a link that nobody gets, without a mail.
    pub async fn create_unsent(
        &self,
        client: &impl Executor,
        link: NewLink<'_>,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        store::create(client, link, &self.lifetimes, &LinkToken::generate()?, now).await?;
        Ok(())
    }

    /// Counts and stores a mail to `email` that is not sent, if nobody can get a link for `purpose`: neither the
    /// limits nor the timing reveal that.
    pub async fn store_decoy_mail(
        &self,
        client: &impl Executor,
        requester: &MailRequester<'_>,
        (email, purpose): (&Email, Purpose),
        callback: Option<&CheckedTarget>,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let url = self.url(purpose, &LinkToken::generate()?, callback);
        let message = match purpose {
            Purpose::ResetPassword => Message::ResetPassword { link: &url },
            _ => Message::VerifyEmail { link: &url },
        };
        self.store_unsent(client, requester, email, &message, now).await
    }

    /// Counts and stores a mail to `email` that is not sent.
    pub async fn store_unsent(
        &self,
        client: &impl Executor,
        requester: &MailRequester<'_>,
        email: &Email,
        message: &Message<'_>,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        match &self.outbox {
            Some(outbox) => {
                outbox.put_unsent(client, requester, email, message, now).await?;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Stores a mail whose link or code is stored elsewhere and expires at `expires_at`. If it `is_decoy`, it is counted and
    /// stored and not sent.
    pub async fn send_message(
        &self,
        client: &impl Executor,
        requester: &MailRequester<'_>,
        (to, message, is_decoy): (&Email, &Message<'_>, bool),
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Sending, ApiError> {
        let Some(outbox) = &self.outbox else { return Ok(Sending::Limited) };
        let stored = if is_decoy {
            outbox.put_unsent(client, requester, to, message, now).await?
        } else {
            let to = Addressee::unverified(to);
            outbox.put(client, requester, to, message, expires_at, now).await?
        };
        Ok(if stored { Sending::Stored } else { Sending::Limited })
    }

    /// Stores a notice, which has no link.
    pub async fn notify(
        &self,
        client: &impl Executor,
        requester: &MailRequester<'_>,
        to: Addressee<'_>,
        message: &Message<'_>,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        if let Some(outbox) = &self.outbox {
            outbox.notify(client, requester, to, message, now).await?;
        }
        Ok(())
    }

    /// Commits a transaction that stored mail, together with the events that it caused, and wakes the worker that sends it.
    pub async fn commit(&self, transaction: Transaction, events: &[Record<'_>]) -> Result<(), ApiError> {
        audit::commit(transaction, events).await?;
        if let Some(outbox) = &self.outbox {
            outbox.wake();
        }
        Ok(())
    }

    /// Commits a transaction with its event if the link was stored. If a limit was reached, the event is a refusal, which
    /// the client must not learn.
    pub async fn finish(
        &self,
        transaction: Transaction,
        sending: Sending,
        (log, event): (&SecurityLog, Option<Record<'_>>),
    ) -> Result<(), ApiError> {
        match sending {
            Sending::Stored => self.commit(transaction, event.as_slice()).await?,
            Sending::Limited => event.into_iter().for_each(|event| log.refused(event)),
            Sending::Gone => {}
        }
        Ok(())
    }

    /// Stores a link. `None` if its user, session or sign-up is gone.
    async fn create(
        &self,
        client: &impl Executor,
        link: NewLink<'_>,
        callback: Option<&CheckedTarget>,
        now: Timestamp,
    ) -> Result<Option<Created>, ApiError> {
        let token = LinkToken::generate()?;
        let expires_at = store::create(client, link, &self.lifetimes, &token, now).await?;
        let created = |expires_at| Created { url: self.url(link.purpose(), &token, callback), expires_at };
        Ok(expires_at.map(created))
    }

    fn url(&self, purpose: Purpose, token: &LinkToken, callback: Option<&CheckedTarget>) -> String {
        match purpose {
            Purpose::ResetPassword => self.links.reset_password(token, callback),
            Purpose::DeleteUser => self.links.delete_user(token, callback),
            Purpose::VerifyEmail
            | Purpose::ConfirmEmailChange
            | Purpose::ChangeEmail
            | Purpose::CompleteSignUp => self.links.verify_email(token, callback),
        }
    }
}

fn addressee(link: NewLink<'_>) -> Addressee<'_> {
    match link {
        NewLink::ResetPassword(user)
        | NewLink::VerifyEmail(user)
        | NewLink::ConfirmEmailChange(user, ..)
        | NewLink::DeleteUser(user, _) => Addressee::account(user),
        NewLink::ChangeEmail(.., email) | NewLink::CompleteSignUp(_, email) => Addressee::unverified(email),
    }
}

fn message<'a>(link: NewLink<'a>, url: &'a str) -> Message<'a> {
    match link {
        NewLink::ResetPassword(_) => Message::ResetPassword { link: url },
        NewLink::VerifyEmail(_) | NewLink::CompleteSignUp(..) => Message::VerifyEmail { link: url },
        NewLink::ConfirmEmailChange(.., new_email) => {
            Message::ConfirmEmailChange { new_email: new_email.as_str(), link: url }
        }
        NewLink::ChangeEmail(..) => Message::VerifyNewEmail { link: url },
        NewLink::DeleteUser(..) => Message::DeleteAccount { link: url },
    }
}
