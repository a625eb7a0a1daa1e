//! Links that are sent by e-mail: single-use, for an hour, hashed at rest.

mod links;
mod model;
mod store;

pub use links::Links;
pub use model::{LINK_TTL, LinkToken, Purpose, Verification};
pub use store::{create, find, forget, use_up};
