//! What the extractors for the web frameworks share: how the token is found in a request, and the answers, which are the
//! same byte for byte whatever the framework.

use crate::claims::Claims;
use crate::error::{Reason, VerifyError};
use crate::verifier::Verifier;

/// What a client is told to wait, in seconds, when there are no keys or lists: the default cooldown, after which the
/// next fetch is tried.
const RETRY_AFTER_SECONDS: &str = "10";

/// The verified claims of the request's bearer token, as a handler's parameter.
///
/// A handler that takes it is never entered without a valid token. In actix-web (feature `actix`) the verifier is
/// found as `web::Data<Verifier>` in the app's data, in axum (feature `axum`) in the router's state.
#[derive(Debug, Clone)]
pub struct Authenticated(pub Claims);

/// Why a request was not let in, and the answer it gets.
///
/// Every invalid token gets the same 401, byte for byte, whatever is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticationError {
    /// The token gave no claims: 401 if it is no good, 503 if it cannot be judged now.
    #[error(transparent)]
    Token(#[from] VerifyError),
    /// The app has no [`Verifier`] in its data: 500.
    #[error("the app has no verifier")]
    NotConfigured,
}

/// An answer to a request that is not let in. Its body is JSON.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// A header besides the content type.
    pub(crate) header: Option<(&'static str, &'static str)>,
    pub(crate) body: &'static str,
}

impl AuthenticationError {
    pub(crate) fn answer(self) -> Answer {
        match self {
            Self::Token(VerifyError::Invalid(_)) => Answer {
                status: 401,
                header: Some(("www-authenticate", "Bearer")),
                body: r#"{"code":"UNAUTHORIZED","message":"A valid bearer token is required"}"#,
            },
            Self::Token(VerifyError::Unavailable(_)) => Answer {
                status: 503,
                header: Some(("retry-after", RETRY_AFTER_SECONDS)),
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

/// Verifies the one token in the values of all `Authorization` headers.
pub(crate) fn authenticate<'a>(
    verifier: &Verifier,
    values: impl Iterator<Item = &'a [u8]>,
) -> Result<Claims, AuthenticationError> {
    let claims = match bearer_token(values) {
        Ok(token) => verifier.verify(token),
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

/// The one bearer token in the values of all `Authorization` headers (RFC 6750, section 2.1): there must be one header,
/// its scheme `Bearer` in any letter case, and one token after it.
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

/// The characters of RFC 6750's `b64token`.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token<'a>(values: &[&'a [u8]]) -> Result<&'a str, VerifyError> {
        bearer_token(values.iter().copied())
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
