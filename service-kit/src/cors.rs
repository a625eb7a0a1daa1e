//! Cross-origin requests (CORS): the request headers that pages may send, and responses to refused preflights.

use std::str::FromStr;

use actix_cors::{Cors, CorsError};
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, CONTENT_TYPE, HeaderName,
    HeaderValue, ORIGIN, VARY,
};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError};

use crate::envelope::Rejection;

/// Maximum number of names in `CORS_ALLOWED_HEADERS`: the response to every preflight lists them all.
const MAX_HEADERS: usize = 50;
/// Maximum length of one name, in bytes. The longest registered name has under 50.
const MAX_NAME_LENGTH: usize = 100;

/// Headers that a page may always send: those that the services read, and those that tracing adds to every request (W3C
/// Trace Context, W3C Baggage, Sentry). Tracing must not break a page.
const ALWAYS: [HeaderName; 6] = [
    CONTENT_TYPE,
    AUTHORIZATION,
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
    HeaderName::from_static("baggage"),
    HeaderName::from_static("sentry-trace"),
];

/// Names that no page can set (Fetch, "forbidden request-header"), so that listing them changes nothing.
const FORBIDDEN: [&str; 20] = [
    "accept-charset",
    "accept-encoding",
    "access-control-request-headers",
    "access-control-request-method",
    "connection",
    "content-length",
    "cookie",
    "cookie2",
    "date",
    "dnt",
    "expect",
    "host",
    "keep-alive",
    "origin",
    "referer",
    "set-cookie",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Names in which proxies pass on the client's address. Pages must not set them.
const OF_PROXIES: [&str; 3] = ["forwarded", "x-real-ip", "via"];

/// Request headers that pages of trusted origins may send, besides those that are always allowed: a comma-separated list
/// of names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedHeaders(Vec<HeaderName>);

impl FromStr for AllowedHeaders {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        let mut allowed = names.map(header_name).collect::<Result<Vec<_>, _>>()?;
        allowed.sort_unstable_by(|one, other| one.as_str().cmp(other.as_str()));
        allowed.dedup();
        if allowed.len() > MAX_HEADERS {
            return Err(format!("lists more than {MAX_HEADERS} names"));
        }
        Ok(Self(allowed))
    }
}

fn header_name(text: &str) -> Result<HeaderName, String> {
    let shown = text.escape_debug().take(MAX_NAME_LENGTH).collect::<String>();
    if text.contains('*') {
        return Err(format!("{shown}: wildcards are not supported; list each header by its name"));
    }
    let name = HeaderName::from_bytes(text.as_bytes()).ok().filter(|_| text.len() <= MAX_NAME_LENGTH);
    let name =
        name.ok_or_else(|| format!("{shown} is not the name of a header, such as x-client-version"))?;
    let lower = name.as_str();
    if lower.starts_with("x-forwarded-") || OF_PROXIES.contains(&lower) {
        return Err(format!("{shown} is for proxies to set, and no page may send it"));
    }
    if lower.starts_with("proxy-") || lower.starts_with("sec-") || FORBIDDEN.contains(&lower) {
        return Err(format!("{shown} is a header that browsers let no page set"));
    }
    Ok(name)
}

impl AllowedHeaders {
    /// Allows pages to send these headers and those that are always allowed.
    pub fn apply(&self, cors: Cors) -> Cors {
        cors.allowed_headers(ALWAYS.iter().chain(&self.0))
    }
}

/// Middleware for `actix_web::middleware::from_fn`, around [`Cors`]: answers a refused preflight with a 403, the error
/// envelope and no CORS headers, which tells the browser that the page may not call. actix-cors answers 400 in plain text.
///
/// # Errors
/// Those of the inner service.
pub async fn refuse_preflight<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let response = next.call(request).await?;
    let refused = response.response().error().and_then(|error| error.as_error::<CorsError>().cloned());
    let Some(refused) = refused else { return Ok(response.map_into_left_body()) };
    let mut refusal = rejection(&refused).error_response();
    // A cache must not reuse the decision about one origin for another.
    let vary = [ORIGIN, ACCESS_CONTROL_REQUEST_METHOD, ACCESS_CONTROL_REQUEST_HEADERS];
    for name in vary {
        refusal.headers_mut().append(VARY, HeaderValue::from(name));
    }
    Ok(response.into_response(refusal).map_into_boxed_body().map_into_right_body())
}

fn rejection(refused: &CorsError) -> Rejection {
    let message = match refused {
        CorsError::MethodNotAllowed | CorsError::BadRequestMethod | CorsError::MissingRequestMethod => {
            "Pages of other origins may not use this method"
        }
        CorsError::HeadersNotAllowed | CorsError::BadRequestHeaders => {
            "Pages of other origins may not send one of these headers"
        }
        _ => "Pages of this origin may not call this service",
    };
    Rejection::new(StatusCode::FORBIDDEN, "CORS_REFUSED", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_in_any_case_and_listed_once() {
        let allowed: AllowedHeaders = "X-Client-Version, x-tenant,,x-client-version ".parse().unwrap();
        assert_eq!(allowed.0, ["x-client-version", "x-tenant"]);
        assert_eq!("".parse::<AllowedHeaders>().unwrap(), AllowedHeaders::default());
    }

    #[test]
    fn names_that_no_page_can_or_may_send_are_rejected() {
        for name in [
            "*",
            "x-*",
            "a b",
            "x:y",
            "x-\u{fc}",
            "x\u{1b}[31m",
            "Cookie",
            "Origin",
            "Host",
            "Sec-Fetch-Site",
            "Proxy-Authorization",
            "X-Forwarded-For",
            "Forwarded",
            "X-Real-IP",
        ] {
            let error = name.parse::<AllowedHeaders>().unwrap_err();
            assert!(error.chars().all(|shown| !shown.is_control()), "{error}");
        }
        assert!("x".repeat(MAX_NAME_LENGTH + 1).parse::<AllowedHeaders>().unwrap_err().len() < 200);
        let many: Vec<_> = (0..=MAX_HEADERS).map(|number| format!("x-{number}")).collect();
        assert!(many.join(",").parse::<AllowedHeaders>().is_err());
    }
}
