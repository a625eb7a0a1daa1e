//! Links that are sent by e-mail: single-use, short-lived, hashed at rest, and bound to what they were created under: an
//! email, a credential, and for those that change an account the session that asked for them.

mod links;
mod mailer;
mod model;
mod store;

pub(crate) use links::Links;
pub(crate) use mailer::{LinkMailer, Sending};
pub use model::Purpose;
pub(crate) use model::{LinkLifetimes, LinkToken, NewLink, Subject, Verification};
pub(crate) use store::{find, settle, use_up, void};
