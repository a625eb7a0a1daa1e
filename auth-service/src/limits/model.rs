//! What is counted, and how much of it is too much.

use aws_lc_rs::hmac;
use jiff::Timestamp;
pub use service_kit::counters::{Rule, Since};

use crate::client_address::Network;
use crate::error::ApiError;

/// Turns a rule's "no" into an answer.
pub trait Refusal {
    /// The answer to one time too many, while the count lasts until `ends_at` (unknown: for a whole window).
    fn refusal(&self, ends_at: Option<Timestamp>, now: Timestamp) -> ApiError;
}

impl Refusal for Rule {
    fn refusal(&self, ends_at: Option<Timestamp>, now: Timestamp) -> ApiError {
        ApiError::TooManyRequests { retry_after: self.retry_after(ends_at, now) }
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
}
