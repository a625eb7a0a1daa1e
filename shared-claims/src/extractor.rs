//! Verified claims as a handler's parameter in actix-web.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, ContentType, HeaderMap, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError, web};

use crate::claims::Claims;
use crate::error::{Reason, VerifyError};
use crate::verifier::Verifier;

const UNAUTHORIZED: &str = r#"{"code":"UNAUTHORIZED","message":"A valid bearer token is required"}"#;
const KEYS_UNAVAILABLE: &str =
    r#"{"code":"KEYS_UNAVAILABLE","message":"Tokens cannot be verified right now"}"#;
const INTERNAL: &str = r#"{"code":"INTERNAL_SERVER_ERROR","message":"Something went wrong"}"#;

/// What a client is told to wait, in seconds, when there are no keys: the default cooldown, after which the next
/// fetch is tried.
const RETRY_AFTER_SECONDS: u32 = 10;

/// The verified claims of the request's bearer token, as a handler's parameter.
///
/// It finds the verifier as [`web::Data<Verifier>`] in the app's data. A handler that takes it is never entered
/// without a valid token.
///
/// ```
/// use shared_claims::Authenticated;
///
/// async fn who_am_i(Authenticated(claims): Authenticated) -> String {
///     claims.subject().to_string()
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Authenticated(pub Claims);

impl FromRequest for Authenticated {
    type Error = AuthenticationError;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(authenticate(request).map(Self))
    }
}

/// Verifies the bearer token of `request`; for services that write an extractor of their own.
///
/// # Errors
///
/// If the token is missing or no good, if it cannot be judged now, or if the app has no [`Verifier`] in its data.
pub fn authenticate(request: &HttpRequest) -> Result<Claims, AuthenticationError> {
    let Some(verifier) = request.app_data::<web::Data<Verifier>>() else {
        tracing::error!("no web::Data<Verifier> in the app's data: no request can be authenticated");
        return Err(AuthenticationError::NotConfigured);
    };
    let claims = bearer_token(request.headers()).and_then(|token| verifier.verify(token));
    claims.map_err(|error| {
        tracing::debug!(reason = error.label(), "request not authenticated");
        AuthenticationError::Token(error)
    })
}

/// The one bearer token in `headers` (RFC 6750, section 2.1).
///
/// # Errors
///
/// [`Reason::NoToken`] unless there is exactly one `Authorization` header, its scheme is `Bearer` in any letter
/// case, and one token follows it.
pub fn bearer_token(headers: &HeaderMap) -> Result<&str, VerifyError> {
    let mut values = headers.get_all(AUTHORIZATION);
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(Reason::NoToken.into());
    };
    let (scheme, token) = value.to_str().ok().and_then(|v| v.split_once(' ')).ok_or(Reason::NoToken)?;
    let token = token.trim_start_matches(' ');
    let is_token = !token.is_empty() && token.bytes().all(is_token_byte);
    if scheme.eq_ignore_ascii_case("Bearer") && is_token { Ok(token) } else { Err(Reason::NoToken.into()) }
}

/// The characters of RFC 6750's `b64token`.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)
}

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

impl ResponseError for AuthenticationError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Token(VerifyError::Invalid(_)) => StatusCode::UNAUTHORIZED,
            Self::Token(VerifyError::Unavailable(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::NotConfigured => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response.content_type(ContentType::json());
        match self {
            Self::Token(VerifyError::Invalid(_)) => {
                response.insert_header((WWW_AUTHENTICATE, "Bearer")).body(UNAUTHORIZED)
            }
            Self::Token(VerifyError::Unavailable(_)) => {
                response.insert_header((RETRY_AFTER, RETRY_AFTER_SECONDS)).body(KEYS_UNAVAILABLE)
            }
            Self::NotConfigured => response.body(INTERNAL),
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn headers(values: &[&[u8]]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
        }
        headers
    }

    #[test]
    fn takes_the_one_token() {
        assert_eq!(bearer_token(&headers(&[b"Bearer a.b-c_d~e+f/g="])), Ok("a.b-c_d~e+f/g="));
        assert_eq!(bearer_token(&headers(&[b"bEARER  x"])), Ok("x"));
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
            assert_eq!(
                bearer_token(&headers(values)),
                Err(VerifyError::Invalid(Reason::NoToken)),
                "{values:?}"
            );
        }
    }
}
