//! Mail to users: written into the outbox by the transaction that gives reason for it, and sent from there.

mod message;
mod outbox;
mod store;

pub use message::Message;
pub use outbox::Outbox;
