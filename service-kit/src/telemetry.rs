//! Logging: one line per event, on standard output, as text or JSON.

use std::io::IsTerminal;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::{Error, HttpMessage};
use clap::ValueEnum;
use tracing::{Level, Metadata, Span};
use tracing_actix_web::{RequestId, RootSpanBuilder};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::health;

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For a person at a terminal.
    Text,
    /// One JSON object per line, for a log collector.
    Json,
}

/// Starts logging to standard output. `RUST_LOG` sets what is logged (default `info`). A second call changes nothing.
pub fn init(format: LogFormat) {
    // Files and pipes get no colours.
    start(format, std::io::stdout, std::io::stdout().is_terminal());
}

/// Starts logging to standard error, for a command whose result goes to standard output.
pub fn init_to_stderr(format: LogFormat) {
    start(format, std::io::stderr, std::io::stderr().is_terminal());
}

fn start<W>(format: LogFormat, writer: W, ansi: bool)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let mut filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // The driver's debug lines contain statement parameters: emails, hashes, texts of users.
    if let Ok(quiet) = "tokio_postgres=info".parse() {
        filter = filter.add_directive(quiet);
    }
    let builder = tracing_subscriber::fmt().with_writer(writer).with_env_filter(filter).with_ansi(ansi);
    let ours = || filter_fn(|metadata| !is_caused_by_client(metadata) && !shows_a_path(metadata));
    // Fails only if a subscriber is set already, as in a test that starts two services.
    let _ = match format {
        LogFormat::Text => builder.finish().with(ours()).try_init(),
        LogFormat::Json => builder.json().finish().with(ours()).try_init(),
    };
}

/// Whether an event reports a broken connection or invalid HTTP. actix-http logs these as errors, and any client can cause
/// any number of them. Its other errors are about response bodies that fail; ours are in memory and cannot.
fn is_caused_by_client(metadata: &Metadata<'_>) -> bool {
    *metadata.level() == Level::ERROR && metadata.target().starts_with("actix_http::h1")
}

/// Whether an event contains the path of a request, which can contain a token. actix-web logs at debug level the path of
/// requests that its extractors reject; `RequestSpan` logs that they were refused and why.
fn shows_a_path(metadata: &Metadata<'_>) -> bool {
    metadata.target().starts_with("actix_web::types")
}

/// The span around a request: method, route pattern, request id and, if it is traced, the id of its trace. Never the path itself, its query, a header or a body:
/// these can contain tokens.
pub struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let id = request.extensions().get::<RequestId>().copied();
        tracing::info_span!(
            "request",
            method = %request.method(),
            route = request.match_pattern().as_deref().unwrap_or("none"),
            request_id = id.map(tracing::field::display),
            trace_id = tracing::field::Empty,
        )
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let (status, error) = match outcome {
            Ok(response) => (response.status(), response.response().error()),
            Err(error) => (error.as_response_error().status_code(), Some(error)),
        };
        let _entered = span.enter();
        match error {
            Some(error) if status == StatusCode::INTERNAL_SERVER_ERROR => {
                tracing::error!(status = status.as_u16(), %error, "request failed");
            }
            // Readiness is checked every few seconds; a failing check is reported by the platform.
            Some(error) if status.is_server_error() && !is_readiness(outcome) => {
                tracing::warn!(status = status.as_u16(), %error, "request not served");
            }
            Some(error) => tracing::debug!(status = status.as_u16(), %error, "request refused"),
            None => tracing::debug!(status = status.as_u16(), "request served"),
        }
    }
}

fn is_readiness<B>(outcome: &Result<ServiceResponse<B>, Error>) -> bool {
    outcome.as_ref().is_ok_and(|response| response.request().path() == health::READINESS_PATH)
}
