//! Free ports for programs whose port must be known before they start.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::net::TcpListener;
use std::sync::{LazyLock, Mutex, PoisonError};

/// The end of the ports that systems do not assign to outgoing connections: Linux uses ports from 32768, others from
/// 49152. A port in those ranges could be taken by a connection before the program that it is for starts.
const PORTS_END: u16 = 32_768;
const PORTS: u16 = 16_384;

static RESERVED: LazyLock<Mutex<HashSet<u16>>> = LazyLock::new(Mutex::default);

/// Returns a free loopback port, a different one each time. Random, so that parallel processes choose different ports.
pub fn free_port() -> u16 {
    loop {
        let port = PORTS_END - 1 - random() % PORTS;
        let new = RESERVED.lock().unwrap_or_else(PoisonError::into_inner).insert(port);
        if new && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Random bits from the seed of the standard library's maps.
fn random() -> u16 {
    let [low, high, ..] = RandomState::new().hash_one(()).to_le_bytes();
    u16::from_le_bytes([low, high])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_distinct_and_outside_the_range_of_outgoing_connections() {
        let ports: HashSet<u16> = (0..500).map(|_| free_port()).collect();
        assert_eq!(ports.len(), 500);
        assert!(ports.iter().all(|port| (PORTS_END - PORTS..PORTS_END).contains(port)));
        // Spread over the whole range instead of consecutive.
        assert!(ports.iter().max().unwrap() - ports.iter().min().unwrap() > PORTS / 2);
    }
}
