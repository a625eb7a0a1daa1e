//! Why a sign-in at a provider does not start a session.

use actix_web::HttpRequest;
use service_kit::store::StoreError;

use super::service::Social;
use crate::error::{ApiError, BANNED_MESSAGE, SocialError};
use crate::security_event::SecurityEvent;

/// A reason that the page learns as `error`. The codes are Better Auth's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The query has neither a code nor an error.
    NoCode,
    /// The state belongs to no sign-in that this browser began, or to another provider.
    StateMismatch,
    /// No provider has this id.
    ProviderNotFound,
    /// The response comes from another issuer (RFC 9207).
    Issuer(&'static str),
    /// The provider refuses the code or cannot be reached.
    InvalidCode,
    /// The profile cannot be read, or the ID token is not valid.
    NoProfile,
    /// The profile has no email.
    NoEmail,
    /// The email is not verified at the provider, and that is required.
    EmailNotVerified,
    /// The email has a user, and is not verified on both sides.
    NotLinked,
    /// Nobody can sign up by this provider, or at all.
    SignUpDisabled,
    /// The session that asked for the link has ended, or the provider has not verified the email.
    CannotLink,
    /// The email at the provider is not the user's.
    DifferentEmail,
    /// The account is linked to another user.
    LinkedElsewhere,
    /// The user was deleted, or the credential changed meanwhile.
    CannotSignIn,
    /// The user is banned.
    Banned,
}

impl Refusal {
    /// The code in the redirect, in the log and in the audit log.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::NoCode => "no_code",
            Self::StateMismatch => "state_mismatch",
            Self::ProviderNotFound => "oauth_provider_not_found",
            Self::Issuer(code) => code,
            Self::InvalidCode => "invalid_code",
            Self::NoProfile => "unable_to_get_user_info",
            Self::NoEmail => "email_not_found",
            Self::EmailNotVerified => "email_not_verified",
            Self::NotLinked => "account_not_linked",
            Self::SignUpDisabled => "signup_disabled",
            Self::CannotLink => "unable_to_link_account",
            Self::DifferentEmail => "email_does_not_match",
            Self::LinkedElsewhere => "account_already_linked_to_different_user",
            Self::CannotSignIn => "unable_to_create_session",
            Self::Banned => "banned",
        }
    }

    /// The text beside the code, if there is one.
    pub(super) fn description(self) -> Option<&'static str> {
        (self == Self::Banned).then_some(BANNED_MESSAGE)
    }
}

impl From<Refusal> for ApiError {
    /// The error of a request that presents an ID token.
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::EmailNotVerified => Self::EmailNotVerified,
            Refusal::Banned => Self::BannedUser,
            Refusal::NoEmail => SocialError::NoEmail.into(),
            Refusal::NoProfile => SocialError::NoProfile.into(),
            Refusal::NotLinked => SocialError::Refused("account not linked").into(),
            Refusal::SignUpDisabled => SocialError::Refused("signup disabled").into(),
            Refusal::CannotSignIn => SocialError::Refused("unable to create session").into(),
            Refusal::CannotLink => SocialError::LinkingNotAllowed.into(),
            Refusal::DifferentEmail => SocialError::DifferentEmail.into(),
            Refusal::LinkedElsewhere => SocialError::AlreadyLinked.into(),
            Refusal::NoCode
            | Refusal::StateMismatch
            | Refusal::ProviderNotFound
            | Refusal::Issuer(_)
            | Refusal::InvalidCode => SocialError::Refused(refusal.code()).into(),
        }
    }
}

impl Social {
    /// Records a sign-in that was refused, once a minute for each network and reason: anybody can cause it.
    pub(super) fn record_refusal(&self, request: &HttpRequest, reason: &'static str) {
        let event = SecurityEvent::SignInRefused.by(self.log.client(request)).reason(reason);
        self.log.throttled(event, &(self.log.network(request), reason));
    }
}

/// A refusal, or an error of this service.
#[derive(Debug)]
pub(super) enum Failure {
    Refused(Refusal),
    Failed(ApiError),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}
