//! Who has an account.

mod model;
mod store;

pub use model::{Email, MAX_EMAIL, MAX_IMAGE, MAX_NAME, NewUser, User};
pub use store::{create, from_row};
