//! `/healthz`, whether the process runs, and `/readyz`, whether it can serve requests.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, Responder, routes, web};
use futures_util::FutureExt;
use futures_util::future::{Shared, WeakShared};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::database::{self, Pool};
use crate::envelope::{Envelope, Rejection};

/// The path of the readiness check.
pub const READINESS_PATH: &str = "/readyz";

/// Something that a service needs to serve requests.
pub trait Dependency: Send + Sync + 'static {
    /// The name for operators, as in "waiting for the database".
    fn name(&self) -> &'static str;
    /// Returns whether it is available. Must complete within seconds, also if it is not.
    fn check(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>>;
}

/// A check in progress: resolves to the name of the first dependency that is missing.
type Check = Pin<Box<dyn Future<Output = Option<&'static str>> + Send>>;

/// The dependencies that `/readyz` checks, and whether the service is shutting down.
///
/// Concurrent requests share one check. A request that arrives while a check is in progress gets the result of that
/// check; any other request starts a new one. Results are not kept, so no answer is older than the check that was in
/// progress when the request arrived. Otherwise each request would wait for the one connection of the health checks,
/// and a burst of requests would fail although the database is up.
#[derive(Clone)]
pub struct Readiness {
    dependencies: Arc<Vec<Box<dyn Dependency>>>,
    draining: Arc<AtomicBool>,
    /// The check in progress. Weak: when all requests that wait for it are dropped, it is dropped too, and the next request
    /// starts a new check.
    checking: Arc<Mutex<Option<WeakShared<Check>>>>,
}

impl Readiness {
    /// Creates a service that is ready while all `dependencies` are available.
    pub fn new(dependencies: Vec<Box<dyn Dependency>>) -> Self {
        Self { dependencies: Arc::new(dependencies), draining: Arc::default(), checking: Arc::default() }
    }

    /// Makes `/readyz` answer 503 from now on, so that load balancers send requests elsewhere.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether the service is shutting down.
    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    async fn missing(&self) -> Option<&'static str> {
        if self.is_draining() {
            return Some("shutdown");
        }
        self.check().await
    }

    /// Returns the check in progress, or starts one.
    fn check(&self) -> Shared<Check> {
        let mut checking = self.checking.lock().unwrap_or_else(PoisonError::into_inner);
        // A check that has a result is finished, even if some requests have not read it yet.
        let current = checking.as_ref().and_then(WeakShared::upgrade);
        if let Some(check) = current.filter(|check| check.peek().is_none()) {
            return check;
        }
        let check = first_missing(Arc::clone(&self.dependencies)).boxed().shared();
        *checking = check.downgrade();
        check
    }
}

async fn first_missing(dependencies: Arc<Vec<Box<dyn Dependency>>>) -> Option<&'static str> {
    for dependency in dependencies.iter() {
        if !dependency.check().await {
            return Some(dependency.name());
        }
    }
    None
}

/// The database. Checked in one round trip.
pub struct DatabaseDependency(pub Pool);

impl Dependency for DatabaseDependency {
    fn name(&self) -> &'static str {
        "the database"
    }

    fn check(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(async { database::ping(&self.0).await.is_ok() })
    }
}

/// The response of a healthy service.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// Always `ok`. A service that is not healthy returns an error.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Adds `/healthz` and `/readyz`.
pub fn routes(readiness: Readiness) -> impl FnOnce(&mut ServiceConfig<'_>) {
    move |cfg| {
        cfg.app_data(web::Data::new(readiness)).service(healthz).service(readyz);
    }
}

/// Check that the process runs.
///
/// If this fails, restart the process.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, body = Health, description = "The process runs")))]
#[routes]
#[get("/healthz")]
#[head("/healthz")]
async fn healthz() -> impl Responder {
    ok()
}

/// Check that the service can serve requests.
///
/// While this returns 503, send the service no requests.
#[utoipa::path(get, path = "/readyz", tag = "health",
    responses((status = 200, body = Health, description = "The service can serve requests"),
        (status = 503, body = Envelope, description = "NOT_READY: the message names the missing dependency")))]
#[routes]
#[get("/readyz")]
#[head("/readyz")]
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use futures_util::future::join_all;
    use tokio::sync::Semaphore;

    use super::*;

    /// Completes one check per permit.
    struct Slow {
        checks: AtomicUsize,
        permits: Semaphore,
    }

    impl Dependency for Arc<Slow> {
        fn name(&self) -> &'static str {
            "the slow one"
        }

        fn check(&self) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
            Box::pin(async {
                self.checks.fetch_add(1, Ordering::SeqCst);
                self.permits.acquire().await.unwrap().forget();
                self.checks.load(Ordering::SeqCst) > 1
            })
        }
    }

    fn slow() -> (Arc<Slow>, Readiness) {
        let slow = Arc::new(Slow { checks: AtomicUsize::new(0), permits: Semaphore::new(0) });
        (Arc::clone(&slow), Readiness::new(vec![Box::new(slow)]))
    }

    #[tokio::test]
    async fn concurrent_requests_share_one_check_and_later_ones_start_another() {
        let (slow, readiness) = slow();
        let mut requests: Vec<_> = (0..300).map(|_| Box::pin(readiness.missing())).collect();
        for request in &mut requests {
            assert!(futures_util::poll!(request).is_pending());
        }
        slow.permits.add_permits(1);
        let answers = join_all(requests).await;
        assert!(answers.iter().all(|missing| *missing == Some("the slow one")), "{answers:?}");
        assert_eq!(slow.checks.load(Ordering::SeqCst), 1);
        slow.permits.add_permits(1);
        assert_eq!(readiness.missing().await, None, "a new check, not the earlier result");
        assert_eq!(slow.checks.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_check_without_waiting_requests_is_dropped() {
        let (slow, readiness) = slow();
        let mut left = Box::pin(readiness.missing());
        assert!(futures_util::poll!(&mut left).is_pending());
        drop(left);
        slow.permits.add_permits(1);
        assert_eq!(readiness.missing().await, None);
        assert_eq!(slow.checks.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_dropped_request_does_not_cancel_the_check_for_the_others() {
        let (slow, readiness) = slow();
        let mut first = Box::pin(readiness.missing());
        let mut second = Box::pin(readiness.missing());
        assert!(futures_util::poll!(&mut first).is_pending());
        assert!(futures_util::poll!(&mut second).is_pending());
        drop(first);
        slow.permits.add_permits(1);
        assert_eq!(second.await, Some("the slow one"));
        assert_eq!(slow.checks.load(Ordering::SeqCst), 1);
    }
}
