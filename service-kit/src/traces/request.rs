//! The span of a request.

use actix_web::Error;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::HeaderName;

use super::context::TraceParent;
use super::span::Span;
use super::tracer::{self, Tracer};

/// Names the span of the caller.
static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// What the conventions call a method that is none of HTTP's: a client can make up any.
const OTHER_METHOD: &str = "_OTHER";

/// Starts the span of a request, if traces are on and the request is sampled. Its log lines then have the trace's id.
pub(crate) fn begin(request: &ServiceRequest) -> Span {
    let Some(tracer) = tracer::get() else { return Span::default() };
    let (method, route) = (method(request.method()), || request.match_pattern());
    let mut span = Span::of_request(parent(request, tracer), || match route() {
        Some(route) => format!("{method} {route}"),
        None => method.to_owned(),
    });
    if let Some(id) = span.trace_id() {
        tracing::Span::current().record("trace_id", tracing::field::display(id));
        span.set("http.request.method", method);
        if let Some(route) = route() {
            span.set("http.route", route);
        }
    }
    span
}

/// Ends the span with the status of the response.
pub(crate) fn end<B>(mut span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
    if !span.is_recorded() {
        return;
    }
    let status = match outcome {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    span.set("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.fail(status.as_str().to_owned());
    }
}

/// Returns the caller's span, if the caller is trusted: anybody else could have every request traced.
fn parent(request: &ServiceRequest, tracer: &Tracer) -> Option<TraceParent> {
    let mut headers = request.headers().get_all(&TRACEPARENT);
    let header = headers.next()?;
    let peer = request.peer_addr()?.ip().to_canonical();
    if headers.next().is_some() || !tracer.trusts(peer) {
        return None;
    }
    TraceParent::parse(header.as_bytes())
}

fn method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        "CONNECT" => "CONNECT",
        "TRACE" => "TRACE",
        _ => OTHER_METHOD,
    }
}
