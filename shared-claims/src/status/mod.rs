//! Checks whether a token was revoked: Token Status Lists (draft-ietf-oauth-status-list).
//!
//! A token contains the URI of a list and its index in it. The issuer publishes the signed lists; they are fetched in the
//! background, so that a check only reads a bit. Lists are fetched only from the configured URL, never from the URI in a
//! token.

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

/// Checks whether a verified token was revoked.
pub(crate) struct StatusCheck {
    pub(crate) prefix: Prefix,
    pub(crate) store: Arc<ListStore>,
    /// Requests a fetch of the aggregation, because a token refers to an unknown list.
    pub(crate) nudge: mpsc::Sender<()>,
}

impl StatusCheck {
    /// Refuses a revoked token. Must be called only for tokens that are valid in every other way: nothing that a stranger
    /// can write may trigger a fetch.
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
                    // If the channel is full, a fetch was requested already.
                    let _ = self.nudge.try_send(());
                }
                Err(error)
            }
        }
    }
}

/// The error that was last logged for a document, so that an outage of an hour is two lines and not thousands.
#[derive(Default)]
struct Complaint(Option<String>);

impl Complaint {
    /// Logs a failed fetch. `has_last` is whether there is a last good version, which stays in use.
    fn failed(&mut self, document: Document, uri: &str, error: &dyn std::error::Error, has_last: bool) {
        let error = error.to_string();
        if self.0.as_ref() == Some(&error) {
            return;
        }
        if has_last {
            tracing::warn!(?document, uri, error, "refresh failed, keeping the last good version");
        } else {
            tracing::warn!(
                ?document,
                uri,
                error,
                "no version fetched yet; tokens cannot be checked for revocation"
            );
        }
        self.0 = Some(error);
    }

    fn succeeded(&mut self, document: Document, uri: &str) {
        if self.0.take().is_some() {
            tracing::info!(?document, uri, "refresh recovered");
        }
    }
}
