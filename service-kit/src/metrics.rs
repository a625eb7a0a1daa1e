//! Figures for Prometheus, on an address of their own: they are not for everybody who can reach the service.

use std::net::SocketAddr;

use actix_web::http::header::ContentType;
use actix_web::{App, HttpResponse, HttpServer, web};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

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
    // One thread: whoever collects figures comes every few seconds.
    let server = HttpServer::new(app).workers(1).disable_signals().bind(address);
    let server = server.map_err(|error| MetricsError::Bind(address, error))?;
    for addr in server.addrs() {
        tracing::info!(%addr, "metrics");
    }
    actix_web::rt::spawn(server.run());
    Ok(())
}

async fn show(figures: web::Data<PrometheusHandle>) -> HttpResponse {
    figures.run_upkeep();
    HttpResponse::Ok().content_type(ContentType::plaintext()).body(figures.render())
}
