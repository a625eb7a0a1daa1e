//! The background task that fetches the aggregation and runs a poller for each list.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use url::Url;

use crate::metrics::{self, Document, Outcome};
use crate::remote::{FetchError, Fetched, Remote, Request};
use crate::schedule::{Schedule, nudged};
use crate::status::aggregation::{self, InvalidAggregation};
use crate::status::list::MAX_BODY;
use crate::status::poll::{PollSettings, Poller};
use crate::status::{Complaint, Prefix};

/// Time between two fetches of the aggregation. A list is announced minutes before a token refers to it.
const AGGREGATION_INTERVAL: Duration = Duration::from_secs(60);

/// Fetches the aggregation and, in tasks that end with it, every list in it.
pub(crate) struct Watcher {
    remote: Remote,
    prefix: Prefix,
    nudges: mpsc::Receiver<()>,
    settings: PollSettings,
    pollers: JoinSet<()>,
    running: HashMap<u32, AbortHandle>,
    /// The skipped entries that were logged.
    skipped: Vec<String>,
}

/// Why a fetch failed.
#[derive(Debug, thiserror::Error)]
enum WatchError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Invalid(#[from] InvalidAggregation),
}

impl Watcher {
    /// The media type of an aggregation.
    pub(crate) const ACCEPT: &str = "application/json";
    /// Maximum size of an aggregation, in bytes: hundreds of lists, each with a long URI.
    pub(crate) const MAX_BODY: usize = 256 * 1024;

    /// Creates a watcher of the aggregation at the URL of `remote`. The lists are fetched from paths under that URL, whatever
    /// their URIs in the aggregation and in tokens.
    pub(crate) fn new(
        remote: Remote,
        prefix: Prefix,
        nudges: mpsc::Receiver<()>,
        settings: PollSettings,
    ) -> Self {
        let (pollers, running, skipped) = (JoinSet::new(), HashMap::new(), Vec::new());
        Self { remote, prefix, nudges, settings, pollers, running, skipped }
    }

    /// Runs until the last verifier is dropped.
    pub(crate) async fn run(mut self) {
        let PollSettings { clock, interval, cooldown, .. } = self.settings.clone();
        let mut schedule = Schedule {
            clock,
            interval: AGGREGATION_INTERVAL,
            least: cooldown,
            first_retry: interval.min(cooldown),
            last_retry: cooldown,
            failures: 0,
        };
        let (mut etag, mut complaint) = (None, Complaint::default());
        let (keys, store) = (Arc::clone(&self.settings.keys), Arc::clone(&self.settings.store));
        let mut asked = false;
        loop {
            asked |= self.nudges.try_recv().is_ok();
            let keys_replaced = keys.replaced();
            let outcome = self.fetch(&mut etag, asked).await;
            metrics::fetched(Document::Aggregation, outcome.as_ref().copied().unwrap_or(Outcome::Failed));
            match outcome {
                Ok(_) => {
                    complaint.succeeded(Document::Aggregation, self.remote.url.as_str());
                    asked = schedule.after_success(nudged(&mut self.nudges)).await;
                }
                Err(error) => {
                    let is_announced = store.is_announced();
                    complaint.failed(Document::Aggregation, self.remote.url.as_str(), &error, is_announced);
                    tokio::select! {
                        () = schedule.after_failure(is_announced) => {}
                        // The issuer is available again.
                        () = keys_replaced, if !is_announced => {}
                    }
                }
            }
        }
    }

    async fn fetch(
        &mut self,
        etag: &mut Option<HeaderValue>,
        past_caches: bool,
    ) -> Result<Outcome, WatchError> {
        let request = Request { known: etag.as_ref(), past_caches };
        match self.remote.fetch(request).await? {
            Fetched::NotModified => {
                // Lists that are no longer announced may have become too old.
                let announced: BTreeSet<u32> = self.settings.store.announced();
                self.follow(&announced);
                Ok(Outcome::NotModified)
            }
            Fetched::New { body, etag: tag } => {
                let announced = aggregation::parse(&body, &self.prefix)?;
                if announced.skipped != self.skipped {
                    for uri in &announced.skipped {
                        tracing::warn!(uri, "status list skipped: it is not the issuer's");
                    }
                    self.skipped = announced.skipped;
                }
                self.follow(&announced.numbers);
                *etag = tag;
                Ok(Outcome::New)
            }
        }
    }

    fn follow(&mut self, numbers: &BTreeSet<u32>) {
        for number in self.settings.store.announce(numbers, self.settings.clock.now()) {
            if let Some(poller) = self.running.remove(&number) {
                poller.abort();
            }
        }
        for number in numbers {
            if !self.running.contains_key(number) {
                let poller = self.pollers.spawn(self.poller(*number).run());
                self.running.insert(*number, poller);
            }
        }
        // Removes aborted tasks from the set.
        while self.pollers.try_join_next().is_some() {}
    }

    fn poller(&self, number: u32) -> Poller {
        let Remote { client, url, timeout, fetches, .. } = &self.remote;
        let remote = Remote {
            client: client.clone(),
            url: list_url(url, number),
            accept: Poller::ACCEPT,
            timeout: *timeout,
            max_body: MAX_BODY,
            fetches: Arc::clone(fetches),
        };
        Poller { number, prefix: self.prefix.clone(), remote, settings: self.settings.clone() }
    }
}

/// Returns `{aggregation}/{number}`. The URL has neither query nor fragment; the builder checks that.
fn list_url(aggregation: &Url, number: u32) -> Url {
    let mut url = aggregation.clone();
    url.set_path(&format!("{}/{number}", aggregation.path().trim_end_matches('/')));
    url
}
