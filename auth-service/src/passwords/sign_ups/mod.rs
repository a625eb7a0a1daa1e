//! Pending sign-ups, if emails are verified first. They are not accounts yet. The owner of the mailbox completes one
//! of them, which deletes the others with that email.

mod browser;
mod model;
mod store;

pub use model::SignUp;
pub(super) use store::create;
pub(super) use store::find_by_username;
pub use store::{become_user, complete, discard, find, find_by_email, lock};
