//! Signed tokens that are still good for a while, so that most requests for one cost no signature.

use std::mem::size_of;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;

use crate::protocol::session_id::SessionId;
use crate::status_lists::StatusIndex;

/// What all tokens together may take, in bytes: some thirty thousand of them, the sessions in use at a time.
const MAX_BYTES: u64 = 32 * 1024 * 1024;
/// What an entry takes beside its text: key, counters, links.
const ENTRY_BYTES: usize = 256;

/// What a token was made from: another state of any of these makes another token.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Made {
    /// From this session
    pub session: SessionId,
    /// which has this place in the status lists,
    pub index: StatusIndex,
    /// of a user as it stood after this change (in microseconds, which is what the database keeps),
    pub user_updated_at: i64,
    /// by this key.
    pub kid: Arc<str>,
}

/// Tokens by what they were made from. In memory alone: they are credentials. Whether the session still lives is not
/// known here, and has to be asked of the database before.
pub struct TokenCache {
    tokens: Cache<Made, Signed>,
    /// How long one is handed out again: for the first half of its life.
    reused_for: SignedDuration,
}

#[derive(Clone)]
struct Signed {
    text: Arc<str>,
    until: Timestamp,
}

impl TokenCache {
    /// An empty one, for tokens that live for `life`.
    pub fn new(life: SignedDuration) -> Self {
        let reused_for = life / 2;
        let tokens = Cache::builder()
            .max_capacity(MAX_BYTES)
            .weigher(|made: &Made, signed: &Signed| {
                let bytes = signed.text.len() + made.kid.len() + size_of::<Made>() + ENTRY_BYTES;
                u32::try_from(bytes).unwrap_or(u32::MAX)
            })
            .time_to_live(reused_for.unsigned_abs())
            .build();
        Self { tokens, reused_for }
    }

    /// The token made from the same, if more than half of its life is left.
    pub fn find(&self, made: &Made, now: Timestamp) -> Option<Arc<str>> {
        let signed = self.tokens.get(made)?;
        (now < signed.until).then_some(signed.text)
    }

    /// Keeps a token that was minted `now`.
    pub fn keep(&self, made: Made, text: Arc<str>, now: Timestamp) {
        // Its `iat` is in whole seconds; counted from there, half of the life is left for certain.
        let issued = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let until = issued.checked_add(self.reused_for).unwrap_or(now);
        self.tokens.insert(made, Signed { text, until });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(kid: &str, user_updated_at: i64, index: i64) -> Made {
        let session = SessionId::parse("01890000-0000-7000-8000-000000000000").unwrap();
        Made { session, index: StatusIndex::new(index).unwrap(), user_updated_at, kid: kid.into() }
    }

    #[test]
    fn a_token_is_handed_out_again_while_more_than_half_of_its_life_is_left() {
        let cache = TokenCache::new(SignedDuration::from_mins(15));
        let minted: Timestamp = "2026-03-01T12:00:00.7Z".parse().unwrap();
        let first = made("a", 7, 1);
        cache.keep(first.clone(), "token".into(), minted);
        let after = |seconds| cache.find(&first, minted + SignedDuration::from_secs(seconds));
        assert_eq!(after(0).as_deref(), Some("token"));
        assert_eq!(after(449).as_deref(), Some("token"));
        assert_eq!(after(450), None, "less than half is left, since `iat` is the whole second");
        for other in [made("b", 7, 1), made("a", 8, 1), made("a", 7, 2)] {
            assert_eq!(cache.find(&other, minted), None, "{other:?}");
        }
    }
}
