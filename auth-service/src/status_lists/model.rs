//! Indexes in lists, and how long bits, lists and indexes last.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The number of indexes of one list: 128 KiB of bits before compression.
pub const LIST_SIZE: u32 = 1 << 20;
/// The bytes of one list.
const LIST_BYTES: usize = (LIST_SIZE / 8) as usize;

/// Lists are signed again at every multiple of this since the Unix epoch, even if nothing is revoked. `iat` and `exp` are
/// derived from that moment and bits are cleared at it, so that all replicas serve the same bytes.
pub const VALIDITY_WINDOW: SignedDuration = SignedDuration::from_mins(5);
/// How long verifiers may cache a list (`ttl`). A revocation reaches them within this and a fetch.
pub const TTL: SignedDuration = SignedDuration::from_secs(1);
/// How long a new list is announced before its indexes are allocated: verifiers discover lists every minute or so.
const LEAD: SignedDuration = SignedDuration::from_mins(5);
/// How often a replica checks whether it has to query the database or sign its lists again. The other times here allow for
/// replicas that query as often; what their interval exceeds this by is added.
pub const TICK: Duration = Duration::from_millis(500);
/// Maximum time between reading a live session and the `iat` of its token, also on a machine that stalls.
const MINTING_DELAY: SignedDuration = SignedDuration::from_mins(1);

/// A session's index in the lists: the list, and the position in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StatusIndex(i64);

impl StatusIndex {
    /// The index as the database numbers it, over all lists; `None` if it is out of range.
    pub fn new(number: i64) -> Option<Self> {
        let in_range = u32::try_from(number / i64::from(LIST_SIZE)).is_ok();
        (number >= 0 && in_range).then_some(Self(number))
    }

    /// The number of its list.
    pub fn list(self) -> u32 {
        u32::try_from(self.0 / i64::from(LIST_SIZE)).unwrap_or(u32::MAX)
    }

    /// Its position in that list: `idx`.
    pub fn position(self) -> u32 {
        u32::try_from(self.0 % i64::from(LIST_SIZE)).unwrap_or_default()
    }
}

/// The bits of one list: one is set if the tokens with its index are revoked.
#[derive(Clone)]
pub struct Bits {
    bytes: Vec<u8>,
    /// Whether they changed since they were published.
    pub changed: bool,
}

impl Bits {
    /// No bit is set.
    pub fn clear() -> Self {
        Self { bytes: vec![0; LIST_BYTES], changed: true }
    }

    /// Sets a bit.
    pub fn set(&mut self, place: u32) {
        // Counted from the least significant bit of the first byte, as the draft has it.
        let mask = 1 << (place % 8);
        if let Some(byte) = self.bytes.get_mut((place / 8) as usize)
            && *byte & mask == 0
        {
            *byte |= mask;
            self.changed = true;
        }
    }

    /// The bytes that a list compresses.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// The times that status lists depend on.
#[derive(Debug, Clone, Copy)]
pub struct StatusListTimes {
    /// How long tokens are valid.
    pub token_lifetime: SignedDuration,
    /// Maximum clock difference between replicas and verifiers.
    pub clock_skew: SignedDuration,
    /// How often replicas check the database for revoked sessions.
    pub interval: Duration,
}

/// How long bits stay set, lists are valid, and indexes rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// How long after the end of a session a verifier may still accept one of its tokens.
    pub revoked: SignedDuration,
    /// From `iat` to `exp` of a list. A verifier may use a list for the lifetime of a token after its last fetch.
    pub list: SignedDuration,
    /// How long an index rests with its bit clear, until no list is valid in which the bit was set.
    pub rest: SignedDuration,
}

impl Lifetimes {
    /// Derives the lifetimes from `times`.
    pub fn new(times: &StatusListTimes) -> Self {
        let skew = times.clock_skew;
        // Twice: the clocks that mint the token, stamp its end and verify it are three.
        let accepted = times.token_lifetime.saturating_add(skew).saturating_add(skew);
        let list = VALIDITY_WINDOW.saturating_add(accepted);
        Self {
            revoked: accepted.saturating_add(MINTING_DELAY),
            list,
            // The bit stays set until the next validity window, and the last list with it may be served until the window after
            // that, or until a replica with a longer interval has queried again.
            rest: [VALIDITY_WINDOW, VALIDITY_WINDOW, list, skew, TTL]
                .into_iter()
                .fold(beyond_tick(times.interval), SignedDuration::saturating_add),
        }
    }
}

/// How long a new list is announced before its indexes are allocated, if replicas query the database every `interval`:
/// every replica has to serve it by then.
pub fn lead(interval: Duration) -> SignedDuration {
    LEAD.saturating_add(beyond_tick(interval))
}

fn beyond_tick(interval: Duration) -> SignedDuration {
    SignedDuration::try_from(interval.saturating_sub(TICK)).unwrap_or(SignedDuration::MAX)
}

/// The start of the validity window that `now` is in.
pub fn window_start(now: Timestamp) -> Timestamp {
    let second = now.as_second();
    Timestamp::from_second(second - second.rem_euclid(VALIDITY_WINDOW.as_secs())).unwrap_or(now)
}

/// `moment` plus `by`, or the maximum if that overflows.
pub fn later(moment: Timestamp, by: SignedDuration) -> Timestamp {
    moment.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(interval: Duration) -> StatusListTimes {
        StatusListTimes {
            token_lifetime: SignedDuration::from_mins(15),
            clock_skew: SignedDuration::from_secs(30),
            interval,
        }
    }

    #[test]
    fn a_place_is_a_list_and_an_index_in_it() {
        let index = StatusIndex::new(3 * i64::from(LIST_SIZE) + 17).unwrap();
        assert_eq!((index.list(), index.position()), (3, 17));
        assert_eq!(StatusIndex::new(0).map(|index| (index.list(), index.position())), Some((0, 0)));
        assert_eq!(StatusIndex::new(-1), None);
        assert_eq!(StatusIndex::new(i64::MAX), None);
    }

    #[test]
    fn bits_are_counted_as_the_draft_counts_them() {
        // The example of draft-ietf-oauth-status-list, section 4.1: 16 tokens, one bit each.
        let mut bits = Bits::clear();
        for place in [0, 3, 4, 5, 7, 8, 9, 13, 15] {
            bits.set(place);
        }
        assert_eq!(&bits.bytes()[..3], [0xb9, 0xa3, 0]);
        assert!(bits.changed);
        bits.changed = false;
        bits.set(15);
        bits.set(LIST_SIZE);
        assert!(!bits.changed, "it was set before, and there is no such place");
        bits.set(LIST_SIZE - 1);
        assert_eq!(bits.bytes().last(), Some(&0x80));
    }

    #[test]
    fn a_place_rests_until_every_list_that_refuses_it_is_out_of_date() {
        let lifetimes = Lifetimes::new(&times(TICK));
        let (life, skew) = (times(TICK).token_lifetime, times(TICK).clock_skew);
        assert!(lifetimes.revoked > life + skew);
        assert!(
            lifetimes.list >= VALIDITY_WINDOW + life + skew,
            "a verifier may use a list for the lifetime of a token"
        );
        // Cleared within a validity window: the last list with the bit is signed when the next one starts, at the latest.
        assert!(lifetimes.rest >= VALIDITY_WINDOW + lifetimes.list + TTL);
    }

    #[test]
    fn a_replica_that_asks_rarely_is_waited_for() {
        let often = Lifetimes::new(&times(TICK));
        let rarely = Lifetimes::new(&times(TICK + Duration::from_secs(3600)));
        assert_eq!(rarely.rest, often.rest + SignedDuration::from_hours(1));
        assert_eq!((rarely.list, rarely.revoked), (often.list, often.revoked), "lists are signed as often");
        assert_eq!(lead(TICK), LEAD);
        assert_eq!(lead(TICK + Duration::from_secs(3600)), LEAD + SignedDuration::from_hours(1));
    }

    #[test]
    fn validity_windows_are_the_same_for_every_replica() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(window_start(at("2026-03-01T12:04:59.9Z")), at("2026-03-01T12:00:00Z"));
        assert_eq!(window_start(at("2026-03-01T12:05:00Z")), at("2026-03-01T12:05:00Z"));
        assert_eq!(window_start(at("1969-12-31T23:59:00Z")), at("1969-12-31T23:55:00Z"));
    }
}
