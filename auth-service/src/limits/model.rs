//! What is counted, and how much of it is too much.

use aws_lc_rs::hmac;
use jiff::{SignedDuration, Timestamp};

use super::network::Network;
use crate::error::ApiError;

/// How often something may be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// So many times, one or more ...
    pub max: i32,
    /// ... in so long a time ...
    pub window: SignedDuration,
    /// ... which is measured from here.
    pub since: Since,
}

/// Where a window begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// The last time that was allowed, as Better Auth has it: only a whole window of silence starts a new count.
    LastAllowed,
    /// The first time: then the count ends when it ends, whatever happens in between.
    First,
}

impl Rule {
    /// When a window ends that begins now.
    pub fn end(&self, now: Timestamp) -> Timestamp {
        now.checked_add(self.window).unwrap_or(Timestamp::MAX)
    }

    /// The rule of a network that holds so many clients. Its window is a fixed one: among many clients there may never be
    /// the silence that ends the other.
    pub fn for_clients(self, factor: i32) -> Self {
        match factor {
            ..=1 => self,
            _ => Self { max: self.max.saturating_mul(factor), since: Since::First, ..self },
        }
    }

    /// The answer to one time too many, while the count lasts until `ends_at` (unknown: for a whole window).
    pub fn refusal(&self, ends_at: Option<Timestamp>, now: Timestamp) -> ApiError {
        let left = ends_at.map_or(self.window, |ends_at| ends_at.duration_since(now));
        let second = SignedDuration::from_secs(1);
        let left = left.clamp(second, self.window.max(second));
        // Rounded up: whoever comes back then is let in.
        let whole = left.as_secs() + i64::from(left.subsec_nanos() > 0);
        ApiError::TooManyRequests { retry_after: whole }
    }
}

/// Requests that are counted together: those of one network to one route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bucket<'a> {
    /// Where they come from.
    pub network: Network,
    /// The pattern of the route; empty for all paths that have none.
    pub route: &'a str,
}

impl<'a> Bucket<'a> {
    /// The buckets that a request of this one is counted in: its own, and those of the wider networks around it.
    pub fn counted(self, rule: Rule) -> impl Iterator<Item = (Bucket<'a>, Rule)> {
        let networks = self.network.counted();
        networks.map(move |(network, factor)| (Bucket { network, ..self }, rule.for_clients(factor)))
    }
}

/// What is counted, and how much of it is too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// What.
    pub key: Key,
    /// How much.
    pub rule: Rule,
}

/// The name of a count in the database: an HMAC-SHA-256 of what is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl Key {
    /// The key of a bucket.
    pub fn of_bucket(secret: &hmac::Key, bucket: &Bucket<'_>) -> Self {
        Self::of(secret, &["route", bucket.route, &bucket.network.text()])
    }

    /// The key of something told apart by `parts`, of which the first says what it is.
    pub fn of(secret: &hmac::Key, parts: &[&str]) -> Self {
        let mut context = hmac::Context::with_key(secret);
        for part in parts {
            // With its length in front, so that no two lists of parts read the same.
            context.update(&part.len().to_be_bytes());
            context.update(part.as_bytes());
        }
        let mut key = [0; 32];
        // An HMAC-SHA-256 has 32 bytes.
        key.iter_mut().zip(context.sign().as_ref()).for_each(|(to, from)| *to = *from);
        Self(key)
    }

    /// The key as PostgreSQL stores it.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_lists_of_parts_have_one_key() {
        let secret = hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]);
        let key = |parts: &[&str]| Key::of(&secret, parts);
        assert_eq!(key(&["a", "bc"]), key(&["a", "bc"]));
        assert_ne!(key(&["a", "bc"]), key(&["ab", "c"]));
        assert_ne!(key(&["a", "bc"]), key(&["a", "bc", ""]));
        let other = hmac::Key::new(hmac::HMAC_SHA256, &[8; 32]);
        assert_ne!(key(&["a"]), Key::of(&other, &["a"]));
    }

    #[test]
    fn a_refusal_says_when_to_come_back_in_whole_seconds() {
        let rule = Rule { max: 3, window: SignedDuration::from_secs(10), since: Since::LastAllowed };
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let seconds = |millis: i64| {
            let ends_at = now.checked_add(SignedDuration::from_millis(millis)).unwrap();
            match rule.refusal(Some(ends_at), now) {
                ApiError::TooManyRequests { retry_after } => retry_after,
                other => panic!("{other}"),
            }
        };
        let found = [10_000, 9_001, 9_000, 1, -5_000, 60_000].map(seconds);
        assert_eq!(found, [10, 10, 9, 1, 1, 10]);
    }
}
