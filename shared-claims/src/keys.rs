//! The key set that is in force, readable without a lock.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::{ArcSwapOption, Guard};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::DecodingKey;
use tokio::sync::Notify;

use crate::error::Unavailable;

/// One set of keys, never changed after it was fetched.
struct KeySet {
    keys: Arc<HashMap<String, DecodingKey>>,
    /// When the issuer last said that this is its set.
    fetched_at: Timestamp,
}

/// Holds the last good key set. Readers get a snapshot and never wait; a new set replaces the old as a whole.
pub(crate) struct KeyStore {
    current: ArcSwapOption<KeySet>,
    max_age: SignedDuration,
    replaced: Notify,
}

/// The key set as it was at one moment.
pub(crate) struct Snapshot(Guard<Option<Arc<KeySet>>>);

impl KeyStore {
    pub(crate) fn new(max_age: SignedDuration) -> Self {
        Self { current: ArcSwapOption::empty(), max_age, replaced: Notify::new() }
    }

    /// The set in force, if there is one that is not too old at `now`.
    pub(crate) fn snapshot(&self, now: Timestamp) -> Result<Snapshot, Unavailable> {
        let set = self.current.load();
        let fetched_at = set.as_ref().ok_or(Unavailable::NoKeys)?.fetched_at;
        if now.duration_since(fetched_at) > self.max_age {
            return Err(Unavailable::KeysTooOld);
        }
        Ok(Snapshot(set))
    }

    /// Whether there was a first set, however old it is by now.
    pub(crate) fn has_set(&self) -> bool {
        self.current.load().is_some()
    }

    /// How old the set in force is.
    pub(crate) fn age(&self, now: Timestamp) -> Option<SignedDuration> {
        self.current.load().as_ref().map(|set| now.duration_since(set.fetched_at))
    }

    /// Puts a new set in force.
    pub(crate) fn replace(&self, keys: HashMap<String, DecodingKey>, fetched_at: Timestamp) {
        self.current.store(Some(Arc::new(KeySet { keys: Arc::new(keys), fetched_at })));
        self.replaced.notify_waiters();
    }

    /// The issuer said that the set in force is still its own.
    pub(crate) fn renew(&self, fetched_at: Timestamp) {
        if let Some(set) = &*self.current.load() {
            self.current.store(Some(Arc::new(KeySet { keys: Arc::clone(&set.keys), fetched_at })));
            self.replaced.notify_waiters();
        }
    }

    /// Completes at the next [`replace`](Self::replace) or [`renew`](Self::renew) after this call.
    pub(crate) fn replaced(&self) -> impl Future<Output = ()> {
        self.replaced.notified()
    }

    /// Waits until there was a first set.
    pub(crate) async fn first(&self) {
        loop {
            let replaced = self.replaced();
            if self.has_set() {
                return;
            }
            replaced.await;
        }
    }
}

impl Snapshot {
    /// The key with this id.
    pub(crate) fn get(&self, kid: &str) -> Option<&DecodingKey> {
        self.0.as_ref()?.keys.get(kid)
    }
}
