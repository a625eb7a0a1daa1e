//! Metrics for Prometheus, on a separate address: not everybody who can reach the service may read them.

use std::net::SocketAddr;
use std::num::NonZeroUsize;

use actix_web::http::header::ContentType;
use actix_web::{App, HttpResponse, web};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::lifecycle::{ConnectionLimit, bind_workers};

/// Collectors scrape every few seconds: one thread, and connections for a few collectors.
const CONNECTIONS: NonZeroUsize = NonZeroUsize::new(16).unwrap();

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

/// Starts recording metrics and serves `/metrics` at `address` in the background until the process ends. Call it once per
/// process. Without it, recording costs next to nothing.
///
/// # Errors
/// If the address cannot be bound or the process has a recorder already.
pub fn serve(address: SocketAddr) -> Result<(), MetricsError> {
    let metrics = web::Data::new(PrometheusBuilder::new().install_recorder()?);
    let app = move || App::new().app_data(metrics.clone()).route("/metrics", web::get().to(show));
    let bound = bind_workers(app, address, 1, ConnectionLimit { max_connections: CONNECTIONS });
    let (server, addresses) = bound.map_err(|error| MetricsError::Bind(address, error))?;
    for addr in addresses {
        tracing::info!(%addr, "metrics");
    }
    actix_web::rt::spawn(server);
    Ok(())
}

async fn show(metrics: web::Data<PrometheusHandle>) -> HttpResponse {
    metrics.run_upkeep();
    HttpResponse::Ok().content_type(ContentType::plaintext()).body(metrics.render())
}
