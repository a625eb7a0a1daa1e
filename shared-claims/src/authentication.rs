//! Shared by the extractors for web frameworks: finding the token in a request, and the error responses, which are the same
//! byte for byte in all frameworks.

use std::borrow::Cow;

use crate::claims::Claims;
use crate::error::{Reason, VerifyError};
use crate::requirement::InsufficientAuthentication;
use crate::verifier::Verifier;

const UNAUTHORIZED: &str = r#"{"code":"UNAUTHORIZED","message":"A valid bearer token is required"}"#;
const INSUFFICIENT: &str = r#"{"code":"INSUFFICIENT_USER_AUTHENTICATION","message":"A more recent or stronger authentication is required"}"#;
/// `Retry-After`, in seconds, while there are no keys or lists: the default cooldown, after which they are fetched again.
const RETRY_AFTER_SECONDS: &str = "10";

/// Extracts the verified claims of the request's bearer token.
///
/// A handler with this parameter is never called without a valid token. In actix-web (feature `actix`) the verifier is
/// `web::Data<Verifier>` in the app's data, in axum (feature `axum`) it is in the router's state.
#[derive(Debug, Clone)]
pub struct Authenticated(pub Claims);

/// Why a request was not authenticated, and its response.
///
/// The 401 for an invalid token is the same, byte for byte, for every reason. The only exception is a token with which
/// the operator of the issuer checks this verifier's settings: see [`Explained`](Self::Explained).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticationError {
    /// The token was not verified: 401 if it is invalid, 503 if it cannot be verified now.
    #[error(transparent)]
    Token(#[from] VerifyError),
    /// The token is invalid for this reason, and its sender may learn it: it is signed with a published key and has the
    /// claim `latchkey_diagnosis`, which only `auth-service doctor` issues. 401, with the reason in `WWW-Authenticate`.
    #[error("the token of a diagnosis is invalid: {0}")]
    Explained(Reason),
    /// The token is valid, and the authentication behind it is too old or too weak for this handler: 401 with the challenge
    /// of RFC 9470.
    #[error(transparent)]
    Insufficient(#[from] InsufficientAuthentication),
    /// The app has no [`Verifier`] in its data: 500.
    #[error("the app has no verifier")]
    NotConfigured,
}

/// The response to a request that is not authenticated. Its body is JSON.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// A header in addition to the content type.
    pub(crate) header: Option<(&'static str, Cow<'static, str>)>,
    pub(crate) body: &'static str,
}

impl AuthenticationError {
    pub(crate) fn answer(self) -> Answer {
        match self {
            Self::Token(VerifyError::Invalid(_)) => Answer {
                status: 401,
                header: Some(("www-authenticate", "Bearer".into())),
                body: UNAUTHORIZED,
            },
            Self::Explained(reason) => Answer {
                status: 401,
                header: Some(("www-authenticate", challenge(reason).into())),
                body: UNAUTHORIZED,
            },
            Self::Insufficient(InsufficientAuthentication(requirement)) => Answer {
                status: 401,
                header: Some(("www-authenticate", requirement.challenge().into())),
                body: INSUFFICIENT,
            },
            Self::Token(VerifyError::Unavailable(_)) => Answer {
                status: 503,
                header: Some(("retry-after", RETRY_AFTER_SECONDS.into())),
                body: r#"{"code":"KEYS_UNAVAILABLE","message":"Tokens cannot be verified right now"}"#,
            },
            Self::NotConfigured => Answer {
                status: 500,
                header: None,
                body: r#"{"code":"INTERNAL_SERVER_ERROR","message":"Something went wrong"}"#,
            },
        }
    }
}

/// The challenge of RFC 6750, section 3, with the name of the reason ([`Reason::as_str`]).
fn challenge(reason: Reason) -> &'static str {
    macro_rules! challenge {
        ($reason:literal) => {
            concat!("Bearer error=\"invalid_token\", error_description=\"", $reason, "\"")
        };
    }
    match reason {
        Reason::NoToken => challenge!("no_token"),
        Reason::TooLong => challenge!("too_long"),
        Reason::Malformed => challenge!("malformed"),
        Reason::Algorithm => challenge!("algorithm"),
        Reason::Type => challenge!("type"),
        Reason::Critical => challenge!("critical"),
        Reason::NoKeyId => challenge!("no_key_id"),
        Reason::UnknownKey => challenge!("unknown_key"),
        Reason::Signature => challenge!("signature"),
        Reason::Expired => challenge!("expired"),
        Reason::NotYetValid => challenge!("not_yet_valid"),
        Reason::IssuedInFuture => challenge!("issued_in_future"),
        Reason::Issuer => challenge!("issuer"),
        Reason::Audience => challenge!("audience"),
        Reason::Subject => challenge!("subject"),
        Reason::TokenId => challenge!("token_id"),
        Reason::StatusReference => challenge!("status_reference"),
        Reason::Revoked => challenge!("revoked"),
    }
}

/// Verifies the token in the values of all `Authorization` headers.
pub(crate) fn authenticate<'a>(
    verifier: &Verifier,
    values: impl Iterator<Item = &'a [u8]>,
) -> Result<Claims, AuthenticationError> {
    let claims = match bearer_token(values) {
        Ok(token) => match verifier.verify(token) {
            Err(VerifyError::Invalid(reason)) if verifier.is_diagnosis(token) => {
                tracing::debug!(reason = reason.as_str(), "diagnosis refused");
                return Err(AuthenticationError::Explained(reason));
            }
            decision => decision,
        },
        Err(error) => {
            let decision = Err(error);
            crate::metrics::decided(&decision);
            decision
        }
    };
    claims.map_err(|error| {
        tracing::debug!(reason = error.label(), "request not authenticated");
        AuthenticationError::Token(error)
    })
}

/// Returns the bearer token in the values of all `Authorization` headers (RFC 6750, section 2.1): there must be exactly one
/// header, with the scheme `Bearer` in any letter case and one token.
pub(crate) fn bearer_token<'a>(mut values: impl Iterator<Item = &'a [u8]>) -> Result<&'a str, VerifyError> {
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(Reason::NoToken.into());
    };
    let value = std::str::from_utf8(value).map_err(|_| Reason::NoToken)?;
    let (scheme, token) = value.split_once(' ').ok_or(Reason::NoToken)?;
    let token = token.trim_start_matches(' ');
    let is_token = !token.is_empty() && token.bytes().all(is_token_byte);
    if scheme.eq_ignore_ascii_case("Bearer") && is_token { Ok(token) } else { Err(Reason::NoToken.into()) }
}

/// The characters of RFC 6750's `b64token`. The comparisons compile to a few instructions for many bytes; a search in a list of
/// characters for each of a thousand does not.
fn is_token_byte(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token<'a>(values: &[&'a [u8]]) -> Result<&'a str, VerifyError> {
        bearer_token(values.iter().copied())
    }

    #[test]
    fn a_challenge_names_its_reason() {
        for reason in Reason::ALL {
            assert!(challenge(reason).ends_with(&format!("error_description=\"{reason}\"")), "{reason}");
        }
    }

    #[test]
    fn takes_the_one_token() {
        assert_eq!(token(&[b"Bearer a.b-c_d~e+f/g="]), Ok("a.b-c_d~e+f/g="));
        assert_eq!(token(&[b"bEARER  x"]), Ok("x"));
    }

    #[test]
    fn takes_nothing_else() {
        let refused: [&[&[u8]]; 14] = [
            &[],
            &[b""],
            &[b"Bearer"],
            &[b"Bearer "],
            &[b"Bearer  "],
            &[b" Bearer x"],
            &[b"Bearer\tx"],
            &[b"Bearer \tx"],
            &[b"Bearer x y"],
            &[b"Bearer x,Bearer y"],
            &[b"Bearer \"x\""],
            &[b"Bearer \xe4"],
            &[b"Basic x"],
            &[b"Bearer x", b"Bearer x"],
        ];
        for values in refused {
            assert_eq!(token(values), Err(VerifyError::Invalid(Reason::NoToken)), "{values:?}");
        }
    }
}
