//! Reports about settings that do not match those of the issuer.

use std::fmt;

use crate::error::Reason;

/// A setting that the issuer and its verifiers must agree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SharedSetting {
    /// `iss` of the tokens.
    Issuer,
    /// `aud` of the tokens.
    Audience,
    /// `typ` of the tokens' header.
    TokenType,
}

impl SharedSetting {
    /// The setter of [`VerifierBuilder`](crate::VerifierBuilder), or the parameter of
    /// [`Verifier::builder`](crate::Verifier::builder), that has the verifier's value.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::TokenType => "token_type",
        }
    }
}

impl fmt::Display for SharedSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A setting for which the issuer publishes a different value. All its tokens will be refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mismatch {
    /// The setting.
    pub setting: SharedSetting,
    /// The value that this verifier was built with.
    pub expected: String,
    /// The value that the issuer publishes, escaped and cut to 200 characters.
    pub published: String,
}

/// Tokens that were refused for a reason that points to a setting. Reported for each reason at most once a minute.
///
/// The values are those of the last token, escaped and cut to 200 characters. They are not verified: anybody can send a
/// token with any `typ` or an unknown key. With [`Reason::Issuer`], [`Reason::Audience`] and [`Reason::StatusReference`]
/// the signature was valid, so the issuer did issue such a token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefusedTokens {
    /// Why the last token was refused.
    pub reason: Reason,
    /// How many more tokens were refused for this reason since the last report.
    pub unreported: u64,
    /// `iss` of the last token, if it has one.
    pub issuer: Option<String>,
    /// `aud` of the last token, if it has one; several are separated by commas.
    pub audience: Option<String>,
    /// `typ` of the last token, if it has one.
    pub token_type: Option<String>,
}

/// Receives the reports of a verifier. The default is [`LogDiagnostics`]; implement it to log the names of your own settings.
///
/// It is called from [`Verifier::verify`](crate::Verifier::verify) and from a background task, so it must not block.
pub trait Diagnostics: Send + Sync + 'static {
    /// The issuer publishes a different value than the verifier expects.
    fn mismatch(&self, mismatch: &Mismatch);

    /// Tokens were refused for a reason that points to a setting.
    fn refused(&self, refused: &RefusedTokens);
}

/// Logs at `warn`, with the names of the verifier's setters.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogDiagnostics;

impl Diagnostics for LogDiagnostics {
    fn mismatch(&self, mismatch: &Mismatch) {
        let Mismatch { setting, expected, published } = mismatch;
        let setting = setting.as_str();
        tracing::warn!(
            setting,
            expected,
            published,
            "the issuer publishes a different value for this setting"
        );
    }

    fn refused(&self, refused: &RefusedTokens) {
        let RefusedTokens { reason, unreported, issuer, audience, token_type } = refused;
        let reason = reason.as_str();
        tracing::warn!(
            reason,
            unreported,
            issuer,
            audience,
            token_type,
            "tokens refused; check issuer, audience, token_type and the URLs of the verifier"
        );
    }
}
