//! The background task that keeps the key set fresh.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::clock::SharedClock;
use crate::jwks::{self, Skipped};
use crate::keys::KeyStore;
use crate::remote::RemoteJwks;

/// Fetches the key set at once and then again and again. Being one task, it never fetches twice at a time.
pub(crate) struct Refresher {
    pub(crate) remote: RemoteJwks,
    pub(crate) store: Arc<KeyStore>,
    pub(crate) clock: SharedClock,
    /// Fetches begun so far.
    pub(crate) fetches: Arc<AtomicU64>,
    /// Asks for a fetch before its time. It holds one request, since any number of them ask for the same thing.
    pub(crate) nudges: mpsc::Receiver<()>,
    /// Time between two fetches while all is well.
    pub(crate) interval: Duration,
    /// Least time between the end of a fetch and the next, whatever asks for it.
    pub(crate) cooldown: Duration,
}

/// What the log was told last, so that it is told again only when it changes.
#[derive(Default)]
struct Logged {
    kids: Vec<String>,
    skipped: Vec<Skipped>,
}

impl Refresher {
    /// Runs until the last verifier is gone.
    pub(crate) async fn run(mut self) {
        let mut logged = Logged::default();
        loop {
            let fresh = self.refresh(&mut logged).await;
            sleep(self.cooldown).await;
            // After a failure the next try follows the cooldown at once. So does a fetch that was asked for during
            // the cooldown: the channel has kept the request.
            if fresh {
                tokio::select! {
                    () = sleep(self.interval.saturating_sub(self.cooldown)) => {}
                    nudge = self.nudges.recv() => if nudge.is_none() { return },
                }
            }
        }
    }

    /// One fetch. True if it brought a set that is now in force; otherwise the old one stays.
    async fn refresh(&self, logged: &mut Logged) -> bool {
        self.fetches.fetch_add(1, Ordering::Relaxed);
        let body = match self.remote.fetch().await {
            Ok(body) => body,
            Err(error) => {
                let cause = error.source().map(chain);
                tracing::warn!(%error, cause, "the key set could not be fetched; the last good one stays");
                return false;
            }
        };
        match jwks::parse(&body) {
            Ok(set) => {
                logged.note(set.keys.keys().cloned().collect(), set.skipped);
                self.store.replace(set.keys, self.clock.now());
                true
            }
            Err(error) => {
                tracing::warn!(%error, "the fetched key set is not usable; the last good one stays");
                false
            }
        }
    }
}

impl Logged {
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

/// An error and what caused it, in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
