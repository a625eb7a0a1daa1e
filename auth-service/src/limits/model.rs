//! Counts and their limits.

use aws_lc_rs::hmac;
use jiff::Timestamp;
pub use service_kit::counters::{Rule, Since};

use crate::client_address::Network;
use crate::error::ApiError;

/// Creates the error of an exceeded limit.
pub trait Refusal {
    /// The error of a limit whose window ends at `ends_at`. If that is unknown, a whole window is assumed.
    fn refusal(&self, ends_at: Option<Timestamp>, now: Timestamp) -> ApiError;
}

impl Refusal for Rule {
    fn refusal(&self, ends_at: Option<Timestamp>, now: Timestamp) -> ApiError {
        ApiError::TooManyRequests { retry_after: self.retry_after(ends_at, now) }
    }
}

/// Requests that are counted together: those from one network to one route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bucket<'a> {
    pub network: Network,
    /// The pattern of the route; empty for paths without a route.
    pub route: &'a str,
}

impl<'a> Bucket<'a> {
    /// The buckets in which the request is counted: this one, and those of the wider networks.
    pub fn counted(self, rule: Rule) -> impl Iterator<Item = (Bucket<'a>, Rule)> {
        let networks = self.network.counted();
        networks.map(move |(network, factor)| (Bucket { network, ..self }, rule.for_clients(factor)))
    }
}

/// A count and its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    pub key: Key,
    pub rule: Rule,
}

/// The key of a count in the database: an HMAC-SHA-256 of what is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl Key {
    pub fn of_bucket(secret: &hmac::Key, bucket: &Bucket<'_>) -> Self {
        Self::of(secret, &["route", bucket.route, &bucket.network.text()])
    }

    /// Creates the key of `parts`, the first of which names the kind of count.
    pub fn of(secret: &hmac::Key, parts: &[&str]) -> Self {
        let mut context = hmac::Context::with_key(secret);
        for part in parts {
            // With its length, so that no two lists of parts have the same hash.
            context.update(&part.len().to_be_bytes());
            context.update(part.as_bytes());
        }
        let mut key = [0; 32];
        // An HMAC-SHA-256 has 32 bytes.
        key.iter_mut().zip(context.sign().as_ref()).for_each(|(to, from)| *to = *from);
        Self(key)
    }

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
