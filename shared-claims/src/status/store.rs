//! The current status lists, readable without a lock.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use arc_swap::ArcSwap;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

use crate::error::{Reason, Unavailable, VerifyError};
use crate::status::list::List;

/// Holds the last good version of every list. Readers get a snapshot and never wait.
pub(crate) struct ListStore {
    lists: ArcSwap<Lists>,
    changed: Notify,
    max_stale: SignedDuration,
    skew: SignedDuration,
}

/// All lists at one point in time.
#[derive(Clone, Default)]
struct Lists {
    /// The lists of the aggregation, once it was fetched.
    announced: Option<BTreeSet<u32>>,
    held: HashMap<u32, Arc<Held>>,
    /// Whether all announced lists were present at some time. A list that is announced later does not affect readiness: no
    /// token refers to it yet.
    complete: bool,
}

/// A list and when it was confirmed.
struct Held {
    list: List,
    /// When the issuer last confirmed the list, in milliseconds since 1970.
    confirmed_at: AtomicI64,
}

impl ListStore {
    /// Creates a store. A list is used for `max_stale` after it was last confirmed, and until its `exp` plus `skew`.
    pub(crate) fn new(max_stale: SignedDuration, skew: SignedDuration) -> Self {
        Self { lists: ArcSwap::default(), changed: Notify::new(), max_stale, skew }
    }

    /// Returns the maximum difference between the issuer's clock and ours.
    pub(super) fn skew(&self) -> SignedDuration {
        self.skew
    }

    /// Returns whether the bit at `idx` of this list is set.
    pub(crate) fn is_set(&self, number: u32, idx: u64, now: Timestamp) -> Result<bool, VerifyError> {
        let lists = self.lists.load();
        let held = lists.held.get(&number).ok_or(Unavailable::NoStatusList)?;
        if !self.serves(held, now) {
            return Err(Unavailable::StatusListTooOld.into());
        }
        Ok(held.list.is_set(idx).ok_or(Reason::StatusReference)?)
    }

    /// Returns the announced lists.
    pub(super) fn announced(&self) -> BTreeSet<u32> {
        self.lists.load().announced.clone().unwrap_or_default()
    }

    /// Returns whether an aggregation was fetched.
    pub(super) fn is_announced(&self) -> bool {
        self.lists.load().announced.is_some()
    }

    /// Returns whether there is a version of this list.
    pub(super) fn holds(&self, number: u32) -> bool {
        self.lists.load().held.contains_key(&number)
    }

    /// Returns whether every token issued so far can be checked.
    pub(crate) fn is_ready(&self, now: Timestamp) -> bool {
        let lists = self.lists.load();
        let announced = lists.announced.iter().flatten();
        lists.complete
            && announced.filter_map(|number| lists.held.get(number)).all(|held| self.serves(held, now))
    }

    fn serves(&self, held: &Held, now: Timestamp) -> bool {
        // A list that was confirmed in the future is as doubtful as an old one: this machine's clock was ahead.
        held.age(now).abs() <= self.max_stale && now.duration_since(held.list.expires_at) < self.skew
    }

    /// Returns the time since each list was confirmed.
    pub(crate) fn ages(&self, now: Timestamp) -> Vec<(u32, SignedDuration)> {
        self.lists.load().held.iter().map(|(number, held)| (*number, held.age(now))).collect()
    }

    /// Reads from the current version of a list, if there is one.
    pub(super) fn in_force<T>(&self, number: u32, read: impl FnOnce(&List) -> T) -> Option<T> {
        self.lists.load().held.get(&number).map(|held| read(&held.list))
    }

    /// Replaces the current version of a list.
    pub(crate) fn replace(&self, number: u32, list: List, confirmed_at: Timestamp) {
        let confirmed_at = AtomicI64::new(confirmed_at.as_millisecond());
        let held = Arc::new(Held { list, confirmed_at });
        self.change(|lists| {
            lists.held.insert(number, Arc::clone(&held));
        });
    }

    /// Records that the issuer confirmed the current version.
    pub(super) fn confirm(&self, number: u32, now: Timestamp) {
        if let Some(held) = self.lists.load().held.get(&number) {
            held.confirmed_at.store(now.as_millisecond(), Ordering::Relaxed);
        }
        self.changed.notify_waiters();
    }

    /// Replaces the announced lists. Returns the removed lists: those that are no longer announced and too old to be used.
    /// Other lists stay, because valid tokens may refer to them.
    pub(crate) fn announce(&self, numbers: &BTreeSet<u32>, now: Timestamp) -> Vec<u32> {
        let lists = self.lists.load();
        let gone = |number: &u32| lists.held.get(number).is_none_or(|held| !self.serves(held, now));
        let before = lists.announced.iter().flatten().chain(lists.held.keys()).copied();
        let before: BTreeSet<u32> = before.collect();
        let forgotten: Vec<u32> = before.difference(numbers).copied().filter(gone).collect();
        self.change(|lists| {
            lists.announced = Some(numbers.clone());
            lists.held.retain(|number, _| !forgotten.contains(number));
        });
        forgotten
    }

    fn change(&self, change: impl Fn(&mut Lists)) {
        self.lists.rcu(|lists| {
            let mut lists = Lists::clone(lists);
            change(&mut lists);
            let all_held = |announced: &BTreeSet<u32>| announced.iter().all(|n| lists.held.contains_key(n));
            lists.complete |= lists.announced.as_ref().is_some_and(all_held);
            lists
        });
        self.changed.notify_waiters();
    }

    /// Completes at the next change after this call.
    pub(crate) fn changed(&self) -> impl Future<Output = ()> {
        self.changed.notified()
    }
}

impl Held {
    fn age(&self, now: Timestamp) -> SignedDuration {
        let milliseconds = now.as_millisecond().saturating_sub(self.confirmed_at.load(Ordering::Relaxed));
        SignedDuration::from_millis(milliseconds)
    }
}
