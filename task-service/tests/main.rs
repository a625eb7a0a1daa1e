//! task-service as a real process over a real PostgreSQL. Test names carry the requirement they prove.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod bystander;
mod client;
mod issuer;
mod owners;
mod raw;
mod stack;

mod bad_bodies;
mod bad_paths;
mod budget;
mod clock;
mod configuration;
mod cors;
mod deleted_users;
mod document;
mod dropped;
mod failures;
mod fairness;
mod hostile;
mod idle;
mod isolation_property;
mod keys;
mod lists;
mod malformed;
mod matrix;
mod migrations;
mod outage;
mod pooler;
mod quota;
mod real_issuer;
mod response_headers;
mod revocation;
mod round_trips;
mod search_slots;
mod security_events;
mod settings_log;
mod shutdown;
mod startup;
mod tls;
mod us3_protected_api;
mod us5_ownership;
mod wall;

// An issuer that can be made to do anything, and every hostile token: the same that the library is tested with.
#[path = "../../shared-claims/tests/support/mod.rs"]
#[allow(dead_code, reason = "some of it is for the library's tests alone")]
mod support;
