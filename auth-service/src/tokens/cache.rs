//! A cache of signed tokens, so that most requests for a token need no signature.

use std::mem::size_of;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;

use crate::protocol::session_id::SessionId;
use crate::status_lists::StatusIndex;

/// Maximum size of all cached tokens in bytes: about thirty thousand tokens, as many as there are sessions in use.
const MAX_BYTES: u64 = 32 * 1024 * 1024;
/// Size of an entry without its text: key, counters, pointers.
const ENTRY_BYTES: usize = 256;

/// Identifies a token by everything that it depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CacheKey {
    /// The session that the token was issued for.
    pub session: SessionId,
    /// The session's place in the status lists.
    pub index: StatusIndex,
    /// When the user was last changed, in microseconds, as the database stores it.
    pub user_updated_at: i64,
    /// The key that signed the token.
    pub kid: Arc<str>,
}

/// A cache of tokens in memory only, because they are credentials. It does not know whether a session is still live,
/// so check the database first.
pub struct TokenCache {
    tokens: Cache<CacheKey, Signed>,
    /// How long a token is reused: the first half of its lifetime.
    reused_for: SignedDuration,
}

#[derive(Clone)]
struct Signed {
    text: Arc<str>,
    issued: Timestamp,
    until: Timestamp,
}

impl TokenCache {
    pub fn new(life: SignedDuration) -> Self {
        let reused_for = life / 2;
        let tokens = Cache::builder()
            .max_capacity(MAX_BYTES)
            .weigher(|key: &CacheKey, signed: &Signed| {
                let bytes = signed.text.len() + key.kid.len() + size_of::<CacheKey>() + ENTRY_BYTES;
                u32::try_from(bytes).unwrap_or(u32::MAX)
            })
            .time_to_live(reused_for.unsigned_abs())
            .build();
        Self { tokens, reused_for }
    }

    /// Finds the token for `key` if more than half of its lifetime is left. Not one from the future, which verifiers refuse:
    /// it was signed while this machine's clock was ahead.
    pub fn find(&self, key: &CacheKey, now: Timestamp) -> Option<Arc<str>> {
        let signed = self.tokens.get(key)?;
        (signed.issued <= now && now < signed.until).then_some(signed.text)
    }

    /// Stores a token that was issued at `now`.
    pub fn keep(&self, key: CacheKey, text: Arc<str>, now: Timestamp) {
        // `iat` is in whole seconds. Counted from there, at least half of the lifetime is left.
        let issued = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let until = issued.checked_add(self.reused_for).unwrap_or(now);
        self.tokens.insert(key, Signed { text, issued, until });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache_key(kid: &str, user_updated_at: i64, index: i64) -> CacheKey {
        let session = SessionId::parse("01890000-0000-7000-8000-000000000000").unwrap();
        CacheKey { session, index: StatusIndex::new(index).unwrap(), user_updated_at, kid: kid.into() }
    }

    #[test]
    fn a_token_is_handed_out_again_while_more_than_half_of_its_life_is_left() {
        let cache = TokenCache::new(SignedDuration::from_mins(15));
        let minted: Timestamp = "2026-03-01T12:00:00.7Z".parse().unwrap();
        let first = cache_key("a", 7, 1);
        cache.keep(first.clone(), "token".into(), minted);
        let after = |seconds| cache.find(&first, minted + SignedDuration::from_secs(seconds));
        assert_eq!(after(0).as_deref(), Some("token"));
        assert_eq!(after(449).as_deref(), Some("token"));
        assert_eq!(after(450), None, "less than half is left, since `iat` is the whole second");
        assert_eq!(after(-3600), None, "the clock was an hour ahead");
        for other in [cache_key("b", 7, 1), cache_key("a", 8, 1), cache_key("a", 7, 2)] {
            assert_eq!(cache.find(&other, minted), None, "{other:?}");
        }
    }
}
