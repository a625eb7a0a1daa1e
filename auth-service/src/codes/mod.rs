//! Codes in mail: a few digits that a user types in. Only the newest code for a purpose and an email is valid. It can be used
//! once, expires soon, and allows a few guesses. The database stores its HMAC: the hash of so few digits could be read.

mod model;
mod store;

pub use model::Purpose;
pub(crate) use model::{Binding, Code, Codes, Subject, Verdict};
