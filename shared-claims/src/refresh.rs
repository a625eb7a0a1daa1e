//! The background task that refreshes the key set.

use std::sync::Arc;

use reqwest::header::HeaderValue;
use tokio::sync::mpsc;

use crate::clock::SharedClock;
use crate::jwks::{self, InvalidSet, Skipped};
use crate::keys::KeyStore;
use crate::metrics::{self, Document, Outcome};
use crate::remote::{FetchError, Fetched, Remote, Request};
use crate::schedule::{Schedule, nudged};

/// Fetches the key set at once and then periodically. As a single task, it never runs two fetches at the same time.
pub(crate) struct Refresher {
    pub(crate) remote: Remote,
    pub(crate) store: Arc<KeyStore>,
    pub(crate) clock: SharedClock,
    /// Requests an early fetch that bypasses caches. The channel has space for one message, because all are the same.
    pub(crate) nudges: mpsc::Receiver<()>,
    pub(crate) schedule: Schedule,
}

/// The state of the last fetch.
#[derive(Default)]
struct Seen {
    /// The ETag of the current set.
    etag: Option<HeaderValue>,
    /// What was logged last, to log only changes.
    kids: Vec<String>,
    skipped: Vec<Skipped>,
}

/// Why a fetch failed.
#[derive(Debug, thiserror::Error)]
enum RefreshError {
    #[error("the key set could not be fetched: {0}")]
    Fetch(#[from] FetchError),
    #[error("the fetched key set is invalid: {0}")]
    Invalid(#[from] InvalidSet),
    #[error("the fetched key set has another key under the known kid {0}")]
    OtherKey(String),
}

impl Refresher {
    /// The media types of a key set.
    pub(crate) const ACCEPT: &str = "application/jwk-set+json, application/json";

    /// Runs until the last verifier is dropped.
    pub(crate) async fn run(mut self) {
        let mut seen = Seen::default();
        let mut asked = false;
        loop {
            asked |= self.nudges.try_recv().is_ok();
            let outcome = self.refresh(&mut seen, asked).await;
            metrics::fetched(Document::KeySet, outcome.as_ref().copied().unwrap_or(Outcome::Failed));
            match outcome {
                // The channel keeps a request that came during the cooldown; the fetch follows immediately after it.
                Ok(_) => asked = self.schedule.after_success(nudged(&mut self.nudges)).await,
                Err(error) => {
                    let has_set = self.store.has_set();
                    if has_set {
                        tracing::warn!(%error, "key set refresh failed, keeping the last good key set");
                    } else {
                        tracing::warn!(%error, "no key set yet; tokens cannot be verified until a fetch succeeds");
                    }
                    self.schedule.after_failure(has_set).await;
                }
            }
        }
    }

    /// Fetches once. If it fails, the current set stays in use.
    async fn refresh(&self, seen: &mut Seen, past_caches: bool) -> Result<Outcome, RefreshError> {
        let request = Request { known: seen.etag.as_ref(), past_caches };
        match self.remote.fetch(request).await? {
            Fetched::NotModified => {
                self.store.renew(self.clock.now());
                Ok(Outcome::NotModified)
            }
            Fetched::New { body, etag } => {
                let set = jwks::parse(&body)?;
                let now = self.clock.now();
                if let Some(kid) = self.store.contradiction(&set.keys, now) {
                    return Err(RefreshError::OtherKey(kid.to_owned()));
                }
                seen.note(set.keys.keys().cloned().collect(), set.skipped);
                seen.etag = etag;
                self.store.replace(set.keys, now);
                Ok(Outcome::New)
            }
        }
    }
}

impl Seen {
    fn note(&mut self, mut kids: Vec<String>, skipped: Vec<Skipped>) {
        kids.sort_unstable();
        if kids != self.kids {
            tracing::info!(?kids, "key set changed");
            self.kids = kids;
        }
        if skipped != self.skipped {
            for Skipped { kid, why } in &skipped {
                tracing::warn!(kid, why, "key of the key set skipped");
            }
            self.skipped = skipped;
        }
    }
}
