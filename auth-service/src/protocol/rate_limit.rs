//! Better Auth's rate limits, for everything under the prefix and before every other check.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{Error, web};
use jiff::SignedDuration;

use super::PREFIX;
use crate::error::ApiError;
use crate::limits::{Bucket, Network, Rule, Since};
use crate::state::State;

/// For an address and a route. `useSession` asks for the session whenever a window gets the focus, so this is wide.
const GENERAL: Rule = rule(100, 10);
/// `forward-auth`: a page of the application behind the proxy loads a hundred files at once, and each asks.
const FORWARD_AUTH: Rule = rule(3000, 10);
/// Where credentials are tried or accounts made.
const CREDENTIALS: Rule = rule(3, 10);
/// Where mail is sent to an address that anybody can type.
const MAIL: Rule = rule(3, 60);

const fn rule(max: i32, seconds: i64) -> Rule {
    Rule { max, window: SignedDuration::from_secs(seconds), since: Since::LastAllowed }
}

/// The route that a link sends a password to. Opening the link has the same path, and a count of its own.
const CONFIRMATION: &str = "/api/auth/verify-email by POST";

/// The rule of a route that is shared by all replicas; the others have the general one, in each replica's memory.
fn shared(route: &str) -> Option<&'static Rule> {
    let path = route.strip_prefix(PREFIX)?;
    match path {
        "/change-password" | "/change-email" | "/verify-email by POST" => Some(&CREDENTIALS),
        "/request-password-reset" | "/send-verification-email" => Some(&MAIL),
        _ if path.starts_with("/sign-in/") || path.starts_with("/sign-up/") => Some(&CREDENTIALS),
        _ => None,
    }
}

/// The rule of a route that each replica counts for itself.
fn local(route: &str) -> Rule {
    if route.strip_prefix(PREFIX) == Some("/forward-auth") { FORWARD_AUTH } else { GENERAL }
}

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
    match shared(route) {
        Some(rule) => limits.check_everywhere(&state.pool, bucket, *rule, now).await,
        None => limits.check_here(bucket, local(route), now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_are_better_auths() {
        for (path, max, seconds) in [
            ("/sign-in/email", 3, 10),
            ("/sign-in/social", 3, 10),
            ("/sign-up/email", 3, 10),
            ("/change-password", 3, 10),
            ("/change-email", 3, 10),
            ("/request-password-reset", 3, 60),
            ("/send-verification-email", 3, 60),
        ] {
            let rule = shared(&format!("{PREFIX}{path}")).unwrap();
            assert_eq!((rule.max, rule.window.as_secs()), (max, seconds), "{path}");
        }
        for path in ["", "/get-session", "/sign-out", "/reset-password/{token}", "/sign-in"] {
            assert_eq!(shared(&format!("{PREFIX}{path}")), None, "{path}");
        }
        assert_eq!(shared(""), None);
        assert_eq!((GENERAL.max, GENERAL.window.as_secs()), (100, 10));
    }
}
