//! Rate-limit counters in the memory of one replica, in a table of fixed size.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// A rate limit: `max` times within `window`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// How often within a window. At least 1.
    pub max: i32,
    /// The length of a window.
    pub window: SignedDuration,
    /// When a window starts.
    pub since: Since,
}

/// When a window starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// At the last allowed request, as in Better Auth: a new count starts only after a whole window without requests.
    LastAllowed,
    /// At the first request: a fixed window.
    First,
}

impl Rule {
    /// Returns the end of a window that starts now.
    pub fn end(&self, now: Timestamp) -> Timestamp {
        now.checked_add(self.window).unwrap_or(Timestamp::MAX)
    }

    /// Returns the rule for a network with this many clients. Its window is fixed: with many clients there may never be a
    /// whole window without requests.
    pub fn for_clients(self, factor: i32) -> Self {
        match factor {
            ..=1 => self,
            _ => Self { max: self.max.saturating_mul(factor), since: Since::First, ..self },
        }
    }

    /// Returns the seconds for `Retry-After` if the count ends at `ends_at` (a whole window if unknown).
    pub fn retry_after(&self, ends_at: Option<Timestamp>, now: Timestamp) -> i64 {
        let left = ends_at.map_or(self.window, |ends_at| ends_at.duration_since(now));
        let second = SignedDuration::from_secs(1);
        let left = left.clamp(second, self.window.max(second));
        // Rounded up, so that a retry at that time is allowed.
        left.as_secs() + i64::from(left.subsec_nanos() > 0)
    }
}

/// Number of sets. Each bucket belongs to one set, so two requests contend for a lock only if their buckets share a set.
/// With eight slots each there are 131,072 slots in about 3 MB once all are used; Better Auth keeps 100,000.
const SETS: usize = 16_384;
/// Slots per set. A ninth bucket replaces the one whose count ends first.
const SLOTS: usize = 8;

/// The counts of buckets, each identified by a key. If more clients are active than there are slots, some counts are
/// forgotten early: too many requests are allowed rather than too few.
pub struct Counters {
    hasher: RandomState,
    sets: Box<[Mutex<Set>]>,
}

/// The slots of a set. `None` until the first bucket takes one, so that an idle service does without their memory.
type Set = Option<Box<[Slot; SLOTS]>>;

#[derive(Clone, Copy)]
struct Slot {
    /// The hash of the bucket, with a random key, so that nobody can choose buckets that collide.
    tag: u64,
    count: i32,
    /// In milliseconds since 1970, which needs half the space of a `Timestamp`.
    ends_at: i64,
}

impl Slot {
    const FREE: Self = Self { tag: 0, count: 0, ends_at: i64::MIN };

    /// Whether the count no longer applies: it has ended, or the clock was set back by more than clocks are corrected or
    /// differ between replicas.
    fn is_over(&self, rule: &Rule, now: Timestamp) -> bool {
        let latest = rule.end(rule.end(now));
        self.ends_at <= now.as_millisecond() || self.ends_at > latest.as_millisecond()
    }
}

impl Default for Counters {
    /// Creates an empty table.
    fn default() -> Self {
        let sets = (0..SETS).map(|_| Mutex::default()).collect();
        Self { hasher: RandomState::new(), sets }
    }
}

impl Counters {
    /// Creates an empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts a request.
    ///
    /// # Errors
    /// The end of the count, if the limit is reached.
    pub fn take(&self, bucket: &impl Hash, rule: &Rule, now: Timestamp) -> Result<(), Timestamp> {
        self.with_slot(bucket, |slot, tag| {
            let goes_on = slot.tag == tag && !slot.is_over(rule, now);
            if goes_on && slot.count >= rule.max {
                return Err(time(slot.ends_at));
            }
            if !goes_on || rule.since == Since::LastAllowed {
                slot.ends_at = rule.end(now).as_millisecond();
            }
            *slot = Slot { tag, count: if goes_on { slot.count + 1 } else { 1 }, ends_at: slot.ends_at };
            Ok(())
        })
    }

    /// Returns the end of a count that has reached its limit.
    pub fn full_until(&self, bucket: &impl Hash, rule: &Rule, now: Timestamp) -> Option<Timestamp> {
        self.with_slot(bucket, |slot, tag| {
            let full = slot.tag == tag && slot.count >= rule.max && !slot.is_over(rule, now);
            full.then(|| time(slot.ends_at))
        })
    }

    /// Records that a count has reached its limit.
    pub fn set_full(&self, bucket: &impl Hash, rule: &Rule, ends_at: Timestamp) {
        self.with_slot(bucket, |slot, tag| {
            *slot = Slot { tag, count: rule.max, ends_at: ends_at.as_millisecond() };
        });
    }

    /// Calls `work` with the slot of the bucket, or with the one that it would take.
    fn with_slot<T>(&self, bucket: &impl Hash, work: impl FnOnce(&mut Slot, u64) -> T) -> T {
        let tag = self.hasher.hash_one(bucket);
        // The low bits select the set; buckets of one set still differ in all other bits.
        let place = usize::try_from(tag % SETS as u64).ok().and_then(|index| self.sets.get(index));
        let Some(set) = place else { return work(&mut Slot::FREE.clone(), tag) };
        let mut set = set.lock().unwrap_or_else(PoisonError::into_inner);
        let set = set.get_or_insert_with(|| Box::new([Slot::FREE; SLOTS]));
        match set.iter_mut().min_by_key(|slot| (slot.tag != tag, slot.ends_at)) {
            Some(slot) => work(slot, tag),
            None => work(&mut Slot::FREE.clone(), tag),
        }
    }
}

fn time(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule { max: 3, window: SignedDuration::from_secs(10), since: Since::LastAllowed };

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + millis).unwrap()
    }

    fn bucket(client: u32) -> (u32, &'static str) {
        (client, "/api/auth/ok")
    }

    #[test]
    fn the_window_restarts_from_the_last_allowed_request() {
        let counters = Counters::new();
        let take = |millis| counters.take(&bucket(1), &RULE, at(millis));
        assert_eq!([take(0), take(9_000), take(18_000)], [Ok(()); 3]);
        assert_eq!(take(18_001), Err(at(28_000)));
        assert_eq!(take(27_999), Err(at(28_000)), "refused requests do not count");
        assert_eq!([take(28_000), take(28_000), take(28_000)], [Ok(()); 3]);
        assert_eq!(take(28_000), Err(at(38_000)));
        assert_eq!(counters.take(&bucket(2), &RULE, at(28_000)), Ok(()), "another client");
        assert_eq!(counters.take(&(1, "/api/auth/token"), &RULE, at(28_000)), Ok(()), "another route");
    }

    #[test]
    fn a_fixed_window_is_not_extended() {
        let counters = Counters::new();
        let fixed = Rule { since: Since::First, ..RULE };
        let take = |millis| counters.take(&bucket(1), &fixed, at(millis));
        assert_eq!([take(0), take(5_000), take(9_999)], [Ok(()); 3]);
        assert_eq!(take(9_999), Err(at(10_000)));
        assert_eq!(take(10_000), Ok(()));
    }

    #[test]
    fn a_clock_that_was_set_back_locks_nobody_out() {
        let counters = Counters::new();
        for _ in 0..3 {
            counters.take(&bucket(1), &RULE, at(3_600_000)).unwrap();
        }
        assert_eq!(counters.take(&bucket(1), &RULE, at(0)), Ok(()));
    }

    #[test]
    fn a_full_count_is_remembered_until_it_ends() {
        let counters = Counters::new();
        assert_eq!(counters.full_until(&bucket(1), &RULE, at(0)), None);
        counters.set_full(&bucket(1), &RULE, at(7_000));
        assert_eq!(counters.full_until(&bucket(1), &RULE, at(6_999)), Some(at(7_000)));
        assert_eq!(counters.full_until(&bucket(2), &RULE, at(6_999)), None);
        assert_eq!(counters.full_until(&bucket(1), &RULE, at(7_000)), None);
    }

    #[test]
    fn retry_after_is_in_whole_seconds() {
        let seconds = |millis: i64| RULE.retry_after(Some(at(millis)), at(0));
        assert_eq!([10_000, 9_001, 9_000, 1, -5_000, 60_000].map(seconds), [10, 10, 9, 1, 1, 10]);
        assert_eq!(RULE.retry_after(None, at(0)), 10);
    }

    #[test]
    fn more_clients_than_slots_are_all_served() {
        let counters = Counters::new();
        for client in 0..300_000 {
            assert_eq!(counters.take(&bucket(client), &RULE, at(0)), Ok(()));
        }
        assert_eq!(counters.sets.len() * SLOTS, 131_072);
        let size = (size_of::<Mutex<Set>>() + size_of::<[Slot; SLOTS]>()) * SETS;
        assert!(size < 4 << 20, "{size} bytes");
    }
}
