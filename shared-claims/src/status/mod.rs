//! Whether a token was revoked: Token Status Lists (draft-ietf-oauth-status-list).
//!
//! A token names a list and its place in it. The issuer publishes the lists, signed; they are fetched in the background,
//! so that looking a place up is reading a bit. Lists are fetched from one configured place alone, never from where a
//! token says they are.

mod aggregation;
#[cfg(fuzzing)]
pub(crate) mod fuzz;
mod list;
mod poll;
mod reference;
mod store;
mod watch;

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::mpsc;

use crate::error::{Reason, Unavailable, VerifyError};
use crate::metrics::Document;

pub(crate) use poll::PollSettings;
pub(crate) use reference::{Prefix, StatusClaim};
pub(crate) use store::ListStore;
pub(crate) use watch::Watcher;

/// The `typ` of a status list.
pub(crate) const LIST_TYPE: &str = "statuslist+jwt";

/// What decides whether a verified token was revoked.
pub(crate) struct StatusCheck {
    pub(crate) prefix: Prefix,
    pub(crate) store: Arc<ListStore>,
    /// Asks for the lists to be looked through, because a token names one that is not known.
    pub(crate) nudge: mpsc::Sender<()>,
}

impl StatusCheck {
    /// Refuses a token that its list says was revoked. Only for tokens that are good in every other way: nothing that a
    /// stranger can write makes anything be fetched.
    pub(crate) fn check(&self, claim: &StatusClaim, now: Timestamp) -> Result<(), VerifyError> {
        let reference = match claim {
            StatusClaim::Absent => return Ok(()),
            StatusClaim::Malformed => return Err(Reason::Malformed.into()),
            StatusClaim::Reference(reference) => reference,
        };
        let number = self.prefix.number(&reference.uri).ok_or(Reason::StatusReference)?;
        match self.store.is_set(number, reference.idx, now) {
            Ok(false) => Ok(()),
            Ok(true) => Err(Reason::Revoked.into()),
            Err(error) => {
                if error == VerifyError::Unavailable(Unavailable::NoStatusList) {
                    // A full channel means that the same was asked already.
                    let _ = self.nudge.try_send(());
                }
                Err(error)
            }
        }
    }
}

/// What the log was told of a document, so that an outage of an hour is two lines and not thousands.
#[derive(Default)]
struct Complaint(Option<String>);

impl Complaint {
    /// `has_last` tells whether there is a last good version that goes on serving.
    fn failed(&mut self, document: Document, uri: &str, error: &dyn std::error::Error, has_last: bool) {
        let error = error.to_string();
        if self.0.as_ref() == Some(&error) {
            return;
        }
        if has_last {
            tracing::warn!(?document, uri, error, "the last good one stays");
        } else {
            tracing::warn!(
                ?document,
                uri,
                error,
                "it was not fetched yet; tokens cannot be checked for revocation"
            );
        }
        self.0 = Some(error);
    }

    fn succeeded(&mut self, document: Document, uri: &str) {
        if self.0.take().is_some() {
            tracing::info!(?document, uri, "it can be fetched again");
        }
    }
}
