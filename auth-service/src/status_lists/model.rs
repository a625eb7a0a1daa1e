//! Places in lists, and how long what lasts.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The places of one list: 128 KiB of bits before compression.
pub const LIST_SIZE: u32 = 1 << 20;
/// The bytes of one list.
const LIST_BYTES: usize = (LIST_SIZE / 8) as usize;

/// The grid of time on which lists are made anew even if nothing is revoked. `iat` and `exp` are taken from it, and bits
/// are cleared by it, so that all replicas serve the same bytes.
pub const VALIDITY_WINDOW: SignedDuration = SignedDuration::from_mins(5);
/// How long a list may be kept before the next is asked for (`ttl`): what a revocation may take, a fetch apart.
pub const TTL: SignedDuration = SignedDuration::from_secs(1);
/// How long a new list is announced before places of it are given: verifiers look for new ones every minute or so.
const LEAD: SignedDuration = SignedDuration::from_mins(5);
/// How often a replica checks whether it has to ask the database or sign its lists anew. The other times here allow for
/// replicas that ask as often; what their interval exceeds this by is added.
pub const TICK: Duration = Duration::from_millis(500);
/// Between finding a session alive and the `iat` of a token for it lies a moment; a stalled machine may make it longer.
const MINTING_DELAY: SignedDuration = SignedDuration::from_mins(1);

/// A session's place in the lists: which one, and where in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StatusIndex(i64);

impl StatusIndex {
    /// The place as the database numbers it, over all lists; `None` when there can be no such.
    pub fn new(number: i64) -> Option<Self> {
        let in_range = u32::try_from(number / i64::from(LIST_SIZE)).is_ok();
        (number >= 0 && in_range).then_some(Self(number))
    }

    /// The number of its list.
    pub fn list(self) -> u32 {
        u32::try_from(self.0 / i64::from(LIST_SIZE)).unwrap_or(u32::MAX)
    }

    /// Its place in that list: `idx`.
    pub fn position(self) -> u32 {
        u32::try_from(self.0 % i64::from(LIST_SIZE)).unwrap_or_default()
    }
}

/// The bits of one list: one is set when the tokens with that place are revoked.
#[derive(Clone)]
pub struct Bits {
    bytes: Vec<u8>,
    /// Whether they changed since they were published.
    pub changed: bool,
}

impl Bits {
    /// Nothing is revoked.
    pub fn clear() -> Self {
        Self { bytes: vec![0; LIST_BYTES], changed: true }
    }

    /// Revokes.
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

    /// As they go into a list.
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

/// How long bits stay set, and lists are good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// How long after a session's end one of its tokens may still be accepted somewhere.
    pub revoked: SignedDuration,
    /// From `iat` to `exp` of a list. A verifier may go by a list for as long as a token lives, from its last look.
    pub list: SignedDuration,
    /// How long a place rests with its bit clear, until no list is good any more in which it was set.
    pub rest: SignedDuration,
}

impl Lifetimes {
    /// Derives the lifetimes from `times`.
    pub fn new(times: &StatusListTimes) -> Self {
        let skew = times.clock_skew;
        // Twice: the clock that minted the token, the one that stamps its end, and the one that checks it are three.
        let accepted = times.token_lifetime.saturating_add(skew).saturating_add(skew);
        let list = VALIDITY_WINDOW.saturating_add(accepted);
        Self {
            revoked: accepted.saturating_add(MINTING_DELAY),
            list,
            // The bit stays set until the grid's next line, and the last list with it may be served until the one after,
            // or until a replica that asks more rarely has asked again.
            rest: [VALIDITY_WINDOW, VALIDITY_WINDOW, list, skew, TTL]
                .into_iter()
                .fold(beyond_tick(times.interval), SignedDuration::saturating_add),
        }
    }
}

/// How long a new list is announced before places of it are given, where replicas ask the database every `interval`:
/// every replica has to serve it by then.
pub fn lead(interval: Duration) -> SignedDuration {
    LEAD.saturating_add(beyond_tick(interval))
}

fn beyond_tick(interval: Duration) -> SignedDuration {
    SignedDuration::try_from(interval.saturating_sub(TICK)).unwrap_or(SignedDuration::MAX)
}

/// The grid's last line at or before `now`.
pub fn window_start(now: Timestamp) -> Timestamp {
    let second = now.as_second();
    Timestamp::from_second(second - second.rem_euclid(VALIDITY_WINDOW.as_secs())).unwrap_or(now)
}

/// `moment` and `by` later.
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
            "a verifier may go by a list for a token's life"
        );
        // Cleared between two lines of the grid: the last list with the bit is made at the next line at the latest.
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
