//! What can go wrong when a token is verified, and when a verifier is built.

use std::fmt;

/// Why a token gave no claims.
///
/// The two cases ask for two different answers: [`Invalid`](Self::Invalid) is 401, which signs a person out, and
/// [`Unavailable`](Self::Unavailable) is 503, because the token may well be good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The token is no good. The text says nothing of why, so that it may be shown to anyone.
    #[error("a valid bearer token is required")]
    Invalid(Reason),
    /// What the token has to be judged with is not there.
    #[error("tokens cannot be verified right now")]
    Unavailable(Unavailable),
}

impl VerifyError {
    /// The reason's short constant name in snake_case, for a log line or a metric's label.
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

/// Why a token was refused. For logs and metrics alone: whoever sent the token must not learn it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The request has no `Authorization` header, or more than one, or one that is not a single bearer token.
    NoToken,
    /// Longer than [`MAX_TOKEN_BYTES`](crate::MAX_TOKEN_BYTES).
    TooLong,
    /// Not a signed JWT in compact form, or a claim is missing, there twice or of the wrong type.
    Malformed,
    /// `alg` is not RS256.
    Algorithm,
    /// `typ` is missing or names another kind of token.
    Type,
    /// There is a `crit` header; no extension is understood here.
    Critical,
    /// `kid` is missing.
    NoKeyId,
    /// `kid` names no key of the set.
    UnknownKey,
    /// The signature was not made over this text by the key that `kid` names.
    Signature,
    /// `exp` has passed.
    Expired,
    /// `nbf` has not come yet.
    NotYetValid,
    /// `iat` lies in the future.
    IssuedInFuture,
    /// `iss` is not our issuer.
    Issuer,
    /// `aud` does not name us.
    Audience,
    /// `sub` is not a user id.
    Subject,
    /// `jti` is empty.
    TokenId,
    /// The token names a status list that is not the issuer's, or a place past its end.
    StatusReference,
    /// The token's status list says that it was revoked.
    Revoked,
}

impl Reason {
    /// A short constant name in snake_case, made for a metric's label.
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

/// Why a token cannot be judged at the moment. It passes by itself once the issuer can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unavailable {
    /// No key set was had yet.
    NoKeys,
    /// The last good key set is older than the maximum age.
    KeysTooOld,
    /// The token names a status list of the issuer that was not had yet.
    NoStatusList,
    /// The token's status list was not confirmed for longer than it may serve, or its own end has passed.
    StatusListTooOld,
}

impl Unavailable {
    /// A short constant name in snake_case, made for a metric's label.
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

/// Why a verifier could not be built: a mistake in its settings or in where it was built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A setting has a value that cannot work.
    #[error("{setting}: {rule}")]
    Setting {
        /// Name of the setter.
        setting: &'static str,
        /// What the value must be.
        rule: &'static str,
    },
    /// A URL cannot be read.
    #[error("{setting}: {source}")]
    Url {
        /// Name of the setter.
        setting: &'static str,
        /// What is wrong with it.
        source: url::ParseError,
    },
    /// `build` was called outside a tokio runtime; keys are refreshed by a task in it.
    #[error("a verifier must be built inside a tokio runtime")]
    NoRuntime,
    /// The HTTP client could not be set up, for instance because the system has no root certificates.
    #[error("the HTTP client could not be set up")]
    HttpClient(#[source] Box<dyn std::error::Error + Send + Sync>),
}
