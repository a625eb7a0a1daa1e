//! The errors of sign-in by identity providers, and of the accounts that users have there.

use actix_web::http::StatusCode;

/// Why a request about an identity provider is refused. The texts and codes are Better Auth's.
#[derive(Debug, thiserror::Error)]
pub enum SocialError {
    /// No provider has this id.
    #[error("Provider not found")]
    ProviderNotFound,
    /// The provider issues no ID tokens, or they are not accepted from apps.
    #[error("id_token not supported")]
    IdTokenNotSupported,
    /// The ID token that an app presented is not valid.
    #[error("Invalid token")]
    InvalidIdToken,
    /// The provider's profile cannot be read.
    #[error("Failed to get user info")]
    NoProfile,
    /// The provider's profile has no email.
    #[error("User email not found")]
    NoEmail,
    /// The sign-in was refused; the reason in the words of Better Auth.
    #[error("{0}")]
    Refused(&'static str),
    /// The account is linked to another user.
    #[error("Social account already linked")]
    AlreadyLinked,
    /// The provider has not verified the email.
    #[error("Account not linked - linking not allowed")]
    LinkingNotAllowed,
    /// The email at the provider is not the user's.
    #[error("Account not linked - different emails not allowed")]
    DifferentEmail,
    /// Without this account the user could not sign in any more.
    #[error("You can't unlink your last account")]
    LastAccount,
    /// The user has no such account.
    #[error("Account not found")]
    AccountNotFound,
    /// The provider of the account is not configured (any more).
    #[error("Provider {0} is not supported.")]
    ProviderNotSupported(String),
    /// The same, for `account-info`.
    #[error("Account is not associated with a configured social provider.")]
    ProviderNotConfigured,
    /// The provider issued no refresh token.
    #[error("Refresh token not found")]
    NoRefreshToken,
    /// The provider refused the refresh token or did not answer.
    #[error("Failed to refresh access token")]
    RefreshFailed,
    /// The access token has expired and cannot be refreshed, or the stored tokens cannot be decrypted.
    #[error("Failed to get a valid access token")]
    NoValidAccessToken,
    /// The provider issued no access token.
    #[error("Access token not found")]
    NoAccessToken,
}

impl SocialError {
    /// The status and the code.
    pub(super) fn kind(&self) -> (StatusCode, &'static str) {
        use StatusCode as Status;
        match self {
            Self::ProviderNotFound => (Status::NOT_FOUND, "PROVIDER_NOT_FOUND"),
            Self::IdTokenNotSupported => (Status::NOT_FOUND, "ID_TOKEN_NOT_SUPPORTED"),
            Self::InvalidIdToken => (Status::UNAUTHORIZED, "INVALID_TOKEN"),
            Self::NoProfile => (Status::UNAUTHORIZED, "FAILED_TO_GET_USER_INFO"),
            Self::NoEmail => (Status::UNAUTHORIZED, "USER_EMAIL_NOT_FOUND"),
            Self::Refused(_) => (Status::UNAUTHORIZED, "OAUTH_LINK_ERROR"),
            Self::AlreadyLinked => (Status::CONFLICT, "SOCIAL_ACCOUNT_ALREADY_LINKED"),
            Self::LinkingNotAllowed => (Status::UNAUTHORIZED, "LINKING_NOT_ALLOWED"),
            Self::DifferentEmail => (Status::UNAUTHORIZED, "LINKING_DIFFERENT_EMAILS_NOT_ALLOWED"),
            Self::LastAccount => (Status::BAD_REQUEST, "FAILED_TO_UNLINK_LAST_ACCOUNT"),
            Self::AccountNotFound => (Status::BAD_REQUEST, "ACCOUNT_NOT_FOUND"),
            Self::ProviderNotSupported(_) => (Status::BAD_REQUEST, "PROVIDER_NOT_SUPPORTED"),
            Self::ProviderNotConfigured => (Status::BAD_REQUEST, "PROVIDER_NOT_CONFIGURED"),
            Self::NoRefreshToken => (Status::BAD_REQUEST, "REFRESH_TOKEN_NOT_FOUND"),
            Self::RefreshFailed => (Status::BAD_REQUEST, "FAILED_TO_REFRESH_ACCESS_TOKEN"),
            Self::NoValidAccessToken => (Status::BAD_REQUEST, "FAILED_TO_GET_ACCESS_TOKEN"),
            Self::NoAccessToken => (Status::BAD_REQUEST, "ACCESS_TOKEN_NOT_FOUND"),
        }
    }
}
