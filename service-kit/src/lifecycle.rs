//! From the bound socket to a clean end.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use actix_http::{Request, Response};
use actix_service::IntoServiceFactory;
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, Server, ServiceFactory};
use actix_web::{Error, HttpServer};
use tokio::signal::unix::{SignalKind, signal};

use crate::health::Readiness;

/// How long requests under way may take to end after the service was told to stop. More than the slowest
/// statement, less than the ten seconds after which container platforms kill.
pub const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(8);

/// How long a client may take to send the head of a request: slow enough for a phone, too short to hold sockets.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an idle connection stays open: longer than the pause of a browser or gateway between two requests.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// How many threads serve requests: one a core.
pub fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Binds `app` to `address` (port 0 takes a free one) without serving yet; returns the addresses it got.
///
/// # Errors
/// When the address is taken or not ours.
pub fn bind<F, I, S, B>(app: F, address: SocketAddr) -> std::io::Result<(Server, Vec<SocketAddr>)>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error>,
    S::InitError: std::fmt::Debug,
    S::Response: Into<Response<B>>,
    B: MessageBody + 'static,
{
    let server = HttpServer::new(app)
        .workers(workers())
        .client_request_timeout(HEAD_TIMEOUT)
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(SHUTDOWN_TIMEOUT.as_secs())
        .tcp_nodelay(true)
        .disable_signals()
        .bind(address)?;
    let addresses = server.addrs();
    Ok((server.run(), addresses))
}

/// Runs `server` until SIGTERM or SIGINT; then `/readyz` answers 503 for `drain` while requests are still taken
/// (so that a load balancer notices), then the socket closes and what is under way ends.
///
/// # Errors
/// When the server itself fails.
pub async fn run(
    server: Server,
    addresses: &[SocketAddr],
    readiness: Readiness,
    drain: Duration,
) -> std::io::Result<()> {
    let handle = server.handle();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    for addr in addresses {
        tracing::info!(%addr, "listening");
    }
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        readiness.drain();
        tokio::time::sleep(drain).await;
        handle.stop(true).await;
    };
    // The server also ends by itself when its workers fail; then there is nothing left to stop.
    let mut server = std::pin::pin!(server);
    tokio::select! {
        outcome = &mut server => outcome,
        () = stop => server.await,
    }
}
