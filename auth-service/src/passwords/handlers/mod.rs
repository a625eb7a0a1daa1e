//! The endpoints for sign-up, sign-in and passwords.

mod candidates;
pub mod change;
mod finish_sign_in;
pub mod reset;
pub mod sign_in;
pub mod sign_up;
pub mod username;
pub mod verify;
