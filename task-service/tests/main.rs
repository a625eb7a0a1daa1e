//! task-service as a real process over a real PostgreSQL. Test names carry the requirement they prove.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
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
mod clock;
mod cors;
mod document;
mod dropped;
mod failures;
mod isolation_property;
mod keys;
mod lists;
mod matrix;
mod outage;
mod real_issuer;
mod round_trips;
mod shutdown;
mod startup;
mod us3_protected_api;
mod us5_ownership;
mod wall;
