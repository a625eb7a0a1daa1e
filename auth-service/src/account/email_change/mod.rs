//! Verifying emails and changing them.

mod by_code;
mod completing;
mod events;
mod following;
pub mod handlers;
mod link;
mod outcome;
mod page;
pub mod verifying;

pub use by_code::CodeProof;
