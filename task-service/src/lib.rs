//! Tasks of users, protected by access tokens of auth-service.
//!
//! Three layers isolate the tasks of users: the path must name the caller ([`owner`]), every statement names the owner
//! ([`owned`]), and PostgreSQL's row level security protects the rows without either ([`isolation`] checks it at start).

pub mod budget;
pub mod cli;
pub mod config;
mod deleted_users;
mod document;
mod error;
mod invalid;
pub mod isolation;
mod keys;
pub mod migrations;
pub mod owned;
pub mod owner;
mod refused_users;
pub mod search_slots;
pub mod security_event;
pub mod server;
mod settings_log;
mod tasks;
