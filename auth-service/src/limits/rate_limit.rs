//! Rate limits of all requests below the prefix, checked before anything else.

use std::sync::Arc;

use actix_web::Error;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use service_kit::database::Pool;
use shared_claims::SharedClock;

use super::rate_rules::{CONFIRMATION, Scope};
use super::{Bucket, Limits, RateRules};
use crate::error::ApiError;
use crate::protocol::PREFIX;
use crate::protocol::service::service;
use crate::security_event::{SecurityEvent, SecurityLog};

/// Middleware around the scope of the prefix. Returns a refusal as a response and not as an error, so that the outer
/// middleware adds its headers.
pub async fn rate_limit<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let checked = match service::<RateLimiter>(&request) {
        Ok(limiter) => limiter.check(&request).await,
        Err(error) => Err(error),
    };
    match checked {
        Ok(()) => Ok(next.call(request).await?.map_into_left_body()),
        Err(refusal) => Ok(request.error_response(refusal).map_into_right_body()),
    }
}

pub struct RateLimiter {
    /// `None` if nothing is limited.
    pub limits: Option<Arc<Limits>>,
    pub rules: Arc<RateRules>,
    pub pool: Pool,
    pub log: Arc<SecurityLog>,
    pub clock: SharedClock,
}

impl RateLimiter {
    async fn check(&self, request: &ServiceRequest) -> Result<(), ApiError> {
        let Some(limits) = &self.limits else { return Ok(()) };
        // The browser sends a preflight by itself, so it does not count.
        if request.method() == Method::OPTIONS {
            return Ok(());
        }
        // The path that will be routed. `HttpRequest::match_pattern` would use the percent-encoded path.
        let route = request.resource_map().match_pattern(request.match_info().as_str()).unwrap_or_default();
        let confirms =
            request.method() == Method::POST && route.strip_suffix("/verify-email") == Some(PREFIX);
        let route = if confirms { CONFIRMATION } else { &*route };
        let bucket = Bucket { network: self.log.network(request.request()), route };
        let now = self.clock.now();
        let outcome = match self.rules.of(route) {
            Some((rule, Scope::Shared)) => limits.check_shared(&self.pool, bucket, rule, now).await,
            Some((rule, Scope::Replica)) => limits.check_in_replica(bucket, rule, now),
            None => Ok(()),
        };
        if matches!(outcome, Err(ApiError::TooManyRequests { .. })) {
            let client = self.log.client(request.request());
            self.log.throttled(SecurityEvent::RateLimited.by(client), &bucket);
        }
        outcome
    }
}
