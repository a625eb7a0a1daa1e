//! How long and how often everything is measured.

use std::time::Duration;

use super::load::Turns;

/// The numbers of connections whose figures the comparison with the targets uses.
pub const CONNECTIONS: usize = 16;
/// The same for operations that hash a password.
pub const HASH_CONNECTIONS: usize = 8;

/// The length of a run.
#[derive(Debug)]
pub struct Plan {
    /// Connections in the closed loop.
    pub connections: &'static [usize],
    /// The turns in the closed loop.
    pub turns: Turns,
    /// Connections for operations that hash a password. auth-service refuses sign-ins that would wait for long.
    pub hash_connections: &'static [usize],
    /// The turns of operations that hash a password.
    pub hash_turns: Turns,
    /// The length of a turn in the open loop.
    pub open_turn: Duration,
    /// How often each server is started.
    pub starts: usize,
    /// How long each limit of the machine is measured.
    pub limit: Duration,
}

/// 22 minutes on two cores.
pub const FULL: Plan = Plan {
    connections: &[1, 16, 64],
    turns: Turns { rounds: 3, length: Duration::from_secs(3) },
    hash_connections: &[1, 8],
    hash_turns: Turns { rounds: 3, length: Duration::from_secs(5) },
    open_turn: Duration::from_secs(3),
    starts: 7,
    limit: Duration::from_secs(4),
};

/// About five minutes.
pub const QUICK: Plan = Plan {
    connections: &[16],
    turns: Turns { rounds: 1, length: Duration::from_secs(1) },
    hash_connections: &[8],
    hash_turns: Turns { rounds: 1, length: Duration::from_secs(3) },
    open_turn: Duration::from_secs(1),
    starts: 3,
    limit: Duration::from_secs(1),
};
