//! What is counted, and how much of it is too much.

use std::net::{IpAddr, Ipv6Addr};

use aws_lc_rs::hmac;
use jiff::{SignedDuration, Timestamp};

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

/// Where a client is, as far as limits care. An IPv6 client has at least a /64 to choose its address from, so the
/// /64 is the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(IpAddr);

impl Network {
    /// The network of an address; clients without one share one.
    pub fn of(address: Option<IpAddr>) -> Self {
        match address.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED)).to_canonical() {
            IpAddr::V4(address) => Self(address.into()),
            IpAddr::V6(address) => Self(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into()),
        }
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

/// The name of a count in the database: an HMAC-SHA-256 of what is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl Key {
    /// The key of a bucket.
    pub fn of_bucket(secret: &hmac::Key, bucket: &Bucket<'_>) -> Self {
        let network = bucket.network.0.to_string();
        Self::of(secret, &["route", bucket.route, &network])
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

    fn network(address: &str) -> Network {
        Network::of(Some(address.parse().unwrap()))
    }

    #[test]
    fn an_ipv6_client_is_its_64() {
        assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    }

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
