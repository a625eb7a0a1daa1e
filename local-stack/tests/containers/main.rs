//! The compose stack in real containers. `./dev test` prepares an engine and images and runs these tests one after the
//! other; without that they are skipped and say so.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod engine;
mod everyday;
mod killed;
mod replicas;
#[path = "../scratch.rs"]
mod scratch;
mod secrets;
mod settings;
mod stack;
mod tls;
mod traffic;
mod user;
