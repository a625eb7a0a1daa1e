//! Signs in the owner of a mailbox, who proved access to it with a link or a code.
//!
//! The owner of the mailbox gets the account with its email, or a new one. If the account's email was not verified, somebody
//! else may have signed up with it: their password, their accounts at identity providers and their sessions are removed.

mod owner;
mod service;
mod starting;

pub(crate) use owner::{Owner, Proof, Unproven};
pub use service::EmailSignIn;
