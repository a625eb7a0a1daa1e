//! Signing up and in, and what happens to a password afterwards.

pub mod accounts;
pub mod change;
pub mod reset;
pub mod sign_in;
pub mod sign_up;
