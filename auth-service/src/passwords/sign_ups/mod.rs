//! Sign-ups that wait for their email to be verified, where that comes first. None of them is an account yet: whoever
//! reads the mail completes one of them, and with it the others with that email are gone.

mod browser;
mod model;
mod store;

pub use model::SignUp;
pub(super) use store::create;
pub use store::{complete, find, find_by_email};
