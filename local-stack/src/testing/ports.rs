//! Ports for programs that have to be told theirs before they start.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::net::TcpListener;
use std::sync::{LazyLock, Mutex, PoisonError};

/// Ports end here that no system gives to outgoing connections; Linux does from 32768 on, others from 49152 on. One of
/// those can be taken by anybody's connection between our look and the start of whom it is for.
const PORTS_END: u16 = 32_768;
const PORTS: u16 = 16_384;

static GIVEN: LazyLock<Mutex<HashSet<u16>>> = LazyLock::new(Mutex::default);

/// A loopback port that nothing listens on, each time another; at random, so that processes side by side choose
/// different ones.
pub fn free_port() -> u16 {
    loop {
        let port = PORTS_END - 1 - random() % PORTS;
        let new = GIVEN.lock().unwrap_or_else(PoisonError::into_inner).insert(port);
        if new && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// What the standard library seeds its maps with.
fn random() -> u16 {
    let [low, high, ..] = RandomState::new().hash_one(()).to_le_bytes();
    u16::from_le_bytes([low, high])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_different_and_none_that_a_connection_may_get() {
        let ports: HashSet<u16> = (0..500).map(|_| free_port()).collect();
        assert_eq!(ports.len(), 500);
        assert!(ports.iter().all(|port| (PORTS_END - PORTS..PORTS_END).contains(port)));
        // Spread over all of them, not the next one each time.
        assert!(ports.iter().max().unwrap() - ports.iter().min().unwrap() > PORTS / 2);
    }
}
