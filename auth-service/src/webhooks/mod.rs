//! Webhooks: events for other services, signed by Standard Webhooks and delivered from an outbox.
//!
//! A trigger stores an event in the transaction that it reports. An event is delivered at least once, and those of one user
//! in their order: a receiver that fails gets nothing else about that user before.

mod metrics;
mod model;
mod receiver;
mod store;
mod worker;

pub use self::metrics::create_metrics;
pub use self::receiver::{Receiver, ReceiverError};
pub use self::worker::Worker;
