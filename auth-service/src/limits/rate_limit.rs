//! The rate limits, for everything under the prefix and before every other check.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{Error, web};

use super::Bucket;
use super::rate_rules::{CONFIRMATION, Counted};
use crate::client_address::Network;
use crate::error::ApiError;
use crate::security_event::{self, SecurityEvent};
use crate::state::State;

/// Middleware for `actix_web::middleware::from_fn`, around the scope of the prefix. A refusal is an answer and no
/// error to the middlewares outside, so that it gets all their headers.
///
/// # Errors
/// Those of the services inside.
pub async fn rate_limit<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    match check(&request).await {
        Ok(()) => Ok(next.call(request).await?.map_into_left_body()),
        Err(refusal) => Ok(request.error_response(refusal).map_into_right_body()),
    }
}

async fn check(request: &ServiceRequest) -> Result<(), ApiError> {
    let state = request
        .app_data::<web::Data<State>>()
        .ok_or_else(|| ApiError::Internal("no state in app data".to_owned()))?;
    let Some(limits) = &state.limits else { return Ok(()) };
    // A preflight that a browser makes by itself is not the page's doing.
    if request.method() == Method::OPTIONS {
        return Ok(());
    }
    // The path as it will be routed. `HttpRequest::match_pattern` would take it as it came, percent-encoded.
    let route = request.resource_map().match_pattern(request.match_info().as_str()).unwrap_or_default();
    let network = Network::of(state.settings.trusted_proxies.client(request.request()));
    let confirms = request.method() == Method::POST && route.ends_with("/verify-email");
    let route = if confirms { CONFIRMATION } else { &*route };
    let bucket = Bucket { network, route };
    let now = state.clock.now();
    let outcome = match state.settings.rate_rules.of(route) {
        Some((rule, Counted::Everywhere)) => limits.check_everywhere(&state.pool, bucket, rule, now).await,
        Some((rule, Counted::Here)) => limits.check_here(bucket, rule, now),
        None => Ok(()),
    };
    if matches!(outcome, Err(ApiError::TooManyRequests { .. })) {
        let client = security_event::client(&state.settings.trusted_proxies, request.request());
        state.throttle.emit(SecurityEvent::RateLimited.by(client), &bucket, now);
    }
    outcome
}
