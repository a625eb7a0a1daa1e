//! Traces of requests, exported to an OpenTelemetry collector by OTLP over HTTP. Off by default.
//!
//! A sampled request has a span, below which are its statements, its waits for a connection and its password hashes. An
//! unsampled one creates nothing. A span never contains a path, a query, a header, a body or a parameter.
//!
//! Why this is not built with the crates of OpenTelemetry: their bridge from `tracing` keeps data for every span, sampled or
//! not, and copies log lines into them; their exporter reads its settings from the environment, past the command line. What
//! is left, the format, is stable and small.

mod context;
mod export;
mod model;
mod otlp;
mod protobuf;
pub(crate) mod request;
mod settings;
mod span;
mod tracer;

use std::net::IpAddr;

pub use self::export::{Exporter, TracesError};
pub use self::model::{Kind, Resource, Value};
pub use self::settings::{Endpoint, SamplingRatio, TraceSettings};
pub use self::span::{Span, carry};
use self::tracer::Tracer;

/// Starts tracing, for the whole process, if a collector is configured. `trusts` decides from whom `traceparent` is
/// accepted.
///
/// # Errors
/// If the HTTP client or the thread cannot be created.
pub fn start(
    settings: &TraceSettings,
    resource: Resource,
    trusts: impl Fn(IpAddr) -> bool + Send + Sync + 'static,
) -> Result<Exporter, TracesError> {
    let Some(url) = settings.endpoint.traces_url() else { return Ok(Exporter::off()) };
    let (exporter, queue) = Exporter::start(url, resource)?;
    tracer::install(Tracer::new(settings.sampling_ratio, trusts, queue));
    Ok(exporter)
}
