//! What the operator does with users: looks them up, creates, bans and deletes them, sets their
//! passwords, and ends their sessions.
//!
//! The caller is the operator, who has the database, so nothing here asks for permission. Every act is recorded in the
//! transaction that does it.

mod access;
mod accounts;
mod error;
mod lookup;
mod service;
mod user_ref;

pub use error::AdministrationError;
pub use lookup::UserDetails;
pub use service::Administration;
pub use user_ref::UserRef;
