//! The service that handlers of tasks use.

use std::sync::Arc;

use jiff::Timestamp;
use shared_claims::SharedClock;

use crate::owned::OwnedTables;
use crate::search_slots::SearchSlots;

/// Access to the tables, the running searches, and the clock.
#[derive(Clone)]
pub struct Tasks {
    /// Access to the tables.
    pub tables: OwnedTables,
    /// The running searches of this process.
    pub searches: Arc<SearchSlots>,
    clock: SharedClock,
}

impl Tasks {
    /// Creates the service.
    pub fn new(tables: OwnedTables, searches: Arc<SearchSlots>, clock: SharedClock) -> Self {
        Self { tables, searches, clock }
    }

    /// Returns the current time of the clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
