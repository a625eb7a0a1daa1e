//! Security events: what the log records of sign-ins, passwords, sessions, links and keys. `docs/OPERATIONS.md` describes
//! each of them.
//!
//! The names are the service's own. The OWASP Logging Vocabulary has no name for half of these events, and puts values into
//! the names of the others; the documentation maps both.

mod log;

use service_kit::security_log::{Client, Record};
use strum::{IntoStaticStr, VariantArray};

pub use log::SecurityLog;

/// A kind of security event. The names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, VariantArray)]
pub enum SecurityEvent {
    /// A sign-up waits for its email to be verified.
    #[strum(serialize = "sign_up.pending")]
    SignUpPending,
    /// The email of a sign-up has an account.
    #[strum(serialize = "sign_up.refused")]
    SignUpRefused,
    /// An account was created.
    #[strum(serialize = "user.created")]
    UserCreated,
    /// The name or picture of a user was changed.
    #[strum(serialize = "user.updated")]
    UserUpdated,
    /// A user asked for the link that deletes the account.
    #[strum(serialize = "user.deletion_requested")]
    UserDeletionRequested,
    /// A user was deleted.
    #[strum(serialize = "user.deleted")]
    UserDeleted,
    /// The operator banned a user.
    #[strum(serialize = "user.banned")]
    UserBanned,
    /// The operator removed a ban.
    #[strum(serialize = "user.unbanned")]
    UserUnbanned,
    /// An account at an identity provider was linked to a user.
    #[strum(serialize = "account.linked")]
    AccountLinked,
    /// A user removed an account at an identity provider, or the password.
    #[strum(serialize = "account.unlinked")]
    AccountUnlinked,
    /// A session was started.
    #[strum(serialize = "session.started")]
    SessionStarted,
    /// A session was ended by a sign-out, or replaced by the next one of its browser.
    #[strum(serialize = "session.ended")]
    SessionEnded,
    /// One session was revoked.
    #[strum(serialize = "session.revoked")]
    SessionRevoked,
    /// All sessions of a user, or all others, were revoked.
    #[strum(serialize = "sessions.revoked")]
    SessionsRevoked,
    /// A request held live sessions of two users, and counted for neither.
    #[strum(serialize = "sessions.conflicting")]
    SessionsConflicting,
    /// Somebody asked for a link or a code that signs in.
    #[strum(serialize = "sign_in.requested")]
    SignInRequested,
    /// A sign-in was refused.
    #[strum(serialize = "sign_in.refused")]
    SignInRefused,
    /// The password sent to confirm something was refused.
    #[strum(serialize = "password.refused")]
    PasswordRefused,
    /// A password was not checked, because too many were wrong.
    #[strum(serialize = "account.locked")]
    AccountLocked,
    /// A user set up a second factor.
    #[strum(serialize = "second_factor.added")]
    SecondFactorAdded,
    /// A user, or the operator, removed the second factor.
    #[strum(serialize = "second_factor.removed")]
    SecondFactorRemoved,
    /// A user proved the second factor.
    #[strum(serialize = "second_factor.proven")]
    SecondFactorProven,
    /// A code for the second factor was refused.
    #[strum(serialize = "second_factor.refused")]
    SecondFactorRefused,
    /// A user replaced the backup codes.
    #[strum(serialize = "backup_codes.replaced")]
    BackupCodesReplaced,
    /// A device was trusted to sign in without the second factor.
    #[strum(serialize = "device.trusted")]
    DeviceTrusted,
    /// A user ended the trust in a device.
    #[strum(serialize = "device.trust_revoked")]
    DeviceTrustRevoked,
    /// A user changed the password.
    #[strum(serialize = "password.changed")]
    PasswordChanged,
    /// Somebody asked for a link or a code that resets a password.
    #[strum(serialize = "password.reset_requested")]
    PasswordResetRequested,
    /// A password was set by a reset link.
    #[strum(serialize = "password.reset")]
    PasswordReset,
    /// Somebody asked for a link or a code that verifies an email.
    #[strum(serialize = "email.verification_requested")]
    EmailVerificationRequested,
    /// An email was verified.
    #[strum(serialize = "email.verified")]
    EmailVerified,
    /// A user asked for a change of email.
    #[strum(serialize = "email.change_requested")]
    EmailChangeRequested,
    /// The email of an account was changed.
    #[strum(serialize = "email.changed")]
    EmailChanged,
    /// A link in an email was used.
    #[strum(serialize = "link.used")]
    LinkUsed,
    /// A link in an email was refused.
    #[strum(serialize = "link.refused")]
    LinkRefused,
    /// A code from an email was used.
    #[strum(serialize = "code.used")]
    CodeUsed,
    /// A code was refused.
    #[strum(serialize = "code.refused")]
    CodeRefused,
    /// A request exceeded a rate limit.
    #[strum(serialize = "request.rate_limited")]
    RateLimited,
    /// A request did not come from a trusted origin.
    #[strum(serialize = "request.origin_refused")]
    OriginRefused,
    /// A signing key was created.
    #[strum(serialize = "key.created")]
    KeyCreated,
    /// A signing key was imported.
    #[strum(serialize = "key.imported")]
    KeyImported,
    /// A signing key was activated.
    #[strum(serialize = "key.activated")]
    KeyActivated,
    /// The signing key was replaced by the pending one.
    #[strum(serialize = "key.rotated")]
    KeyRotated,
    /// A signing key was retired.
    #[strum(serialize = "key.retired")]
    KeyRetired,
    /// A signing key was revoked.
    #[strum(serialize = "key.revoked")]
    KeyRevoked,
    /// A key that was not used any more was deleted.
    #[strum(serialize = "key.deleted")]
    KeyDeleted,
    /// All private keys were encrypted again.
    #[strum(serialize = "keys.re_encrypted")]
    KeysReEncrypted,
}

impl SecurityEvent {
    /// The names of all events.
    pub fn names() -> Vec<&'static str> {
        Self::VARIANTS.iter().map(|event| event.as_str()).collect()
    }

    /// The name, for programs.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Creates a record of this event, caused by `client`.
    pub fn by(self, client: Client) -> Record<'static> {
        Record::new(self.as_str(), client)
    }

    /// Creates a record of this event, caused by the service itself or by a command of its operator.
    pub fn unattended(self) -> Record<'static> {
        self.by(Client::default())
    }
}
