//! The audit log: security events in the database, which the service adds and reads, and cannot change or delete.
//!
//! What was done is recorded in the transaction that did it, so neither exists without the other. Refusals are counted in
//! memory and stored once a minute, because anybody can cause any number of them.

mod model;
mod recorder;
mod refusals;
mod store;

use service_kit::database::Transaction;
use service_kit::security_log::Record;
use service_kit::store::StoreError;

pub use model::{AuditEvent, Cursor, Filter};
pub use recorder::RefusalRecorder;
pub use refusals::Refusals;
pub(crate) use store::insert_audit_event;
pub use store::{list, of_user, prune};

/// Commits a transaction together with the events that it caused, and then logs them.
///
/// # Errors
/// If the connection is lost or times out. The transaction may have been committed all the same, and then its events are
/// stored but not logged.
pub async fn commit(transaction: Transaction, events: &[Record<'_>]) -> Result<(), StoreError> {
    if events.is_empty() {
        return transaction.commit().await;
    }
    store::commit(transaction, events).await?;
    events.iter().copied().for_each(Record::emit);
    Ok(())
}
