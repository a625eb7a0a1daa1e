//! Links in mail. They can be used once, expire soon and are hashed at rest. A link is bound to the email and the
//! credential at its creation; one that changes an account is also bound to the session that requested it.

mod links;
mod mailer;
mod model;
mod store;

pub(crate) use links::Links;
pub(crate) use mailer::{LinkMailer, Sending};
pub use model::Purpose;
pub(crate) use model::{LinkLifetimes, LinkToken, NewLink, Subject, Verification};
pub(crate) use store::{complete_sign_up, find, use_up, void};
