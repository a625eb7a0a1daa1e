//! From the bound socket to a clean end.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use actix_http::{HttpService, Request, Response};
use actix_server::ServerBuilder;
use actix_service::{IntoServiceFactory, ServiceFactoryExt, apply_fn_factory, fn_service, map_config};
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, Server, ServiceFactory};
use clap::Args;
use tokio::net::{TcpSocket, TcpStream};
use tokio::signal::unix::{SignalKind, signal};

use crate::connection::{Connection, exchange};
use crate::health::Readiness;
use crate::workers;

/// How long requests under way may take to end after the service was told to stop. More than the slowest
/// statement, less than the ten seconds after which container platforms kill.
pub const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(8);

/// How long a client may take to send the head of a request: slow enough for a phone, too short to hold sockets.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an idle connection stays open: longer than the pause of a browser or gateway between two requests.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long a connection that ends before its request's body was read may take to do so: long enough for the client to
/// see the response.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Connections that the kernel keeps while the service is at its limit or busy; what actix-web and most servers take.
const BACKLOG: u32 = 1024;
/// How much of a response the kernel keeps for a connection; Linux doubles it. Enough for nearly every response at once,
/// while its own choice goes up to 4 MB, which counts as the container's memory.
const SEND_BUFFER: u32 = 64 * 1024;

/// How much connections may take together.
#[derive(Debug, Clone, Copy, Args)]
pub struct ConnectionLimit {
    /// Maximum number of open client connections
    ///
    /// Shared out among the worker threads (one per core), with at least one for each. Further clients wait until one
    /// closes. A connection holds 15 kB of memory when it is idle, and about 250 kB at most.
    #[arg(long, env = "MAX_CONNECTIONS", default_value = "1024")]
    pub max_connections: NonZeroUsize,
}

/// Binds `app` to `address` (port 0 takes a free one) without serving yet; returns the addresses it got.
///
/// # Errors
/// When the address is taken or not ours.
pub fn bind<F, I, S, B>(
    app: F,
    address: SocketAddr,
    limit: ConnectionLimit,
) -> std::io::Result<(Server, Vec<SocketAddr>)>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error>,
    S::InitError: std::fmt::Debug,
    S::Response: Into<Response<B>>,
    B: MessageBody + 'static,
{
    bind_workers(app, address, workers::count(), limit)
}

/// Binds `app` with this many threads.
///
/// What `HttpServer` does, but with [connections of our own](crate::connection), for which it has no place.
pub(crate) fn bind_workers<F, I, S, B>(
    app: F,
    address: SocketAddr,
    workers: usize,
    limit: ConnectionLimit,
) -> std::io::Result<(Server, Vec<SocketAddr>)>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<Error>,
    S::InitError: std::fmt::Debug,
    S::Response: Into<Response<B>>,
    B: MessageBody + 'static,
{
    let listener = listen(address)?;
    let local = listener.local_addr()?;
    let builder = ServerBuilder::new()
        .workers(workers)
        .max_concurrent_connections((limit.max_connections.get() / workers).max(1))
        .shutdown_timeout(SHUTDOWN_TIMEOUT.as_secs())
        .disable_signals();
    let shutdown = builder.graceful_shutdown_signal();
    let serve = move || {
        let shutdown = shutdown.clone();
        let app = app().into_factory().map_err(|error| error.into().error_response());
        let app = map_config(app, |()| AppConfig::default());
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let shutdown = shutdown.clone();
                async move { shutdown.notified().await }
            })
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(HEAD_TIMEOUT)
            .client_disconnect_timeout(DISCONNECT_TIMEOUT)
            // A client that hangs up is not waited for: its request is dropped, and its place in every queue with it.
            .h1_allow_half_closed(false)
            .local_addr(local)
            .on_connect_ext(|connection: &Connection, data| drop(data.insert(connection.flow())))
            .h1(apply_fn_factory(app, exchange));
        let connect = |stream: TcpStream| {
            let peer = stream.peer_addr().ok();
            std::future::ready(Ok((Connection::new(stream, HEAD_TIMEOUT), peer)))
        };
        fn_service(connect).and_then(http)
    };
    Ok((builder.listen("http", listener, serve)?.run(), vec![local]))
}

fn listen(address: SocketAddr) -> std::io::Result<std::net::TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    // Accepted connections inherit it.
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
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
