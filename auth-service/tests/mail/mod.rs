//! Mail: out of the outbox, to real mail servers.

mod delivery;
mod directory;
mod post;
mod refusals;
mod replicas;
mod server;
mod settings;
