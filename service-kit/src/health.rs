//! `/healthz`: the process runs. `/readyz`: it can do its work.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, Responder, route, web};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::database::{self, Pool};
use crate::envelope::{Envelope, Rejection};

/// Where a service says whether it can do its work.
pub const READINESS_PATH: &str = "/readyz";

/// One thing a service cannot work without.
pub trait Dependency: Send + Sync + 'static {
    /// What the operator calls it, as in "waiting for the database".
    fn name(&self) -> &'static str;
    /// Whether it can be used now. Answers within seconds, whatever happens.
    fn check(&self) -> Pin<Box<dyn Future<Output = bool> + '_>>;
}

/// What `/readyz` asks, and whether the service is on its way out.
#[derive(Clone)]
pub struct Readiness {
    dependencies: Arc<Vec<Box<dyn Dependency>>>,
    draining: Arc<AtomicBool>,
}

impl Readiness {
    /// Ready when every one of `dependencies` is.
    pub fn new(dependencies: Vec<Box<dyn Dependency>>) -> Self {
        Self { dependencies: Arc::new(dependencies), draining: Arc::default() }
    }

    /// From now on `/readyz` answers 503, so that a load balancer sends its requests elsewhere.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    async fn missing(&self) -> Option<&'static str> {
        if self.draining.load(Ordering::Relaxed) {
            return Some("shutdown");
        }
        for dependency in self.dependencies.iter() {
            if !dependency.check().await {
                return Some(dependency.name());
            }
        }
        None
    }
}

/// The database, asked with one round trip.
pub struct DatabaseDependency(pub Pool);

impl Dependency for DatabaseDependency {
    fn name(&self) -> &'static str {
        "the database"
    }

    fn check(&self) -> Pin<Box<dyn Future<Output = bool> + '_>> {
        Box::pin(async { database::ping(&self.0).await.is_ok() })
    }
}

/// The answer of a service that is well.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`: anything else is an error envelope.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Adds `/healthz` and `/readyz`.
pub fn routes(readiness: Readiness) -> impl FnOnce(&mut ServiceConfig<'_>) {
    move |cfg| {
        cfg.app_data(web::Data::new(readiness)).service(healthz).service(readyz);
    }
}

/// The process runs. Restart it when this stops answering.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, body = Health, description = "It runs")))]
#[route("/healthz", method = "GET", method = "HEAD")]
async fn healthz() -> impl Responder {
    ok()
}

/// The service can do its work. Send it no requests while this answers 503.
#[utoipa::path(get, path = "/readyz", tag = "health",
    responses((status = 200, body = Health, description = "It can"),
        (status = 503, body = Envelope, description = "NOT_READY; the message says what it waits for")))]
#[route("/readyz", method = "GET", method = "HEAD")]
async fn readyz(readiness: web::Data<Readiness>) -> Result<HttpResponse, Rejection> {
    match readiness.missing().await {
        None => Ok(ok()),
        Some(what) => {
            Err(Rejection::new(StatusCode::SERVICE_UNAVAILABLE, "NOT_READY", format!("Waiting for {what}")))
        }
    }
}

fn ok() -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(Health { status: "ok" })
}
