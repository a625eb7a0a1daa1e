//! Tests of the local stack: real PostgreSQL, real processes.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod backup;
mod checkouts;
mod cluster;
mod commands;
mod databases;
mod deleted_users;
mod deployment;
mod doctor;
mod documents;
mod dump;
mod floors;
mod gateway;
mod incidents;
mod issuer_spellings;
mod memory;
mod metrics;
mod monitoring;
mod openapi;
mod outages;
mod page;
mod pooler;
mod raw;
mod readme;
mod replicated;
mod revocation;
mod scratch;
mod services;
mod shapes;
mod silence;
mod start_order;
mod test_logs;
mod tls;
mod traces;
mod up;
mod verifiers;
