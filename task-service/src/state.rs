//! What every handler is handed.

use jiff::Timestamp;
use shared_claims::SharedClock;

use crate::owned::OwnedTables;

/// The database behind its wall, and the time.
#[derive(Clone)]
pub struct State {
    /// The way to the tables.
    pub tables: OwnedTables,
    clock: SharedClock,
}

impl State {
    /// State over these tables and this clock.
    pub fn new(tables: OwnedTables, clock: SharedClock) -> Self {
        Self { tables, clock }
    }

    /// The current moment, as far as this service is concerned.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
