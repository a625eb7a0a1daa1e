//! Webhooks: events for other services, signed by Standard Webhooks and delivered from an outbox.
//!
//! Triggers store an event in the transaction that it reports, once for each receiver. An event is delivered at least once,
//! and those of one user in their order: a receiver that fails gets nothing else about that user before. Receivers are that
//! of `WEBHOOK_URL`, and those that the operator registers.

mod backlog;
mod delivery;
mod metrics;
mod model;
mod receiver;
mod registry;
mod secrets;
mod senders;
mod store;
mod worker;

pub use self::metrics::create_metrics;
pub use self::model::{EventName, Registration};
pub use self::receiver::{Receiver, ReceiverError};
pub use self::registry::{Registry, RegistryError, Trial};
pub use self::worker::Worker;
