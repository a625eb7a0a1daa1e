//! Remembers the tokens that were verified, so that the signature of each is checked once.
//!
//! What can change is checked every time: whether the key is still published, the clock, and the status list. Only valid
//! tokens are remembered, so nothing that a stranger sends displaces them.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use aws_lc_rs::digest::{SHA256, digest};

use crate::claims::Verified;

/// Number of tokens that are remembered: that many clients can be active at the same time. The table has 32 kB when it is
/// empty, and about 4 MB when it is full.
const SLOTS: usize = 4096;

/// Number of bytes of a SHA-256 digest.
const DIGEST_LENGTH: usize = 32;

/// A table of fixed size, read and written without a lock. Two tokens that share a slot displace each other.
pub(crate) struct VerifiedTokens(Box<[ArcSwapOption<Entry>]>);

/// Identifies a token. The table holds no token that could be used if its memory leaked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct TokenDigest([u8; DIGEST_LENGTH]);

struct Entry {
    token: TokenDigest,
    /// The key set that it was verified with.
    key_set: u64,
    verified: Arc<Verified>,
}

impl TokenDigest {
    pub(crate) fn of(token: &str) -> Self {
        let mut bytes = [0; DIGEST_LENGTH];
        bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        Self(bytes)
    }

    fn slot(self) -> usize {
        usize::from(u16::from_be_bytes([self.0[0], self.0[1]])) % SLOTS
    }
}

impl VerifiedTokens {
    pub(crate) fn new() -> Self {
        Self((0..SLOTS).map(|_| ArcSwapOption::empty()).collect())
    }

    /// Returns what is known of a token that was verified with this key set.
    pub(crate) fn get(&self, token: TokenDigest, key_set: u64) -> Option<Arc<Verified>> {
        let entry = self.0.get(token.slot())?.load();
        let entry = entry.as_ref().filter(|entry| entry.token == token && entry.key_set == key_set)?;
        Some(Arc::clone(&entry.verified))
    }

    /// Remembers a token.
    pub(crate) fn insert(&self, token: TokenDigest, key_set: u64, verified: Arc<Verified>) {
        if let Some(slot) = self.0.get(token.slot()) {
            slot.store(Some(Arc::new(Entry { token, key_set, verified })));
        }
    }
}
