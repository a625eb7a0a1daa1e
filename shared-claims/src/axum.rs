//! Extracts verified claims in axum.

use axum_core::body::Body;
use axum_core::extract::{FromRef, FromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::request::Parts;

use crate::authentication::{self, Authenticated, AuthenticationError};
use crate::claims::Claims;
use crate::step_up::{Requirement, StepUp};
use crate::verifier::Verifier;

impl<S> FromRequestParts<S> for Authenticated
where
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = AuthenticationError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        authenticate_headers(&Verifier::from_ref(state), &parts.headers).map(Self)
    }
}

impl<R, S> FromRequestParts<S> for StepUp<R>
where
    R: Requirement,
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = AuthenticationError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let verifier = Verifier::from_ref(state);
        let claims = authenticate_headers(&verifier, &parts.headers)?;
        Ok(Self::check(&verifier, claims)?)
    }
}

/// Verifies the bearer token in the headers of a request, for services with their own extractor.
///
/// # Errors
///
/// If the token is missing or invalid, or if it cannot be verified now.
pub fn authenticate_headers(verifier: &Verifier, headers: &HeaderMap) -> Result<Claims, AuthenticationError> {
    let values = headers.get_all(AUTHORIZATION).iter().map(HeaderValue::as_bytes);
    authentication::authenticate(verifier, values)
}

impl IntoResponse for AuthenticationError {
    fn into_response(self) -> Response {
        let answer = self.answer();
        let mut response = Response::new(Body::from(answer.body));
        *response.status_mut() =
            StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some((name, value)) = answer.header
            && let Ok(value) = HeaderValue::from_str(&value)
        {
            headers.insert(HeaderName::from_static(name), value);
        }
        response
    }
}
