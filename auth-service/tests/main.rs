//! auth-service as its clients see it: the real program, a real PostgreSQL, real HTTP.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod accounts;
mod addresses;
mod bad_input;
mod better_auth;
mod deletion;
mod devices;
mod document;
mod doors;
mod import;
mod import_better_auth;
mod import_files;
mod import_node;
mod in_flight;
mod keys;
mod limits;
mod link_page;
mod links;
mod mail;
mod mailbox;
mod origins;
mod outage;
mod redirects;
mod resets;
mod rotation;
mod round_trips;
mod sessions;
mod settings;
mod sign_in;
mod sign_up;
mod sign_ups;
mod start_up;
mod status_lists;
mod support;
mod time;
mod tokens;
