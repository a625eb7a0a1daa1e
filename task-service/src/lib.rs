//! Tasks of users, behind the tokens of auth-service.
//!
//! Three walls keep one user's tasks from another: the path must name the caller ([`owner`]), every statement names
//! the owner ([`owned`]), and PostgreSQL's row level security would hold without either ([`isolation`] makes sure of
//! it at start).

pub mod budget;
pub mod cli;
pub mod config;
mod document;
pub mod error;
pub mod invalid;
pub mod isolation;
mod keys;
pub mod migrations;
pub mod owned;
pub mod owner;
pub mod search_slots;
pub mod security_event;
pub mod server;
mod settings_log;
pub mod state;
pub mod tasks;
