//! Following a link about an email: its input and its outcome.

use secrecy::SecretString;
use service_kit::security_log::Client;

use crate::error::LinkRefusal;
use crate::protocol::redirect::CheckedTarget;
use crate::sessions::{Challenged, SignedIn, Started};
use crate::users::User;
use crate::verifications::LinkToken;

/// A link that a request follows.
pub(super) struct Followed<'a> {
    pub token: LinkToken,
    /// Where the browser goes next; the next link gets it too.
    pub callback: Option<&'a CheckedTarget>,
    /// The password in the request.
    pub password: Option<&'a SecretString>,
    /// Whether a person pressed the button, in contrast to opening the link.
    pub pressed: bool,
}

/// The outcome of following a link.
pub(super) enum Outcome {
    /// The email is verified, now or before.
    Verified(VerifiedSession),
    /// The change was confirmed, and the new email gets a link.
    Confirmed,
    /// The account has the new email. With the session that followed the link, if there was one.
    Changed(User, Option<Box<SignedIn>>),
    /// The link needs this proof first.
    Needs(Proof),
    Refused(LinkRefusal),
}

/// The session of the browser after an email was verified.
pub(super) enum VerifiedSession {
    /// The session that it had, if any. No cookie is set.
    Unchanged,
    /// The session that followed the link. Its cookie is set again.
    Present(Box<SignedIn>),
    New(Box<(Started, User)>),
    /// None yet: the user has to prove a second factor.
    Challenged(Challenged),
    /// None was started, for a browser that proved the password. Its device is known from now on.
    Proven(Box<User>),
}

impl VerifiedSession {
    /// Logs the session if it is new. Call it after the commit.
    pub(super) fn record(&self, client: Client) {
        match self {
            Self::New(new) => new.0.record(client),
            Self::Challenged(challenged) => challenged.record(client),
            Self::Unchanged | Self::Present(_) | Self::Proven(_) => {}
        }
    }
}

/// The proof that a link requires if the request has no session of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    /// A click on a button.
    Button,
    Password,
}
