//! The endpoints.

pub(super) mod callback;
pub(super) mod link;
pub(super) mod list;
mod presented;
pub(super) mod sign_in;
pub(super) mod tokens;
pub(super) mod unlink;
