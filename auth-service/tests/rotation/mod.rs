//! Keys rotate, replicas come and go, caches lie in between: nobody's valid token is refused.

mod cache;
mod processes;
mod simulation;

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

/// What was seen of tokens that had more than two seconds to live.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    pub accepted: u64,
    /// 401: must not be.
    pub refused: u64,
    /// 503: tells the client to try again.
    pub unavailable: u64,
    /// No answer at all: a replica was killed.
    pub connection_errors: u64,
    /// Tokens of a key whose time is over that were accepted: must not be.
    pub zombies: u64,
    pub rotations: u64,
}

impl fmt::Debug for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} rotations: {} accepted, {} refused (401), {} unavailable (503), {} connection errors, {} of deleted keys accepted",
            self.rotations,
            self.accepted,
            self.refused,
            self.unavailable,
            self.connection_errors,
            self.zombies
        )
    }
}

/// Numbers that look random and are the same in each run of a seed (splitmix64).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((x ^ (x >> 31)) % sides as u64).unwrap()
    }
}

/// The key that signed a token, as its header says.
pub fn kid_of(token: &str) -> String {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
}
