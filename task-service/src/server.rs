//! Builds, starts and stops the service.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_cors::Cors;
use actix_web::dev::{Server, ServerHandle};
use actix_web::http::Method;
use actix_web::middleware::from_fn;
use actix_web::{App, web};
use service_kit::cors::{AllowedHeaders, refuse_preflight};
use service_kit::database::{self, DatabaseError, DatabaseUrl, Timeouts};
use service_kit::headers::Header;
use service_kit::health::{self, DatabaseDependency, Dependency, Readiness};
use service_kit::metrics::MetricsError;
use service_kit::origins::{OriginPatterns, RefusalLog};
use service_kit::request_metrics::RequestMetrics;
use service_kit::response_headers::response_headers;
use service_kit::telemetry::RequestSpan;
use service_kit::traces::TracesError;
use service_kit::webhooks::WebhookSecrets;
use service_kit::{document, envelope, guard, lifecycle, openapi, security_log, workers};
use shared_claims::{SharedClock, Verifier};
use strum::VariantArray;
use tokio::task::JoinSet;
use tracing_actix_web::TracingLogger;
use utoipa::OpenApi;
use utoipa_actix_web::AppExt;

use crate::budget::RequestBudget;
use crate::config::{SettingError, Settings};
use crate::deleted_users::{self, DeletedUsers};
use crate::document::Document;
use crate::isolation::{self, IsolationError};
use crate::keys::KeysDependency;
use crate::migrations;
use crate::owned::{Bounds, OwnedTables};
use crate::refused_users::RefusedUsers;
use crate::search_slots::{self, SearchSlots};
use crate::security_event::{self, SecurityEvent};
use crate::tasks::{self, Tasks};

/// Minimum number of connections per worker. A user's search occupies one, which leaves one for everybody else.
const MIN_CONNECTIONS: usize = 2;

/// The name of the service in messages to operators.
pub const NAME: &str = "task-service";

/// Why the service did not start. One line, without secrets.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting is invalid.
    #[error(transparent)]
    Setting(#[from] SettingError),
    /// The database is unavailable, rejects the login or was not migrated.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Users would not be isolated from each other.
    #[error(transparent)]
    Isolation(#[from] IsolationError),
    /// Metrics cannot be served.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// Traces cannot be exported.
    #[error(transparent)]
    Traces(#[from] TracesError),
    /// The address is in use or does not belong to this machine.
    #[error("BIND: cannot listen on {0}: {1}")]
    Bind(SocketAddr, std::io::Error),
    /// The server itself failed.
    #[error("the server failed: {0}")]
    Server(#[from] std::io::Error),
}

/// How long a start waits for keys and status lists. They take milliseconds where auth-service is up, and where it is not,
/// clients need an answer.
const KEYS_GRACE: Duration = Duration::from_secs(2);

/// A listening service. It serves requests while [`Running::until_stopped`] or the server itself is polled.
pub struct Running {
    server: Server,
    addresses: Vec<SocketAddr>,
    readiness: Readiness,
    /// Ends with the service.
    background: JoinSet<()>,
}

impl Running {
    /// Returns the addresses that it listens on, with the actual port if port 0 was requested.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Serves until SIGTERM or SIGINT, continues for `drain` with `/readyz` at 503, then finishes in-flight requests.
    ///
    /// # Errors
    /// If the server itself fails.
    pub async fn until_stopped(self, drain: Duration) -> std::io::Result<()> {
        let outcome = lifecycle::run(self.server, &self.addresses, self.readiness, drain).await;
        drop(self.background);
        outcome
    }

    /// Returns the server and the handle to stop it, for tests that run it in their own process and without signals.
    pub fn into_server(mut self) -> (Server, ServerHandle) {
        self.background.detach_all();
        let handle = self.server.handle();
        (self.server, handle)
    }
}

/// Describes the service's own metrics and creates their counters, so that the rate of the first event is seen.
pub fn create_metrics() {
    security_log::create_counters(SecurityEvent::VARIANTS.iter().map(|event| event.as_str()));
    search_slots::create_metrics();
}

/// The parts of the service that only need its settings.
struct Configured {
    address: DatabaseUrl,
    verifier: Verifier,
    webhook_secrets: Option<WebhookSecrets>,
}

fn configure(settings: &Settings, clock: SharedClock) -> Result<Configured, StartError> {
    let address = DatabaseUrl::parse("DATABASE_URL", &settings.database_url()?, NAME)?;
    Ok(Configured {
        address: address.with_pooler(settings.database_pooler),
        webhook_secrets: settings.webhook_secrets()?,
        verifier: settings.verifier(clock)?,
    })
}

/// Checks the settings as [`start`] does, without connecting to the database.
///
/// # Errors
/// The first invalid setting.
pub fn check(settings: &Settings, clock: SharedClock) -> Result<(), StartError> {
    configure(settings, clock)?;
    Ok(())
}

/// Starts the service: waits for the database, checks that it isolates users from each other, and listens.
///
/// # Errors
/// If a setting is invalid, the database cannot be used, or the address is in use.
pub async fn start(settings: &Settings, clock: SharedClock) -> Result<Running, StartError> {
    let Configured { address, verifier, webhook_secrets } = configure(settings, clock.clone())?;
    // A separate connection, so that `/readyz` does not queue with requests.
    let own = address.pool(1, Timeouts::REQUEST)?.measured("readiness");
    database::wait_until_usable(&own, &migrations::runner(), NAME).await?;
    address.reject_undeclared_pooler().await?;
    let isolated = isolation::verify(&own).await?;
    let dependencies: Vec<Box<dyn Dependency>> =
        vec![Box::new(DatabaseDependency(own)), Box::new(KeysDependency(verifier.clone()))];
    let readiness = Readiness::new(dependencies);

    let keys = verifier.clone();
    let (verifier, ready, origins) =
        (web::Data::new(verifier), readiness.clone(), settings.cors_origins.clone());
    let connections = settings.database_pool_size.max(MIN_CONNECTIONS * workers::count());
    let bounds = Bounds { task_quota: settings.task_quota, list_timeout: settings.list_timeout };
    let allowed_headers = settings.cors_allowed_headers.clone();
    let hsts = settings.hsts();
    let refusals = Arc::new(RefusalLog::new("CORS_ORIGINS"));
    let searches = SearchSlots::new(settings.list_timeout);
    let budget = web::Data::new(RequestBudget::new(settings.requests_per_minute, clock.clone()));
    let refused_callers = web::Data::new(security_event::RefusalLog::new(clock.clone()));
    let refused_users = web::Data::new(RefusedUsers::default());
    let deleted_users = match webhook_secrets {
        Some(secrets) => {
            let pool = address.pool(1, Timeouts::BACKGROUND)?.measured("deleted_users");
            let (refused, clock) = (refused_users.clone().into_inner(), clock.clone());
            let (access, clock_skew) = ((isolated, bounds), settings.clock_skew);
            Some(web::Data::new(DeletedUsers::new(pool, access, refused, secrets, clock_skew, clock)))
        }
        None => None,
    };
    let mut background = JoinSet::new();
    if let Some(deleted_users) = &deleted_users {
        background.spawn(deleted_users.clone().into_inner().keep_current());
    }
    let app = move || {
        let tables = OwnedTables::new(address.worker_pool(connections), isolated, bounds);
        let service = Tasks::new(tables, searches.clone(), clock.clone());
        let (app, mut document) = App::new()
            .into_utoipa_app()
            .openapi(Document::openapi())
            .app_data(web::Data::new(service))
            .app_data(verifier.clone())
            .app_data(budget.clone())
            .app_data(refused_callers.clone())
            .app_data(refused_users.clone())
            .configure(tasks::routes)
            .configure(health::routes(ready.clone()))
            .split_for_parts();
        document::declare(&mut document);
        let request_metrics = RequestMetrics::new(&document);
        app.configure(envelope::extractor_errors(tasks::JSON_LIMIT))
            .configure(deleted_users::routes(deleted_users.clone()))
            .configure(openapi::routes(&document))
            .configure(openapi::method_not_allowed(&document))
            .default_service(web::to(envelope::not_found))
            .wrap(from_fn(guard::guard))
            .wrap(cors(origins.clone(), &allowed_headers, Arc::clone(&refusals)))
            .wrap(from_fn(refuse_preflight))
            .wrap(response_headers(hsts))
            .wrap(TracingLogger::<RequestSpan>::new())
            .wrap(request_metrics)
    };
    // Where nothing listens, a gateway tries another replica; without keys, every request would get a 503.
    let _ = tokio::time::timeout(KEYS_GRACE, keys.wait_ready()).await;
    let bound = lifecycle::bind(app, settings.bind, settings.connection_limit, &readiness);
    let (server, addresses) = bound.map_err(|error| StartError::Bind(settings.bind, error))?;
    Ok(Running { server, addresses, readiness, background })
}

/// Returns what pages of these origins may send and read. Credentials are not allowed: requests are authenticated by a token
/// in a header, and this service uses no cookies.
fn cors(origins: OriginPatterns, headers: &AllowedHeaders, refusals: Arc<RefusalLog>) -> Cors {
    let cors = Cors::default()
        .allowed_origin_fn(move |origin, request| {
            let origin = Header::of(origin);
            let is_allowed = matches!(origin, Header::Text(origin) if origins.matches(origin));
            if !is_allowed {
                refusals.report_preflight(request, origin);
            }
            is_allowed
        })
        .allowed_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .expose_headers(["location", "retry-after", "x-request-id"])
        .max_age(3600);
    headers.apply(cors)
}
