//! Errors of verifying a token and of building a verifier.

use std::fmt;

/// Why a token was not verified.
///
/// The variants need different responses: [`Invalid`](Self::Invalid) is 401, which signs the user out, and
/// [`Unavailable`](Self::Unavailable) is 503, because the token may be valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The token is invalid. The text does not contain the reason, so that anybody may see it.
    #[error("a valid bearer token is required")]
    Invalid(Reason),
    /// The keys or the status list for the token are missing.
    #[error("tokens cannot be verified right now")]
    Unavailable(Unavailable),
}

impl VerifyError {
    /// Returns the name of the reason in snake_case, for logs and metric labels. The names are stable.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Invalid(reason) => reason.as_str(),
            Self::Unavailable(why) => why.as_str(),
        }
    }
}

impl From<Reason> for VerifyError {
    fn from(reason: Reason) -> Self {
        Self::Invalid(reason)
    }
}

impl From<Unavailable> for VerifyError {
    fn from(why: Unavailable) -> Self {
        Self::Unavailable(why)
    }
}

/// Why a token was refused. For logs and metrics only: the sender of the token must not learn it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The request has no `Authorization` header, or more than one, or one that is not a single bearer token.
    NoToken,
    /// Longer than [`MAX_TOKEN_BYTES`](crate::MAX_TOKEN_BYTES).
    TooLong,
    /// Not a signed JWT in compact form, or a claim is missing, duplicate or of the wrong type.
    Malformed,
    /// `alg` is not RS256.
    Algorithm,
    /// `typ` is missing or has another value.
    Type,
    /// There is a `crit` header; no extensions are supported.
    Critical,
    /// `kid` is missing.
    NoKeyId,
    /// `kid` is not in the key set.
    UnknownKey,
    /// The signature does not match the token and the key that `kid` names.
    Signature,
    /// `exp` has passed.
    Expired,
    /// `nbf` is in the future.
    NotYetValid,
    /// `iat` is in the future.
    IssuedInFuture,
    /// `iss` is not the expected issuer.
    Issuer,
    /// `aud` does not contain the expected audience.
    Audience,
    /// `sub` is not a user id.
    Subject,
    /// `jti` is empty.
    TokenId,
    /// The token refers to a status list that is not the issuer's, or to an index past its end.
    StatusReference,
    /// The token was revoked, according to its status list.
    Revoked,
}

impl Reason {
    /// Every reason.
    pub(crate) const ALL: [Self; 18] = [
        Self::NoToken,
        Self::TooLong,
        Self::Malformed,
        Self::Algorithm,
        Self::Type,
        Self::Critical,
        Self::NoKeyId,
        Self::UnknownKey,
        Self::Signature,
        Self::Expired,
        Self::NotYetValid,
        Self::IssuedInFuture,
        Self::Issuer,
        Self::Audience,
        Self::Subject,
        Self::TokenId,
        Self::StatusReference,
        Self::Revoked,
    ];

    /// Returns the name in snake_case, for logs and metric labels. The names are stable.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoToken => "no_token",
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::Algorithm => "algorithm",
            Self::Type => "type",
            Self::Critical => "critical",
            Self::NoKeyId => "no_key_id",
            Self::UnknownKey => "unknown_key",
            Self::Signature => "signature",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::IssuedInFuture => "issued_in_future",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Subject => "subject",
            Self::TokenId => "token_id",
            Self::StatusReference => "status_reference",
            Self::Revoked => "revoked",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a token cannot be verified now. It resolves once the issuer is reachable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unavailable {
    /// No key set was fetched yet.
    NoKeys,
    /// The last good key set is older than the maximum age.
    KeysTooOld,
    /// The token refers to a status list of the issuer that was not fetched yet.
    NoStatusList,
    /// The token's status list was last confirmed too long ago, or has expired.
    StatusListTooOld,
}

impl Unavailable {
    /// Every reason.
    pub(crate) const ALL: [Self; 4] =
        [Self::NoKeys, Self::KeysTooOld, Self::NoStatusList, Self::StatusListTooOld];

    /// Returns the name in snake_case, for logs and metric labels. The names are stable.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoKeys => "no_keys",
            Self::KeysTooOld => "keys_too_old",
            Self::NoStatusList => "no_status_list",
            Self::StatusListTooOld => "status_list_too_old",
        }
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a verifier could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A setting has an invalid value.
    #[error("{setting}: {rule}")]
    Setting {
        /// Name of the setter.
        setting: &'static str,
        /// What the value must be.
        rule: &'static str,
    },
    /// A URL cannot be parsed.
    #[error("{setting}: {source}")]
    Url {
        /// Name of the setter.
        setting: &'static str,
        /// The error of the parser.
        source: url::ParseError,
    },
    /// `build` was called outside a tokio runtime, which runs the background tasks.
    #[error("a verifier must be built inside a tokio runtime")]
    NoRuntime,
    /// The HTTP client could not be created, e.g. because the system has no root certificates.
    #[error("the HTTP client could not be created")]
    HttpClient(#[source] Box<dyn std::error::Error + Send + Sync>),
}
