//! auth-service as its clients see it: the real program, a real PostgreSQL, real HTTP.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod bad_input;
mod document;
mod limits;
mod origins;
mod outage;
mod round_trips;
mod sessions;
mod sign_in;
mod sign_up;
mod start_up;
mod support;
mod time;
mod tokens;
