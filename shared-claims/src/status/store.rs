//! The status lists that are in force, readable without a lock.

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

/// All lists as they were at one moment.
#[derive(Clone, Default)]
struct Lists {
    /// Those that the issuer has, as far as it said so.
    announced: Option<BTreeSet<u32>>,
    held: HashMap<u32, Arc<Held>>,
    /// Whether all that were announced were there at some time. A list that is announced later takes no readiness away:
    /// no token names it yet.
    complete: bool,
}

/// A list, and how fresh it is.
struct Held {
    list: List,
    /// When the issuer last said that this is its list, in milliseconds since 1970.
    confirmed_at: AtomicI64,
}

impl ListStore {
    /// A list serves for `max_stale` after it was last confirmed, and until its `exp` and `skew` have passed.
    pub(crate) fn new(max_stale: SignedDuration, skew: SignedDuration) -> Self {
        Self { lists: ArcSwap::default(), changed: Notify::new(), max_stale, skew }
    }

    /// How far the issuer's clock and ours may be apart.
    pub(super) fn skew(&self) -> SignedDuration {
        self.skew
    }

    /// Whether the bit at `idx` of this list is set.
    pub(crate) fn is_set(&self, number: u32, idx: u64, now: Timestamp) -> Result<bool, VerifyError> {
        let lists = self.lists.load();
        let held = lists.held.get(&number).ok_or(Unavailable::NoStatusList)?;
        if !self.serves(held, now) {
            return Err(Unavailable::StatusListTooOld.into());
        }
        Ok(held.list.is_set(idx).ok_or(Reason::StatusReference)?)
    }

    /// The lists that the issuer said it has.
    pub(super) fn announced(&self) -> BTreeSet<u32> {
        self.lists.load().announced.clone().unwrap_or_default()
    }

    /// Whether the issuer has said which lists it has.
    pub(super) fn is_announced(&self) -> bool {
        self.lists.load().announced.is_some()
    }

    /// Whether a version of this list is in force.
    pub(super) fn holds(&self, number: u32) -> bool {
        self.lists.load().held.contains_key(&number)
    }

    /// Whether every token that the issuer has made so far can be judged.
    pub(crate) fn is_ready(&self, now: Timestamp) -> bool {
        let lists = self.lists.load();
        let announced = lists.announced.iter().flatten();
        lists.complete
            && announced.filter_map(|number| lists.held.get(number)).all(|held| self.serves(held, now))
    }

    fn serves(&self, held: &Held, now: Timestamp) -> bool {
        held.age(now) <= self.max_stale && now.duration_since(held.list.expires_at) < self.skew
    }

    /// How long ago each list was confirmed.
    pub(crate) fn ages(&self, now: Timestamp) -> Vec<(u32, SignedDuration)> {
        self.lists.load().held.iter().map(|(number, held)| (*number, held.age(now))).collect()
    }

    /// What is to be known of the version in force before the next is fetched, if there is one.
    pub(super) fn in_force<T>(&self, number: u32, read: impl FnOnce(&List) -> T) -> Option<T> {
        self.lists.load().held.get(&number).map(|held| read(&held.list))
    }

    /// Puts a new version of a list in force.
    pub(crate) fn replace(&self, number: u32, list: List, confirmed_at: Timestamp) {
        let confirmed_at = AtomicI64::new(confirmed_at.as_millisecond());
        let held = Arc::new(Held { list, confirmed_at });
        self.change(|lists| {
            lists.held.insert(number, Arc::clone(&held));
        });
    }

    /// The issuer said that the version in force is still its list.
    pub(super) fn confirm(&self, number: u32, now: Timestamp) {
        if let Some(held) = self.lists.load().held.get(&number) {
            held.confirmed_at.store(now.as_millisecond(), Ordering::Relaxed);
        }
        self.changed.notify_waiters();
    }

    /// The issuer said which lists it has. Answers the lists that are forgotten: it has them no longer, and what we
    /// hold of them is too old to serve. Until then they stay, since tokens that name them may be out.
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
