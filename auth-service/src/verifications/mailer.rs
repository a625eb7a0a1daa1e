//! Sending links by mail: each is created and put into the outbox by one transaction.

use std::sync::Arc;

use jiff::Timestamp;
use service_kit::database::{Executor, Transaction};

use super::links::Links;
use super::model::{LinkLifetimes, LinkToken, NewLink, Purpose};
use super::store;
use crate::email::{Addressee, Message, Outbox};
use crate::error::ApiError;
use crate::limits::Asker;
use crate::protocol::email_address::Email;
use crate::protocol::redirect::CheckedTarget;

/// Sends links and notices by mail.
#[derive(Clone)]
pub struct LinkMailer {
    /// Where mail waits; `None` if no mail can be sent.
    pub outbox: Option<Arc<Outbox>>,
    /// The URLs of links.
    pub links: Links,
    /// How long links are valid.
    pub lifetimes: LinkLifetimes,
}

/// The outcome of sending a link. The response to who asked must not reveal it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    /// The link and its mail are stored, to be committed with [`LinkMailer::commit`].
    Stored,
    /// A limit is reached: nothing is to be committed.
    Limited,
    /// The user, session or sign-up of the link is gone: nothing can be committed.
    Gone,
}

impl LinkMailer {
    /// Whether mail can be sent.
    pub fn is_enabled(&self) -> bool {
        self.outbox.is_some()
    }

    /// Creates a link and the mail that carries it, as part of the transaction of `client`. Following the link leads on to
    /// `callback`. Does nothing if mail is off.
    pub async fn send(
        &self,
        client: &impl Executor,
        asker: &Asker<'_>,
        link: NewLink<'_>,
        callback: Option<&CheckedTarget>,
        now: Timestamp,
    ) -> Result<Sending, ApiError> {
        let Some(outbox) = &self.outbox else { return Ok(Sending::Limited) };
        let token = LinkToken::generate()?;
        let created = store::create(client, link, &self.lifetimes, &token, now).await?;
        let Some(expires_at) = created else { return Ok(Sending::Gone) };
        let url = self.url(link.purpose(), &token, callback);
        let stored =
            outbox.put(client, asker, addressee(link), &message(link, &url), expires_at, now).await?;
        Ok(if stored { Sending::Stored } else { Sending::Limited })
    }

    /// Creates a link that nobody gets, and a mail that is stored and not sent: the same work as [`send`](Self::send), so that
    /// the time of the response does not reveal that the email is taken.
    pub async fn withhold(
        &self,
        client: &impl Executor,
        asker: &Asker<'_>,
        link: NewLink<'_>,
        callback: Option<&CheckedTarget>,
        now: Timestamp,
    ) -> Result<Sending, ApiError> {
        let Some(outbox) = &self.outbox else { return Ok(Sending::Limited) };
        let token = LinkToken::generate()?;
        if store::create(client, link, &self.lifetimes, &token, now).await?.is_none() {
            return Ok(Sending::Gone);
        }
        let (to, url) = (addressee(link), self.url(link.purpose(), &token, callback));
        outbox.put_unsent(client, asker, to.email(), &message(link, &url), now).await?;
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

    /// Counts and stores a mail to `email` that is not sent, where there is nobody to send a link for `purpose` to: neither the
    /// limits nor the time of the response reveal it.
    pub async fn pretend(
        &self,
        client: &impl Executor,
        asker: &Asker<'_>,
        (email, purpose): (&Email, Purpose),
        callback: Option<&CheckedTarget>,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let url = self.url(purpose, &LinkToken::generate()?, callback);
        let message = match purpose {
            Purpose::ResetPassword => Message::ResetPassword { link: &url },
            _ => Message::VerifyEmail { link: &url },
        };
        self.store_unsent(client, asker, email, &message, now).await
    }

    /// Counts and stores a mail to `email` that is not sent.
    pub async fn store_unsent(
        &self,
        client: &impl Executor,
        asker: &Asker<'_>,
        email: &Email,
        message: &Message<'_>,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        match &self.outbox {
            Some(outbox) => Ok(outbox.put_unsent(client, asker, email, message, now).await?),
            None => Ok(()),
        }
    }

    /// Stores a notice without a link.
    pub async fn notify(
        &self,
        client: &impl Executor,
        asker: &Asker<'_>,
        to: Addressee<'_>,
        message: &Message<'_>,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        if let Some(outbox) = &self.outbox {
            outbox.notify(client, asker, to, message, now).await?;
        }
        Ok(())
    }

    /// Commits a transaction that stored mail, and wakes the worker that sends it.
    pub async fn commit(&self, transaction: Transaction) -> Result<(), ApiError> {
        transaction.commit().await?;
        if let Some(outbox) = &self.outbox {
            outbox.wake();
        }
        Ok(())
    }

    /// Commits a transaction if it stored the link that it was to send.
    pub async fn finish(&self, transaction: Transaction, sending: Sending) -> Result<(), ApiError> {
        match sending {
            Sending::Stored => self.commit(transaction).await,
            Sending::Limited | Sending::Gone => Ok(()),
        }
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
