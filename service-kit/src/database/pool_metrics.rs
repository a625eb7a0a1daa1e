//! Metrics of connection pools. Pools with one name, such as those of all workers, are added up.

use std::sync::{Mutex, Once, PoisonError};

use deadpool::managed::{PoolError, TimeoutType, WeakPool};
use metrics::{Counter, counter, describe_counter, describe_gauge, gauge};

use super::connect::ConnectError;
use super::manager::Manager;
use crate::collectors::{self, value};

/// Open connections; labels `pool` and `state`: `in_use` or `idle`.
const CONNECTIONS: &str = "latchkey_database_connections";
/// Connections that may be open; label `pool`.
const MAX_CONNECTIONS: &str = "latchkey_database_max_connections";
/// Tasks that wait for a connection; label `pool`.
const WAITING: &str = "latchkey_database_waiting";
/// Tasks that waited in vain; label `pool`.
const TIMEOUTS: &str = "latchkey_database_wait_timeouts_total";
/// Connections that could not be opened; label `pool`.
const FAILURES: &str = "latchkey_database_connection_failures_total";

/// Every measured pool of this process.
static POOLS: Mutex<Vec<(&str, WeakPool<Manager>)>> = Mutex::new(Vec::new());
static REGISTRATION: Once = Once::new();

/// Describes the metrics of pools.
pub(crate) fn describe_metrics() {
    describe_gauge!(CONNECTIONS, "Open connections to PostgreSQL.");
    describe_gauge!(MAX_CONNECTIONS, "Connections to PostgreSQL that may be open.");
    describe_gauge!(WAITING, "Tasks that wait for a connection.");
    describe_counter!(TIMEOUTS, "Tasks that waited for a connection in vain.");
    describe_counter!(FAILURES, "Connections that could not be opened.");
}

/// Counts the failures of a pool.
#[derive(Clone)]
pub(super) struct PoolFailures {
    timeouts: Counter,
    failures: Counter,
}

impl PoolFailures {
    /// Counts nothing.
    pub(super) fn uncounted() -> Self {
        Self { timeouts: Counter::noop(), failures: Counter::noop() }
    }

    /// Counts the failures of the pools with this name, and shows the state of `pool` as one of them.
    pub(super) fn of(name: &'static str, pool: WeakPool<Manager>) -> Self {
        POOLS.lock().unwrap_or_else(PoisonError::into_inner).push((name, pool));
        REGISTRATION.call_once(|| collectors::register(collect));
        let (timeouts, failures) = (counter!(TIMEOUTS, "pool" => name), counter!(FAILURES, "pool" => name));
        Self { timeouts, failures }
    }

    /// Counts `error`.
    pub(super) fn count(&self, error: &PoolError<ConnectError>) {
        match error {
            PoolError::Timeout(TimeoutType::Wait) => self.timeouts.increment(1),
            PoolError::Timeout(TimeoutType::Create | TimeoutType::Recycle) | PoolError::Backend(_) => {
                self.failures.increment(1);
            }
            PoolError::Closed | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {}
        }
    }
}

/// The state of all pools with one name.
#[derive(Default)]
struct State {
    name: &'static str,
    open: usize,
    idle: usize,
    most: usize,
    waiting: usize,
}

fn collect() -> bool {
    let mut states: Vec<State> = Vec::new();
    let mut pools = POOLS.lock().unwrap_or_else(PoisonError::into_inner);
    for (name, pool) in pools.iter() {
        let index = states.iter().position(|state| state.name == *name).unwrap_or_else(|| {
            states.push(State { name, ..State::default() });
            states.len() - 1
        });
        // A pool that is gone, of a worker that has stopped, counts as empty.
        let (Some(state), Some(pool)) = (states.get_mut(index), pool.upgrade()) else { continue };
        let status = pool.status();
        state.open += status.size;
        state.idle += status.available;
        state.most += status.max_size;
        state.waiting += status.waiting;
    }
    pools.retain(|(_, pool)| pool.upgrade().is_some());
    drop(pools);
    for State { name, open, idle, most, waiting } in states {
        gauge!(CONNECTIONS, "pool" => name, "state" => "in_use").set(value(open.saturating_sub(idle)));
        gauge!(CONNECTIONS, "pool" => name, "state" => "idle").set(value(idle));
        gauge!(MAX_CONNECTIONS, "pool" => name).set(value(most));
        gauge!(WAITING, "pool" => name).set(value(waiting));
    }
    true
}
