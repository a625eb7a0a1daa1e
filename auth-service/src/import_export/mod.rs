//! Import of accounts from other systems, with password hashes, sessions and signing keys, and export of all accounts
//! and keys as files.

mod account;
mod better_auth;
mod csv_file;
mod error;
mod export;
mod links;
mod new_users;
mod reason;
mod report;
mod rows;
mod second_factors;
mod snapshot;
mod supabase;
mod target;
mod usernames;

pub use better_auth::{BetterAuth, KeyOptions, Names, SourceSecrets};
pub use csv_file::import as import_csv;
pub use error::TransferError;
pub use export::Export;
pub use supabase::import as import_supabase;
pub use target::{Target, TargetSettings};
