//! Mail: out of the outbox, to real mail servers.

mod delivery;
mod directory;
mod doctor;
mod limits;
mod notices;
mod post;
mod refusals;
mod replicas;
mod scene;
mod server;
mod settings;
