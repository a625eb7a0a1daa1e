//! Links and their purposes.

use jiff::{SignedDuration, Timestamp};
use shared_claims::UserId;

use crate::protocol::email_address::Email;
use crate::protocol::opaque_token::OpaqueToken;
use crate::protocol::session_id::SessionId;
use crate::users::{CredentialEpoch, User};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkLifetimes {
    /// Links that verify or change an email.
    pub verification: SignedDuration,
    /// Links that reset a password.
    pub reset_password: SignedDuration,
    /// Links that delete an account.
    pub delete_user: SignedDuration,
}

impl LinkLifetimes {
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

    pub fn shortest(&self) -> SignedDuration {
        self.verification.min(self.reset_password).min(self.delete_user)
    }
}

/// The token of a link. The database stores its SHA-256. Not shown by `Debug`.
pub type LinkToken = OpaqueToken<Verification>;

/// What a link can be used for, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Choose a new password.
    ResetPassword,
    /// Verify the account's email.
    VerifyEmail,
    /// Confirm a new email from the current one.
    ConfirmEmailChange,
    /// Verify the new email, which then becomes the account's.
    ChangeEmail,
    /// Delete the account.
    DeleteUser,
    /// Verify the email of a sign-up, which then becomes an account.
    CompleteSignUp,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 6] = [
        Self::ResetPassword,
        Self::VerifyEmail,
        Self::ConfirmEmailChange,
        Self::ChangeEmail,
        Self::DeleteUser,
        Self::CompleteSignUp,
    ];

    /// The name in the database.
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

/// A link to create, with everything that it is bound to.
#[derive(Debug, Clone, Copy)]
pub enum NewLink<'a> {
    /// Anybody can request it: only the mailbox gets it.
    ResetPassword(&'a User),
    /// Anybody can request it: following it requires more than the link.
    VerifyEmail(&'a User),
    /// Requested by a session, and invalid without it.
    ConfirmEmailChange(&'a User, SessionId, &'a Email),
    /// Requested by a session, and invalid without it.
    ChangeEmail(&'a User, SessionId, &'a Email),
    /// Requested by a session, and invalid without it.
    DeleteUser(&'a User, SessionId),
    /// For the sign-up with this id and email.
    CompleteSignUp(&'a UserId, &'a Email),
}

impl NewLink<'_> {
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

    /// The current email of the account or sign-up.
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

/// The account or sign-up that a link is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A user, and the credential epoch in which the link is valid.
    User(UserId, CredentialEpoch),
    /// A sign-up, by the id of the user that it becomes.
    SignUp(UserId),
}

/// A link as it is stored.
#[derive(Debug, Clone)]
pub struct Verification {
    pub purpose: Purpose,
    pub subject: Subject,
    /// The email of the account or sign-up when the link was created.
    pub email: String,
    /// The email that the account will have.
    pub new_email: Option<Email>,
    /// The session that requested the link, if it is bound to one.
    pub session_id: Option<SessionId>,
    pub expires_at: Timestamp,
    pub used: bool,
}

impl Verification {
    /// Whether the link is unused and not expired.
    pub fn is_live(&self, now: Timestamp) -> bool {
        !self.used && now < self.expires_at
    }

    /// Whether the link is valid for `user`: a link of another email or credential epoch is not.
    pub fn belongs_to(&self, user: &User) -> bool {
        self.email == user.email.as_str()
            && self.subject == Subject::User(user.id.clone(), user.credential_epoch)
    }
}
