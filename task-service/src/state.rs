//! What every handler is handed.

use std::sync::Arc;

use jiff::Timestamp;
use shared_claims::SharedClock;

use crate::owned::OwnedTables;
use crate::search_slots::SearchSlots;

/// The database behind its wall, who searches in it, and the time.
#[derive(Clone)]
pub struct State {
    /// The way to the tables.
    pub tables: OwnedTables,
    /// The users who search now, in all of this process.
    pub searches: Arc<SearchSlots>,
    clock: SharedClock,
}

impl State {
    /// State over these tables, these searches and this clock.
    pub fn new(tables: OwnedTables, searches: Arc<SearchSlots>, clock: SharedClock) -> Self {
        Self { tables, searches, clock }
    }

    /// The current moment, as far as this service is concerned.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
