//! The background task that refreshes a status list.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;
use tokio::sync::mpsc;

use crate::clock::SharedClock;
use crate::keys::KeyStore;
use crate::metrics::{self, Document, Outcome};
use crate::remote::{FetchError, Fetched, Remote, Request};
use crate::schedule::Schedule;
use crate::status::list::{self, InvalidList};
use crate::status::store::ListStore;
use crate::status::{Complaint, Prefix};

/// Settings for all lists.
#[derive(Clone)]
pub(crate) struct PollSettings {
    pub(crate) clock: SharedClock,
    pub(crate) interval: Duration,
    /// Maximum wait after a failure.
    pub(crate) cooldown: Duration,
    pub(crate) keys: Arc<KeyStore>,
    /// Requests a fetch of the key set that bypasses caches.
    pub(crate) key_nudge: mpsc::Sender<()>,
    pub(crate) store: Arc<ListStore>,
}

/// Fetches one list periodically.
pub(super) struct Poller {
    pub(super) number: u32,
    /// The required prefix of its `sub`; the number follows.
    pub(super) prefix: Prefix,
    pub(super) remote: Remote,
    pub(super) settings: PollSettings,
}

/// Why a fetch failed.
#[derive(Debug, thiserror::Error)]
enum PollError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Invalid(#[from] InvalidList),
}

impl PollSettings {
    /// A list is fetched after the interval; after failures, with exponential backoff up to the cooldown.
    fn schedule(&self) -> Schedule {
        Schedule {
            clock: Arc::clone(&self.clock),
            interval: self.interval,
            least: Duration::ZERO,
            first_retry: self.interval.min(self.cooldown),
            last_retry: self.cooldown,
            failures: 0,
        }
    }
}

impl Poller {
    /// The media type of a list.
    pub(super) const ACCEPT: &str = "application/statuslist+jwt";

    /// Runs until it is aborted.
    pub(super) async fn run(self) {
        let (keys, mut schedule) = (Arc::clone(&self.settings.keys), self.settings.schedule());
        let (mut etag, mut complaint) = (None, Complaint::default());
        let uri = self.prefix.uri(self.number);
        keys.first().await;
        loop {
            let replaced = keys.replaced();
            let outcome = self.poll(&mut etag).await;
            metrics::fetched(Document::StatusList, outcome.as_ref().copied().unwrap_or(Outcome::Failed));
            match outcome {
                Ok(_) => {
                    complaint.succeeded(Document::StatusList, &uri);
                    schedule.after_success(std::future::pending()).await;
                }
                Err(error) => {
                    let is_held = self.settings.store.holds(self.number);
                    complaint.failed(Document::StatusList, &uri, &error, is_held);
                    let asked_for_keys = matches!(error, PollError::Invalid(InvalidList::UnknownKey));
                    tokio::select! {
                        () = schedule.after_failure(is_held) => {}
                        // The new key set may contain the missing key.
                        () = replaced, if asked_for_keys => {}
                    }
                }
            }
        }
    }

    /// Fetches once. If it fails, the current list stays in use.
    async fn poll(&self, etag: &mut Option<HeaderValue>) -> Result<Outcome, PollError> {
        let PollSettings { clock, store, .. } = &self.settings;
        // A response is at least as new as its request.
        let asked_at = clock.now();
        let in_force =
            store.in_force(self.number, |list| (list.issued_at, list.expires_at, list.kid.clone()));
        // An expired list must be replaced, so the request is unconditional.
        let lives = in_force.as_ref().is_some_and(|(_, expires_at, _)| asked_at < *expires_at);
        let request = Request { known: etag.as_ref().filter(|_| lives), past_caches: false };
        match self.remote.fetch(request).await? {
            Fetched::NotModified => {
                store.confirm(self.number, asked_at);
                Ok(Outcome::NotModified)
            }
            Fetched::New { body, etag: tag } => {
                let (previous, kid) = in_force.map(|(issued_at, _, kid)| (issued_at, kid)).unzip();
                match self.take(&body, previous, kid, asked_at) {
                    // From a replica whose clock is slightly behind. It changes and confirms nothing, but is no reason to
                    // fetch less often: the next replica may have a newer one.
                    Err(InvalidList::RolledBack) => return Ok(Outcome::Older),
                    taken => taken?,
                }
                *etag = tag;
                Ok(Outcome::New)
            }
        }
    }

    fn take(
        &self,
        body: &[u8],
        previous: Option<jiff::Timestamp>,
        previous_kid: Option<String>,
        asked_at: jiff::Timestamp,
    ) -> Result<(), InvalidList> {
        let PollSettings { clock, store, keys, key_nudge, .. } = &self.settings;
        let read = list::read(body, (&self.prefix, self.number), previous, keys, clock.now(), store.skew());
        let changed_hands = match &read {
            Ok(list) => previous_kid.is_some_and(|kid| kid != list.kid),
            Err(error) => *error == InvalidList::UnknownKey,
        };
        if changed_hands {
            // A rotation, or a revoked key: the key set must be fetched now, bypassing caches.
            tracing::info!(uri = self.prefix.uri(self.number), "status list is signed by another key");
            let _ = key_nudge.try_send(());
        }
        store.replace(self.number, read?, asked_at);
        Ok(())
    }
}
