//! The service that handlers of tasks use.

use std::sync::Arc;

use jiff::Timestamp;
use service_kit::store::StoreError;
use shared_claims::SharedClock;
use uuid::Uuid;

use super::store;
use crate::owned::OwnedTables;
use crate::owner::DeletedUser;
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

/// Deletes the tasks of a deleted user that were created until then, and the count of the user's tasks if none is left. Returns
/// how many there were.
///
/// # Errors
/// If the database is unavailable. Some tasks may have been deleted.
pub async fn purge(user: &DeletedUser, tables: &OwnedTables, until: Timestamp) -> Result<usize, StoreError> {
    let (mut purged, mut after) = (0, Some(Uuid::nil()));
    while let Some(last) = after {
        let (deleted, next) = store::purge(user, tables, last, until).await?;
        (purged, after) = (purged + deleted, next);
    }
    store::purge_count(user, tables).await?;
    Ok(purged)
}
