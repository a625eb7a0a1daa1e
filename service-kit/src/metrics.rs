//! Metrics for Prometheus, on a separate address: not everybody who can reach the service may read them.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use actix_web::http::header::ContentType;
use actix_web::{App, HttpResponse, web};
use metrics::{describe_gauge, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::health::Readiness;
use crate::lifecycle::{ConnectionLimit, bind_workers};
use crate::request_metrics::RequestMetrics;
use crate::{collectors, database, security_log};

/// Collectors scrape every few seconds: one thread, and connections for a few collectors.
const CONNECTIONS: NonZeroUsize = NonZeroUsize::new(16).unwrap();
/// Always 1; label `version`.
const BUILD_INFO: &str = "latchkey_build_info";
/// The end of the name of every histogram.
const DURATIONS: &str = "_duration_seconds";
/// Upper bounds of the buckets of durations, in seconds. Reads take one to five milliseconds, a hash 60 to 250, and
/// everything that a request waits for has a limit of a few seconds.
const BUCKETS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// How often samples of histograms are added up, in case nobody scrapes. They take 16 bytes each until then.
const UPKEEP: Duration = Duration::from_secs(5);

/// Why metrics cannot be served. One line, without secrets.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// The address is in use or does not belong to this machine.
    #[error("METRICS_BIND: cannot listen on {0}: {1}")]
    Bind(SocketAddr, std::io::Error),
    /// The process has a recorder already.
    #[error("metrics: {0}")]
    Recorder(#[from] metrics_exporter_prometheus::BuildError),
}

/// Starts recording metrics and serves `/metrics` at `address` in the background until the process ends. `version` is that
/// of the service. Call it once per process, and before the service is built: its parts look up their metrics when they are
/// created. Without it, recording costs next to nothing.
///
/// # Errors
/// If the address cannot be bound or the process has a recorder already.
pub fn serve(address: SocketAddr, version: &'static str) -> Result<(), MetricsError> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix(DURATIONS.to_owned()), &BUCKETS)?
        .install_recorder()?;
    collectors::enable();
    describe_gauge!(BUILD_INFO, "The version of the service.");
    gauge!(BUILD_INFO, "version" => version).set(1.0);
    RequestMetrics::describe();
    database::describe_metrics();
    security_log::describe_metrics();
    let metrics = web::Data::new(recorder.clone());
    let app = move || App::new().app_data(metrics.clone()).route("/metrics", web::get().to(show));
    let (limit, readiness) = (ConnectionLimit { max_connections: CONNECTIONS }, Readiness::new(Vec::new()));
    let bound = bind_workers(app, address, 1, limit, &readiness);
    let (server, addresses) = bound.map_err(|error| MetricsError::Bind(address, error))?;
    for addr in addresses {
        tracing::info!(%addr, "metrics");
    }
    actix_web::rt::spawn(server);
    actix_web::rt::spawn(add_up(recorder));
    Ok(())
}

async fn add_up(recorder: PrometheusHandle) {
    loop {
        tokio::time::sleep(UPKEEP).await;
        recorder.run_upkeep();
    }
}

async fn show(metrics: web::Data<PrometheusHandle>) -> HttpResponse {
    collectors::collect();
    HttpResponse::Ok().content_type(ContentType::plaintext()).body(metrics.render())
}
