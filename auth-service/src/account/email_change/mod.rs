//! Verifying emails and changing them.

mod completing;
mod events;
mod following;
pub mod handlers;
mod link;
mod outcome;
mod page;
pub mod verifying;
