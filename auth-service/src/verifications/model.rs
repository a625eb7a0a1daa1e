//! What a link is good for.

use jiff::{SignedDuration, Timestamp};
use shared_claims::UserId;

use crate::protocol::email_address::Email;
use crate::protocol::opaque_token::OpaqueToken;
use crate::protocol::session_id::SessionId;
use crate::users::{CredentialEpoch, User};

/// How long links are valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkLifetimes {
    /// Those that verify an email or change it.
    pub verification: SignedDuration,
    /// Those that reset a password.
    pub reset_password: SignedDuration,
    /// Those that delete an account.
    pub delete_user: SignedDuration,
}

impl LinkLifetimes {
    /// The lifetime of a link for `purpose`.
    pub fn of(&self, purpose: Purpose) -> SignedDuration {
        match purpose {
            Purpose::ResetPassword => self.reset_password,
            Purpose::VerifyEmail
            | Purpose::ConfirmEmailChange
            | Purpose::ChangeEmail
            | Purpose::CompleteSignUp => self.verification,
            Purpose::DeleteUser => self.delete_user,
        }
    }

    /// The shortest of them.
    pub fn shortest(&self) -> SignedDuration {
        self.verification.min(self.reset_password).min(self.delete_user)
    }
}

/// What a link holds. The database knows only its SHA-256. Never printed.
pub type LinkToken = OpaqueToken<Verification>;

/// What somebody who has the link may do, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Choose a new password.
    ResetPassword,
    /// Verify the account's email.
    VerifyEmail,
    /// Agree, from the present address, to a new one.
    ConfirmEmailChange,
    /// Verify the new email, which then becomes the account's.
    ChangeEmail,
    /// Delete the account.
    DeleteUser,
    /// Verify the email of a sign-up, which then becomes an account.
    CompleteSignUp,
}

impl Purpose {
    /// Every purpose there is.
    pub const ALL: [Self; 6] = [
        Self::ResetPassword,
        Self::VerifyEmail,
        Self::ConfirmEmailChange,
        Self::ChangeEmail,
        Self::DeleteUser,
        Self::CompleteSignUp,
    ];

    /// Its name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ResetPassword => "reset-password",
            Self::VerifyEmail => "verify-email",
            Self::ConfirmEmailChange => "confirm-email-change",
            Self::ChangeEmail => "change-email",
            Self::DeleteUser => "delete-user",
            Self::CompleteSignUp => "complete-sign-up",
        }
    }

    /// Reads the name in the database.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == name)
    }
}

/// A link to create: what it is for, and everything that it is bound to.
#[derive(Debug, Clone, Copy)]
pub enum NewLink<'a> {
    /// Anybody may ask for one: only the mailbox gets it.
    ResetPassword(&'a User),
    /// Anybody may ask for one: it takes more than the link to follow it.
    VerifyEmail(&'a User),
    /// Asked for by a session, and dead without it.
    ConfirmEmailChange(&'a User, SessionId, &'a Email),
    /// Asked for by a session, and dead without it.
    ChangeEmail(&'a User, SessionId, &'a Email),
    /// Asked for by a session, and dead without it.
    DeleteUser(&'a User, SessionId),
    /// The sign-up of this id and email.
    CompleteSignUp(&'a UserId, &'a Email),
}

impl NewLink<'_> {
    /// What it is for.
    pub fn purpose(&self) -> Purpose {
        match self {
            Self::ResetPassword(_) => Purpose::ResetPassword,
            Self::VerifyEmail(_) => Purpose::VerifyEmail,
            Self::ConfirmEmailChange(..) => Purpose::ConfirmEmailChange,
            Self::ChangeEmail(..) => Purpose::ChangeEmail,
            Self::DeleteUser(..) => Purpose::DeleteUser,
            Self::CompleteSignUp(..) => Purpose::CompleteSignUp,
        }
    }

    pub(super) fn user(&self) -> Option<&User> {
        match self {
            Self::ResetPassword(user)
            | Self::VerifyEmail(user)
            | Self::ConfirmEmailChange(user, ..)
            | Self::ChangeEmail(user, ..)
            | Self::DeleteUser(user, _) => Some(user),
            Self::CompleteSignUp(..) => None,
        }
    }

    pub(super) fn session(&self) -> Option<SessionId> {
        match self {
            Self::ConfirmEmailChange(_, session, _)
            | Self::ChangeEmail(_, session, _)
            | Self::DeleteUser(_, session) => Some(*session),
            Self::ResetPassword(_) | Self::VerifyEmail(_) | Self::CompleteSignUp(..) => None,
        }
    }

    /// The email that the account or sign-up has now.
    pub(super) fn email(&self) -> &Email {
        match self {
            Self::ResetPassword(user)
            | Self::VerifyEmail(user)
            | Self::ConfirmEmailChange(user, ..)
            | Self::ChangeEmail(user, ..)
            | Self::DeleteUser(user, _) => &user.email,
            Self::CompleteSignUp(_, email) => email,
        }
    }

    pub(super) fn new_email(&self) -> Option<&Email> {
        match self {
            Self::ConfirmEmailChange(_, _, new_email) | Self::ChangeEmail(_, _, new_email) => Some(new_email),
            Self::ResetPassword(_)
            | Self::VerifyEmail(_)
            | Self::DeleteUser(..)
            | Self::CompleteSignUp(..) => None,
        }
    }

    pub(super) fn sign_up(&self) -> Option<&UserId> {
        match self {
            Self::CompleteSignUp(id, _) => Some(id),
            Self::ResetPassword(_)
            | Self::VerifyEmail(_)
            | Self::ConfirmEmailChange(..)
            | Self::ChangeEmail(..)
            | Self::DeleteUser(..) => None,
        }
    }
}

/// What a link is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A user, in the credential epoch that the link belongs to.
    User(UserId, CredentialEpoch),
    /// A sign-up, by the id of the user that it would become.
    SignUp(UserId),
}

/// A link that was sent.
#[derive(Debug, Clone)]
pub struct Verification {
    /// What it is good for.
    pub purpose: Purpose,
    /// What it is about.
    pub subject: Subject,
    /// The email of its subject when it was created.
    pub email: String,
    /// The email the account is to have.
    pub new_email: Option<Email>,
    /// The session that asked for it, if it belongs to one.
    pub session_id: Option<SessionId>,
    /// When it expires.
    pub expires_at: Timestamp,
    /// Whether it was used.
    pub used: bool,
}

impl Verification {
    /// Whether it can still be used.
    pub fn is_live(&self, now: Timestamp) -> bool {
        !self.used && now < self.expires_at
    }

    /// Whether it belongs to `user` as they are now: under another email or credential it means nothing.
    pub fn belongs_to(&self, user: &User) -> bool {
        self.email == user.email.as_str()
            && self.subject == Subject::User(user.id.clone(), user.credential_epoch)
    }
}
