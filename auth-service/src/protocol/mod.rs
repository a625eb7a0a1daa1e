//! The rules of the Better Auth protocol that cut across features.

pub mod body;
pub mod cookies;
pub mod cors;
pub mod origin;
pub mod timestamp;
