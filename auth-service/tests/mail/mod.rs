//! Mail: out of the outbox, to real mail servers.

mod delivery;
mod directory;
mod limits;
mod post;
mod refusals;
mod replicas;
mod server;
mod settings;
