//! Extracts verified claims in actix-web.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, ContentType, HeaderMap, HeaderValue};
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError, web};

use crate::authentication::{self, Authenticated, AuthenticationError};
use crate::claims::Claims;
use crate::error::VerifyError;
use crate::step_up::{Requirement, StepUp};
use crate::verifier::Verifier;

impl FromRequest for Authenticated {
    type Error = AuthenticationError;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(authenticate(request).map(Self))
    }
}

impl<R: Requirement> FromRequest for StepUp<R> {
    type Error = AuthenticationError;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(authenticate(request).and_then(|claims| Ok(Self::check(verifier(request)?, claims)?)))
    }
}

/// Verifies the bearer token of `request`, for services with their own extractor.
///
/// # Errors
///
/// If the token is missing or invalid, if it cannot be verified now, or if the app has no [`Verifier`] in its data.
pub fn authenticate(request: &HttpRequest) -> Result<Claims, AuthenticationError> {
    authentication::authenticate(verifier(request)?, values(request.headers()))
}

fn verifier(request: &HttpRequest) -> Result<&Verifier, AuthenticationError> {
    let Some(verifier) = request.app_data::<web::Data<Verifier>>() else {
        tracing::error!("no web::Data<Verifier> in the app's data: no request can be authenticated");
        return Err(AuthenticationError::NotConfigured);
    };
    Ok(verifier)
}

/// Returns the bearer token in `headers` (RFC 6750, section 2.1).
///
/// # Errors
///
/// [`Reason::NoToken`](crate::Reason::NoToken) unless there is exactly one `Authorization` header, its scheme is
/// `Bearer` in any letter case, and one token follows it.
pub fn bearer_token(headers: &HeaderMap) -> Result<&str, VerifyError> {
    authentication::bearer_token(values(headers))
}

fn values(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers.get_all(AUTHORIZATION).map(HeaderValue::as_bytes)
}

impl ResponseError for AuthenticationError {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.answer().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let answer = self.answer();
        let mut response = HttpResponse::build(self.status_code());
        response.content_type(ContentType::json());
        if let Some((name, value)) = answer.header {
            response.insert_header((name, value.into_owned()));
        }
        response.body(answer.body)
    }
}
