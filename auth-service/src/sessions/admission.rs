//! The one place that decides whether a session may start, and whether a second factor is asked for first.
//!
//! A session starts with an [`Admission`] or a [`Cleared`], which only [`Sessions`] creates: it decides by the account as it was
//! when the credential was checked, and by the settings. What can change meanwhile is decided by the statement that stores the
//! session, under a lock of the account: it starts none if the user is banned or was deleted, if the credential has changed, or
//! if an [`Admission`] needs a second factor that this device is not trusted to go without.
//!
//! Whether the credential may be checked at all (limits, locked accounts, disabled endpoints) is decided before.

use super::current::SignedIn;
use super::model::Session;
use super::service::Sessions;
use crate::error::ApiError;
use crate::second_factors::{ExemptWay, PassedChallenge, SecondFactor};
use crate::tokens::{Authentication, AuthenticationMethod};
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
    /// Opening a link that was sent to the account's email.
    MagicLink,
    /// Sending a code that was sent to the account's email.
    EmailOtp,
    /// Verifying the email in the browser that signed up, or with the password.
    VerifiedEmail,
    /// Changing the password, which ends the session that did. The new one continues it.
    ChangedPassword,
    /// Proving the second factor that another way asked for.
    SecondFactor,
    /// Proving or removing a second factor, which ends the session that did. The new one continues it.
    ChangedFactors,
}

impl Way {
    /// What the log and the audit log say of it.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::SignUp => "sign_up",
            Self::Social => "social_sign_in",
            Self::MagicLink => "magic_link",
            Self::EmailOtp => "email_otp",
            Self::VerifiedEmail => "email_verified",
            Self::ChangedPassword => "password_changed",
            Self::SecondFactor => "second_factor",
            Self::ChangedFactors => "second_factor_changed",
        }
    }

    /// What the user proved, unless an earlier request did.
    fn method(self) -> Option<AuthenticationMethod> {
        match self {
            Self::SignIn | Self::SignUp | Self::VerifiedEmail | Self::ChangedPassword => {
                Some(AuthenticationMethod::Password)
            }
            Self::Social => Some(AuthenticationMethod::Federated),
            Self::MagicLink | Self::EmailOtp => Some(AuthenticationMethod::EmailCode),
            Self::SecondFactor | Self::ChangedFactors => None,
        }
    }

    /// Whether a code by mail proves another factor: not if the way itself proves access to the mailbox.
    pub(super) fn allows_mail_code(self) -> bool {
        match self {
            Self::SignIn | Self::SignUp | Self::ChangedPassword => true,
            // An account there is often no more than the same mailbox.
            Self::Social | Self::MagicLink | Self::EmailOtp | Self::VerifiedEmail => false,
            Self::SecondFactor | Self::ChangedFactors => false,
        }
    }

    /// The name under which a deployment can exempt it from second factors.
    fn exemption(self) -> Option<ExemptWay> {
        match self {
            Self::Social => Some(ExemptWay::Social),
            Self::MagicLink => Some(ExemptWay::MagicLink),
            Self::EmailOtp => Some(ExemptWay::EmailOtp),
            Self::VerifiedEmail => Some(ExemptWay::VerifiedEmail),
            Self::SignIn
            | Self::SignUp
            | Self::ChangedPassword
            | Self::SecondFactor
            | Self::ChangedFactors => None,
        }
    }
}

/// The permission to start a session of this user, after the second factor if the user has one.
#[derive(Debug, Clone, Copy)]
pub struct Admission<'a> {
    pub(super) user: &'a User,
    pub(super) way: Way,
    pub(super) authentication: Authentication,
    /// Whether the second factor is asked for, if the user has one.
    pub(super) asks: bool,
}

/// The permission to start a session of this user at once.
#[derive(Debug, Clone, Copy)]
pub struct Cleared<'a>(pub(super) Admission<'a>);

impl Sessions {
    /// Decides whether `user`, who authenticated in this way, may have a session. `user` is as it was when the credential was
    /// checked.
    ///
    /// # Errors
    /// [`ApiError::EmailNotVerified`] if the email has to be verified first.
    pub fn admit<'a>(&self, user: &'a User, way: Way) -> Result<Admission<'a>, ApiError> {
        if self.accounts.require_verified_email && !user.email_verified {
            return Err(ApiError::EmailNotVerified);
        }
        let settings = &self.factors.settings;
        let asks = settings.enabled && way.exemption().is_none_or(|way| !settings.exempt.contain(way));
        let authentication = Authentication { method: way.method(), second_factor: None };
        Ok(Admission { user, way, authentication, asks })
    }

    /// The same for a user who was created by this request, and has no second factor.
    ///
    /// # Errors
    /// As [`admit`](Self::admit).
    pub fn admit_new<'a>(&self, user: &'a User, way: Way) -> Result<Cleared<'a>, ApiError> {
        let admission = self.admit(user, way)?;
        Ok(Cleared(Admission { asks: false, ..admission }))
    }

    /// Admits the user of a challenge who has just proven the second factor.
    pub fn admit_passed<'a>(&self, user: &'a User, passed: &PassedChallenge) -> Cleared<'a> {
        let method = passed.first_factor.parse().ok();
        let authentication = Authentication { method, second_factor: Some(passed.second_factor) };
        Cleared(Admission { user, way: Way::SecondFactor, authentication, asks: false })
    }

    /// Admits the user of a live session, which the new one continues.
    pub fn admit_again<'a>(&self, current: &SignedIn, user: &'a User, way: Way) -> Cleared<'a> {
        let Authentication { method, second_factor } = current.session.authentication;
        let authentication = Authentication { method: way.method().or(method), second_factor };
        Cleared(Admission { user, way, authentication, asks: false })
    }

    /// The same for a user who has just proven a second factor, or removed it.
    pub fn admit_changed<'a>(
        &self,
        current: &SignedIn,
        user: &'a User,
        second_factor: Option<SecondFactor>,
    ) -> Cleared<'a> {
        let Cleared(admission) = self.admit_again(current, user, Way::ChangedFactors);
        let authentication = Authentication { second_factor, ..admission.authentication };
        Cleared(Admission { authentication, ..admission })
    }

    /// Whether the user of a session must set up a second factor before anything else.
    pub fn must_enroll(&self, session: &Session, user: &User) -> bool {
        let settings = &self.factors.settings;
        let is_exempt = match session.authentication.method {
            Some(AuthenticationMethod::Federated) => settings.exempt.contain(ExemptWay::Social),
            // They prove one mailbox, whichever way is exempt.
            Some(AuthenticationMethod::Password | AuthenticationMethod::EmailCode) | None => false,
        };
        settings.enabled
            && !user.two_factor
            && !is_exempt
            && settings.required.includes(user, &self.accounts.fields)
    }
}
