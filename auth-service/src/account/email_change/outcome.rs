//! A link about an email that is followed, and what comes of it.

use secrecy::SecretString;

use crate::error::LinkRefusal;
use crate::protocol::redirect::CheckedTarget;
use crate::sessions::{SignedIn, Started};
use crate::users::User;
use crate::verifications::LinkToken;

/// A link that is followed.
pub(super) struct Followed<'a> {
    pub token: LinkToken,
    /// Where the browser goes on to, for the next link.
    pub callback: Option<&'a CheckedTarget>,
    /// The password that came with it.
    pub password: Option<&'a SecretString>,
    /// Whether somebody pressed a button, rather than only opening it.
    pub pressed: bool,
}

/// What following a link led to.
pub(super) enum Outcome {
    /// The email is verified now, or was.
    Verified(VerifiedSession),
    /// The change is agreed to; the new address is asked next.
    Confirmed,
    /// The account has the new email. The session is the one that followed the link, if it was one.
    Changed(User, Option<Box<SignedIn>>),
    /// Nothing yet: this is missing.
    Needs(Proof),
    /// Nothing.
    Refused(LinkRefusal),
}

/// The session that the browser has once an email is verified.
pub(super) enum VerifiedSession {
    /// The one that it had, if any. Nothing is told.
    Unchanged,
    /// The one that followed the link; its cookie is set again.
    Present(Box<SignedIn>),
    /// A new one.
    Begun(Box<(Started, User)>),
}

/// What a link requires in addition if the request has no session of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// Somebody presses a button.
    Button,
    /// The account's password.
    Password,
}
