//! The current key set, readable without a lock.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::{ArcSwapOption, Guard};
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{DecodingKey, DecodingKeyKind};
use tokio::sync::Notify;

use crate::error::Unavailable;

/// A key set. It never changes after it was fetched.
struct KeySet {
    keys: Arc<HashMap<String, DecodingKey>>,
    /// Distinguishes sets. A set that was only confirmed keeps its number.
    number: u64,
    /// When the issuer last confirmed the set.
    fetched_at: Timestamp,
}

/// Holds the last good key set. Readers get a snapshot and never wait; a new set replaces the old one as a whole.
pub(crate) struct KeyStore {
    current: ArcSwapOption<KeySet>,
    max_age: SignedDuration,
    replaced: Notify,
    /// Number of sets so far.
    sets: AtomicU64,
}

/// The key set at one point in time.
pub(crate) struct Snapshot(Guard<Option<Arc<KeySet>>>);

impl KeyStore {
    pub(crate) fn new(max_age: SignedDuration) -> Self {
        Self { current: ArcSwapOption::empty(), max_age, replaced: Notify::new(), sets: AtomicU64::new(0) }
    }

    /// Returns the current set unless there is none or it is too old at `now`.
    pub(crate) fn snapshot(&self, now: Timestamp) -> Result<Snapshot, Unavailable> {
        let set = self.current.load();
        let fetched_at = set.as_ref().ok_or(Unavailable::NoKeys)?.fetched_at;
        // A set that was confirmed in the future is as doubtful as an old one: this machine's clock was ahead.
        if now.duration_since(fetched_at).abs() > self.max_age {
            return Err(Unavailable::KeysTooOld);
        }
        Ok(Snapshot(set))
    }

    /// Returns whether a set was ever fetched, however old it is.
    pub(crate) fn has_set(&self) -> bool {
        self.current.load().is_some()
    }

    /// Returns the age of the current set.
    pub(crate) fn age(&self, now: Timestamp) -> Option<SignedDuration> {
        self.current.load().as_ref().map(|set| now.duration_since(set.fetched_at))
    }

    /// Returns the id of a key that differs from the one of the same id in the current set. Issuers give a new key a new id
    /// (RFC 7517, section 4.5), so such a set does not come from the issuer, or is broken. A set that is too old at `now`
    /// contradicts nothing.
    pub(crate) fn contradiction<'a>(
        &self,
        keys: &'a HashMap<String, DecodingKey>,
        now: Timestamp,
    ) -> Option<&'a str> {
        let current = self.snapshot(now).ok()?;
        let is_other = |(kid, key): &(&'a String, &DecodingKey)| {
            current.get(kid).is_some_and(|known| !is_same(known, key))
        };
        keys.iter().find(is_other).map(|(kid, _)| kid.as_str())
    }

    /// Replaces the current set.
    pub(crate) fn replace(&self, keys: HashMap<String, DecodingKey>, fetched_at: Timestamp) {
        let number = self.sets.fetch_add(1, Ordering::Relaxed);
        self.current.store(Some(Arc::new(KeySet { keys: Arc::new(keys), number, fetched_at })));
        self.replaced.notify_waiters();
    }

    /// Records that the issuer confirmed the current set.
    pub(crate) fn renew(&self, fetched_at: Timestamp) {
        if let Some(set) = &*self.current.load() {
            let (keys, number) = (Arc::clone(&set.keys), set.number);
            self.current.store(Some(Arc::new(KeySet { keys, number, fetched_at })));
            self.replaced.notify_waiters();
        }
    }

    /// Completes at the next [`replace`](Self::replace) or [`renew`](Self::renew) after this call.
    pub(crate) fn replaced(&self) -> impl Future<Output = ()> {
        self.replaced.notified()
    }

    /// Waits until the first set was fetched.
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
    /// Returns the number of the set.
    pub(crate) fn number(&self) -> Option<u64> {
        self.0.as_ref().map(|set| set.number)
    }

    /// Returns the key with this id.
    pub(crate) fn get(&self, kid: &str) -> Option<&DecodingKey> {
        self.0.as_ref()?.keys.get(kid)
    }
}

fn is_same(one: &DecodingKey, other: &DecodingKey) -> bool {
    match (one.kind(), other.kind()) {
        (
            DecodingKeyKind::RsaModulusExponent { n, e },
            DecodingKeyKind::RsaModulusExponent { n: other_n, e: other_e },
        ) => (n, e) == (other_n, other_e),
        // A set has RSA keys only.
        _ => false,
    }
}
