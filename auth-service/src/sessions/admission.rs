//! The one place that decides whether a session may start.
//!
//! A session starts with an [`Admission`], which only [`Sessions::admit`] creates: it decides by the account as it was when the
//! credential was checked, and by the settings. What can change meanwhile is decided by the statement that stores the session,
//! under a lock of the account: it starts none if the user is banned or was deleted, or if the credential has changed. A second
//! factor that is due will be refused here too.
//!
//! Whether the credential may be checked at all (limits, locked accounts, disabled endpoints) is decided before.

use super::service::Sessions;
use crate::error::ApiError;
use crate::tokens::AuthenticationMethod;
use crate::users::User;

/// How a user gets a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Signing in with email and password.
    SignIn,
    /// Signing up with email and password.
    SignUp,
    /// Signing in, or signing up, at an identity provider.
    Social,
    /// Verifying the email in the browser that signed up, or with the password.
    VerifiedEmail,
    /// Changing the password, which ends the session that did. The new one continues it.
    ChangedPassword,
}

impl Way {
    /// What the log and the audit log say of it.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::SignUp => "sign_up",
            Self::Social => "social_sign_in",
            Self::VerifiedEmail => "email_verified",
            Self::ChangedPassword => "password_changed",
        }
    }

    /// What the user proved.
    fn method(self) -> AuthenticationMethod {
        match self {
            Self::SignIn | Self::SignUp | Self::VerifiedEmail | Self::ChangedPassword => {
                AuthenticationMethod::Password
            }
            Self::Social => AuthenticationMethod::Federated,
        }
    }

    /// Whether it starts a session where there was none: one that only continues need not meet the rules again.
    fn is_new(self) -> bool {
        match self {
            Self::SignIn | Self::SignUp | Self::Social | Self::VerifiedEmail => true,
            Self::ChangedPassword => false,
        }
    }
}

/// The permission to start a session of this user.
#[derive(Debug, Clone, Copy)]
pub struct Admission<'a> {
    pub(super) user: &'a User,
    pub(super) way: Way,
    pub(super) method: AuthenticationMethod,
}

impl Sessions {
    /// Decides whether `user`, who authenticated in this way, may have a session. `user` is as it was when the credential was
    /// checked.
    ///
    /// # Errors
    /// [`ApiError::EmailNotVerified`] if the email has to be verified first.
    pub fn admit<'a>(&self, user: &'a User, way: Way) -> Result<Admission<'a>, ApiError> {
        if way.is_new() && self.accounts.require_verified_email && !user.email_verified {
            return Err(ApiError::EmailNotVerified);
        }
        Ok(Admission { user, way, method: way.method() })
    }
}
