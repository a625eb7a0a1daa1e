//! Users.

mod model;
mod settings;
mod store;

pub use model::{CredentialEpoch, MAX_IMAGE, MAX_NAME, NewUser, User};
pub use settings::AccountSettings;
pub(crate) use store::{count, create_missing};
pub use store::{delete, find, find_by_email, from_row, insert, lock, set_email, set_verified, update};
