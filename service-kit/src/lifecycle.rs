//! Binding, serving and graceful shutdown.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use actix_http::{ConnectionType, HttpService, Request, Response};
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

/// Maximum time for in-flight requests to finish during shutdown. Longer than the slowest statement, shorter than the ten
/// seconds after which container platforms kill the process.
pub const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(8);

/// Maximum time for a client to send a request head: enough for a slow phone, too short to hold sockets open.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an idle connection stays open. Longer than browsers and gateways pause between two requests.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Maximum time to close a connection whose request body was not read to its end. Long enough for the client to receive
/// the response.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Connections that the kernel queues while the service is busy or at its limit. The default of actix-web and most servers.
const BACKLOG: u32 = 1024;
/// Bytes of a response that the kernel buffers for a connection; Linux doubles the number. Nearly every response fits. The
/// kernel's own choice goes up to 4 MB, which counts as memory of the container.
const SEND_BUFFER: u32 = 64 * 1024;

/// Limits the number of connections.
#[derive(Debug, Clone, Copy, Args)]
pub struct ConnectionLimit {
    /// Maximum number of open client connections
    ///
    /// Shared out among the worker threads (one per core), with at least one for each. Further clients wait until one
    /// closes. A connection holds up to 17 kB of memory when it is idle, and about 250 kB at most.
    #[arg(long, env = "MAX_CONNECTIONS", default_value = "1024")]
    pub max_connections: NonZeroUsize,
}

/// Binds `app` to `address` and returns the bound addresses. Port 0 takes a free port. Does not serve yet.
///
/// While `readiness` is draining, each response ends its connection. A gateway then opens a new one, here or at another
/// replica. At the end only connections are left that carried no request meanwhile, so few requests are on their way when
/// these are closed.
///
/// # Errors
/// If the address is in use or does not belong to this machine.
pub fn bind<F, I, S, B>(
    app: F,
    address: SocketAddr,
    limit: ConnectionLimit,
    readiness: &Readiness,
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
    bind_workers(app, address, workers::count(), limit, readiness)
}

/// Binds `app` with this many threads.
///
/// Does what `HttpServer` does, with [our own connections](crate::connection), which `HttpServer` does not support.
pub(crate) fn bind_workers<F, I, S, B>(
    app: F,
    address: SocketAddr,
    workers: usize,
    limit: ConnectionLimit,
    readiness: &Readiness,
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
    let (shutdown, readiness) = (builder.graceful_shutdown_signal(), readiness.clone());
    let serve = move || {
        let (shutdown, readiness) = (shutdown.clone(), readiness.clone());
        let app = app().into_factory().map(move |response: S::Response| ending(response.into(), &readiness));
        let app = app.map_err(|error| error.into().error_response());
        let app = map_config(app, |()| AppConfig::default());
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let shutdown = shutdown.clone();
                async move { shutdown.notified().await }
            })
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(HEAD_TIMEOUT)
            .client_disconnect_timeout(DISCONNECT_TIMEOUT)
            // When a client hangs up, its request is dropped, and with it the place in every queue.
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

/// Makes a response end its connection if the service is shutting down.
fn ending<B>(mut response: Response<B>, readiness: &Readiness) -> Response<B> {
    if readiness.is_draining() {
        response.head_mut().set_connection_type(ConnectionType::Close);
    }
    response
}

fn listen(address: SocketAddr) -> std::io::Result<std::net::TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    // Accepted connections inherit it.
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}

/// Runs `server` until SIGTERM or SIGINT. Then `/readyz` answers 503 for `drain` while requests are still accepted, so that
/// load balancers notice; after that the listener closes and in-flight requests finish.
///
/// # Errors
/// If the server itself fails.
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
    // The server also ends if its workers fail; then there is nothing to stop.
    let mut server = std::pin::pin!(server);
    tokio::select! {
        outcome = &mut server => outcome,
        () = stop => server.await,
    }
}
