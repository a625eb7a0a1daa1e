//! Building and running the HTTP server.

mod document;
mod error;
mod metrics;
mod routes;
mod services;

use std::net::SocketAddr;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App, web};
use service_kit::cors::{AllowedHeaders, refuse_preflight};
use service_kit::database::{DatabaseUrl, Pool, Timeouts};
use service_kit::guard::guard;
use service_kit::health::{self, DatabaseDependency, Readiness};
use service_kit::lifecycle::ConnectionLimit;
use service_kit::request_metrics::RequestMetrics;
use service_kit::response_headers::{Hsts, response_headers};
use service_kit::telemetry::RequestSpan;
use service_kit::traces::{self, Resource};
use service_kit::{database, envelope, lifecycle, openapi};
use shared_claims::SharedClock;
use tracing_actix_web::TracingLogger;
use utoipa::OpenApi;
use utoipa_actix_web::AppExt;

use self::document::Document;
pub use self::error::StartError;
use self::services::{Configured, Shared};
use crate::audit::RefusalRecorder;
use crate::background::Background;
use crate::config::Config;
use crate::email::{self, Backlog};
use crate::keys::{self, KeyRefresher, KeyRing, KeyRotation, KeysDependency, RotationPolicy};
use crate::protocol::cors::cors;
use crate::protocol::disabled_paths::DisabledPaths;
use crate::protocol::issuer_path::issuer_path;
use crate::protocol::origin::TrustedOrigins;
use crate::sessions::Cleanup;
use crate::status_lists::{StatusListRefresh, StatusLists};
use crate::webhooks;

/// The name of the service in messages.
pub const NAME: &str = "auth-service";
/// Database connections for mail. None is held during an SMTP conversation, so one is enough.
const MAIL_CONNECTIONS: usize = 1;
/// Database connections for the status lists: one for refreshing and one for the cleanup.
const STATUS_CONNECTIONS: usize = 2;
/// Database connections for the signing keys, which do not depend on those of requests.
const KEY_CONNECTIONS: usize = 1;

/// Database connections for webhooks. None is held while an event is sent, so one is enough.
const WEBHOOK_CONNECTIONS: usize = 1;

/// A service that is ready to bind a socket.
pub struct Prepared {
    address: DatabaseUrl,
    connections: usize,
    limit: ConnectionLimit,
    /// A connection for `/readyz`, which must not wait behind requests.
    readiness: Pool,
    keys: Arc<KeyRing>,
    origins: Arc<TrustedOrigins>,
    disabled_paths: DisabledPaths,
    shared: Shared,
    mail: Option<email::Worker>,
    webhooks: webhooks::Worker,
    status: StatusListRefresh,
    cleanup: Cleanup,
    refusals: RefusalRecorder,
    allowed_headers: AllowedHeaders,
    hsts: Hsts,
}

/// Checks the configuration like a start, but without any connection.
pub fn check(config: &Config, clock: SharedClock) -> Result<(), StartError> {
    config.keys.rotation_policy(config.tokens.clock_skew)?;
    database_address(config)?;
    Configured::new(config, clock)?;
    Ok(())
}

fn database_address(config: &Config) -> Result<DatabaseUrl, StartError> {
    let address = DatabaseUrl::parse("DATABASE_URL", &config.database_url()?, NAME)?;
    Ok(address.with_pooler(config.database_pooler))
}

/// Checks the configuration, waits for the database and loads the signing keys.
pub async fn prepare(config: &Config, clock: SharedClock) -> Result<Prepared, StartError> {
    let policy = config.keys.rotation_policy(config.tokens.clock_skew)?;
    prepare_with(config, clock, policy).await
}

/// Like [`prepare`], with a rotation policy that is not checked. For tests only.
pub async fn prepare_with(
    config: &Config,
    clock: SharedClock,
    policy: RotationPolicy,
) -> Result<Prepared, StartError> {
    let address = database_address(config)?;
    let configured = Configured::new(config, Arc::clone(&clock))?;
    let readiness = address.pool(1, Timeouts::REQUEST)?.measured("readiness");
    database::wait_until_usable(&readiness, &crate::migrations::runner(), NAME).await?;
    address.reject_undeclared_pooler().await?;
    let rotation = KeyRotation {
        pool: address.pool(KEY_CONNECTIONS, Timeouts::BACKGROUND)?.measured("keys"),
        encryption: Arc::clone(&configured.encryption),
        clock: Arc::clone(&clock),
        policy,
        size: config.keys.rsa_key_bits,
        token_lifetime: configured.tokens.ttl,
    };
    let keys = Arc::new(KeyRing::open(rotation).await?);
    let mail = match (&configured.outbox, &configured.mailer) {
        (Some(outbox), Some(mailer)) => Some(email::Worker {
            outbox: Arc::clone(outbox),
            mailer: Arc::clone(mailer),
            pool: address.pool(MAIL_CONNECTIONS, Timeouts::BACKGROUND)?.measured("mail"),
            clock: Arc::clone(&clock),
            poll_interval: config.mail.mail_poll_interval,
        }),
        _ => None,
    };
    let prefix = config.tokens.status_list_prefix(&config.base_url);
    let lists = Arc::new(StatusLists::new(prefix, config.tokens.status_list_interval));
    let pool = address.pool(STATUS_CONNECTIONS, Timeouts::BACKGROUND)?.measured("status_lists");
    let (own_lists, own_keys) = (Arc::clone(&lists), Arc::clone(&keys));
    let times = config.tokens.status_list_times();
    let cleanup = Cleanup::new(pool.clone(), Arc::clone(&clock), times, lists.activity());
    let refusals = RefusalRecorder {
        refusals: configured.log.refusals(),
        pool: pool.clone(),
        clock: Arc::clone(&clock),
    };
    let webhooks = webhooks::Worker {
        environment: configured.webhooks.clone(),
        encryption: Arc::clone(&configured.encryption),
        pool: address.pool(WEBHOOK_CONNECTIONS, Timeouts::BACKGROUND)?.measured("webhooks"),
        clock: Arc::clone(&clock),
        idle_interval: config.tokens.status_list_interval,
        activity: lists.activity().clone(),
    };
    let mut status = StatusListRefresh::new(own_lists, own_keys, pool, clock, times);
    status.refresh().await?;
    Ok(Prepared {
        address,
        connections: config.database_pool_size.get(),
        limit: config.connection_limit,
        readiness,
        origins: Arc::clone(&configured.origins),
        disabled_paths: configured.disabled_paths.clone(),
        shared: Shared::new(Arc::new(configured), config, Arc::clone(&keys), lists)?,
        keys,
        mail,
        webhooks,
        status,
        cleanup,
        refusals,
        allowed_headers: config.cors_allowed_headers.clone(),
        hsts: config.hsts.unwrap_or_else(|| Hsts::of(&config.base_url)),
    })
}

/// Binds the service, sends mail and rotates keys from now on. Requests are served when the returned server is
/// awaited.
///
/// # Errors
/// If the socket address cannot be bound.
pub fn bind(prepared: Prepared, bind: SocketAddr) -> Result<Bound, StartError> {
    let Prepared { address, connections, limit, keys, origins, disabled_paths, shared, .. } = prepared;
    let (allowed_headers, hsts) = (prepared.allowed_headers, prepared.hsts);
    let readiness = Readiness::new(vec![
        Box::new(DatabaseDependency(prepared.readiness)),
        Box::new(KeysDependency(Arc::clone(&keys))),
    ]);
    let watched = readiness.clone();
    let app = move || {
        let pool = address.worker_pool(connections);
        let (app, mut document) = App::new()
            .into_utoipa_app()
            .openapi(Document::openapi())
            .configure(|cfg| shared.register(pool, cfg))
            .configure(health::routes(watched.clone()))
            .configure(routes::features)
            .split_for_parts();
        document.paths.paths.retain(|path, _| !disabled_paths.contain(path));
        document::complete(&mut document);
        let request_metrics = RequestMetrics::new(&document);
        app.configure(openapi::routes(&document))
            .configure(openapi::method_not_allowed(&document))
            .default_service(web::to(envelope::not_found))
            .wrap(from_fn(guard))
            .wrap(cors(Arc::clone(&origins), &allowed_headers))
            .wrap(from_fn(refuse_preflight))
            .wrap(response_headers(hsts))
            .wrap(TracingLogger::<RequestSpan>::new())
            .wrap(request_metrics)
            .wrap(from_fn(issuer_path))
    };
    let (server, addresses) =
        lifecycle::bind(app, bind, limit, &readiness).map_err(|error| StartError::Bind(bind, error))?;
    let background = Background::default();
    keys::measure(&keys);
    KeyRefresher::start(keys, &background);
    prepared.status.start(&background);
    prepared.cleanup.start(&background);
    prepared.refusals.start(&background);
    prepared.webhooks.start(&background);
    if let Some(mail) = prepared.mail {
        Backlog::new(mail.pool.clone(), Arc::clone(&mail.clock), mail.poll_interval).start(&background);
        mail.start(&background);
    }
    Ok(Bound { server, addresses, readiness, background })
}

/// A service with a bound socket.
pub struct Bound {
    /// Serves requests when awaited.
    pub server: Server,
    /// The socket addresses that it listens on.
    pub addresses: Vec<SocketAddr>,
    /// The state that `/readyz` reports.
    pub readiness: Readiness,
    /// Key rotation, status lists and mail delivery.
    pub background: Background,
}

/// Starts the service and runs it until it is told to stop.
pub async fn serve(config: Config, clock: SharedClock) -> Result<(), StartError> {
    if let Some(address) = config.metrics_bind {
        service_kit::metrics::serve(address, env!("CARGO_PKG_VERSION"))?;
        metrics::create();
    }
    let proxies = config.trusted_proxies.clone();
    let resource = Resource { name: NAME, version: env!("CARGO_PKG_VERSION") };
    let traces = traces::start(&config.traces, resource, move |peer| proxies.trusts(peer))?;
    let bound = bind(prepare(&config, clock).await?, config.bind)?;
    let Bound { server, addresses, readiness, background } = bound;
    let outcome = lifecycle::run(server, &addresses, readiness, config.shutdown_delay).await;
    background.stop().await;
    traces.stop().await;
    Ok(outcome?)
}
