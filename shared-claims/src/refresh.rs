//! The background task that keeps the key set fresh.

use std::sync::Arc;

use reqwest::header::HeaderValue;
use tokio::sync::mpsc;

use crate::clock::SharedClock;
use crate::jwks::{self, InvalidSet, Skipped};
use crate::keys::KeyStore;
use crate::metrics::{self, Document, Outcome};
use crate::remote::{FetchError, Fetched, Remote, Request};
use crate::schedule::{Schedule, nudged};

/// Fetches the key set at once and then again and again. Being one task, it never fetches twice at a time.
pub(crate) struct Refresher {
    pub(crate) remote: Remote,
    pub(crate) store: Arc<KeyStore>,
    pub(crate) clock: SharedClock,
    /// Asks for a fetch before its time, past every cache. It holds one request, since any number of them ask for the
    /// same thing.
    pub(crate) nudges: mpsc::Receiver<()>,
    pub(crate) schedule: Schedule,
}

/// What was seen of the issuer last.
#[derive(Default)]
struct Seen {
    /// The tag of the set in force.
    etag: Option<HeaderValue>,
    /// What the log was told, so that it is told again only when it changes.
    kids: Vec<String>,
    skipped: Vec<Skipped>,
}

/// Why a fetch brought no set.
#[derive(Debug, thiserror::Error)]
enum RefreshError {
    #[error("the key set could not be fetched: {0}")]
    Fetch(#[from] FetchError),
    #[error("the fetched key set is not usable: {0}")]
    Invalid(#[from] InvalidSet),
}

impl Refresher {
    /// The media types of a key set.
    pub(crate) const ACCEPT: &str = "application/jwk-set+json, application/json";

    /// Runs until the last verifier is gone.
    pub(crate) async fn run(mut self) {
        let mut seen = Seen::default();
        let mut asked = false;
        loop {
            asked |= self.nudges.try_recv().is_ok();
            let outcome = self.refresh(&mut seen, asked).await;
            metrics::fetched(Document::KeySet, outcome.as_ref().copied().unwrap_or(Outcome::Failed));
            match outcome {
                // A fetch that was asked for during the cooldown follows it at once: the channel has kept the request.
                Ok(_) => asked = self.schedule.after_success(nudged(&mut self.nudges)).await,
                Err(error) => {
                    let has_set = self.store.has_set();
                    if has_set {
                        tracing::warn!(%error, "the last good key set stays");
                    } else {
                        tracing::warn!(%error, "no key set yet; tokens cannot be verified until a fetch succeeds");
                    }
                    self.schedule.after_failure(has_set).await;
                }
            }
        }
    }

    /// One fetch. Without an error the issuer's set is in force now; otherwise the old one stays.
    async fn refresh(&self, seen: &mut Seen, past_caches: bool) -> Result<Outcome, RefreshError> {
        let request = Request { known: seen.etag.as_ref(), past_caches };
        match self.remote.fetch(request).await? {
            Fetched::NotModified => {
                self.store.renew(self.clock.now());
                Ok(Outcome::NotModified)
            }
            Fetched::New { body, etag } => {
                let set = jwks::parse(&body)?;
                seen.note(set.keys.keys().cloned().collect(), set.skipped);
                seen.etag = etag;
                self.store.replace(set.keys, self.clock.now());
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
                tracing::warn!(kid, why, "a key of the set is not used");
            }
            self.skipped = skipped;
        }
    }
}
