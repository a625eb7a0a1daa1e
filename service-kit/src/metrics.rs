//! Figures for Prometheus, on an address of their own: they are not for everybody who can reach the service.

use std::net::SocketAddr;
use std::num::NonZeroUsize;

use actix_web::http::header::ContentType;
use actix_web::{App, HttpResponse, web};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::lifecycle::{ConnectionLimit, bind_workers};

/// Whoever collects figures comes every few seconds: one thread, and connections for a few of them.
const CONNECTIONS: NonZeroUsize = NonZeroUsize::new(16).unwrap();

/// Why figures cannot be served. One line, without secrets.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// The address is taken or not ours.
    #[error("METRICS_BIND: cannot listen on {0}: {1}")]
    Bind(SocketAddr, std::io::Error),
    /// The process counts for somebody else already.
    #[error("metrics: {0}")]
    Recorder(#[from] metrics_exporter_prometheus::BuildError),
}

/// Counts from now on, and serves `/metrics` at `address` in the background for as long as the process lives. Once a
/// process; without it, counting costs next to nothing.
///
/// # Errors
/// When the address cannot be listened on, or something else counts already.
pub fn serve(address: SocketAddr) -> Result<(), MetricsError> {
    let figures = web::Data::new(PrometheusBuilder::new().install_recorder()?);
    let app = move || App::new().app_data(figures.clone()).route("/metrics", web::get().to(show));
    let bound = bind_workers(app, address, 1, ConnectionLimit { max_connections: CONNECTIONS });
    let (server, addresses) = bound.map_err(|error| MetricsError::Bind(address, error))?;
    for addr in addresses {
        tracing::info!(%addr, "metrics");
    }
    actix_web::rt::spawn(server);
    Ok(())
}

async fn show(figures: web::Data<PrometheusHandle>) -> HttpResponse {
    figures.run_upkeep();
    HttpResponse::Ok().content_type(ContentType::plaintext()).body(figures.render())
}
