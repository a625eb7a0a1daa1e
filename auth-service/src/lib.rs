//! auth-service: accounts with email and password, sessions, short-lived RS256 tokens and the JWKS that verifies them.
//! Implements the Better Auth protocol under `/api/auth`, so its clients work unchanged.

mod account;
mod administration;
mod audit;
pub mod background;
mod capabilities;
pub mod cli;
pub mod client_address;
pub mod config;
mod diagnosis;
pub mod email;
pub mod error;
mod forward_auth;
mod import_export;
pub mod keys;
pub mod limits;
mod linked_accounts;
pub mod migrations;
mod passwords;
mod polling;
mod progress;
pub mod protocol;
mod providers;
mod retry;
mod second_factors;
pub mod security_event;
pub mod server;
mod sessions;
mod social;
pub mod status_lists;
mod time_bounds;
mod tokens;
mod two_factor;
mod users;
pub mod verifications;
mod webhooks;
