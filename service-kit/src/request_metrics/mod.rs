//! Metrics of requests: how many, how long they take, and how many are in flight.
//!
//! The label `route` is the pattern of a route and never a path, so clients cannot create time series. The handles of a route
//! are looked up once per worker: a request costs two counters and a sample of a histogram.

mod routes;

use std::future::{Ready, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready as ready_or_pending};
use std::time::Instant;

use actix_web::Error;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::{Method, Uri};
use metrics::{describe_counter, describe_gauge, describe_histogram};
use pin_project_lite::pin_project;
use utoipa::openapi::OpenApi;

use self::routes::{CANCELED, DURATION, IN_FLIGHT, REQUESTS, Routes};
use crate::collectors;

/// Middleware that measures requests. Must be outside of everything that answers them. Costs nothing while metrics are off.
pub struct RequestMetrics(Option<Rc<Routes>>);

impl RequestMetrics {
    /// Creates the middleware of a worker. Every response of `document` has a counter from the start, so that the rate of
    /// the first one is seen.
    pub fn new(document: &OpenApi) -> Self {
        Self(collectors::are_enabled().then(|| Rc::new(Routes::new(document))))
    }

    /// Describes the metrics.
    pub(crate) fn describe() {
        describe_counter!(REQUESTS, "Requests by method, route pattern and status code.");
        describe_histogram!(DURATION, "Time from the head of a request to its response, in seconds.");
        describe_gauge!(IN_FLIGHT, "Requests that have no response yet.");
    }
}

impl<S, B> Transform<S, ServiceRequest> for RequestMetrics
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Transform = Measuring<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, Self::InitError>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(Measuring { service, routes: self.0.clone() }))
    }
}

/// A service whose requests are measured.
pub struct Measuring<S> {
    service: S,
    /// `None` while metrics are off.
    routes: Option<Rc<Routes>>,
}

impl<S, B> Service<ServiceRequest> for Measuring<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Future = Measured<S::Future>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let measurement = self.routes.as_ref().map(|routes| Measurement::begin(Rc::clone(routes), &request));
        Measured { answer: self.service.call(request), measurement }
    }
}

pin_project! {
    /// The response of a request that is measured.
    pub struct Measured<F> {
        #[pin]
        answer: F,
        // Dropped with the future if the client hangs up.
        measurement: Option<Measurement>,
    }
}

impl<F, B> Future for Measured<F>
where
    F: Future<Output = Result<ServiceResponse<B>, Error>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let outcome = ready_or_pending!(this.answer.poll(context));
        if let Some(measurement) = this.measurement.take() {
            measurement.end(&outcome);
        }
        Poll::Ready(outcome)
    }
}

/// A request in flight.
struct Measurement {
    routes: Rc<Routes>,
    began: Instant,
    method: Method,
    /// Finds the route if there is no response that knows it.
    uri: Uri,
    has_ended: bool,
}

impl Measurement {
    fn begin(routes: Rc<Routes>, request: &ServiceRequest) -> Self {
        routes.in_flight.increment(1);
        let (method, uri) = (request.method().clone(), request.uri().clone());
        Self { routes, began: Instant::now(), method, uri, has_ended: false }
    }

    fn end<B>(mut self, outcome: &Result<ServiceResponse<B>, Error>) {
        self.has_ended = true;
        let took = self.began.elapsed();
        match outcome {
            Ok(response) => {
                // After routing, the pattern is known and needs no search.
                let route = response.request().match_pattern();
                self.routes.record(&self.method, route.as_deref(), response.status().as_u16(), took);
            }
            Err(error) => {
                let status = error.as_response_error().status_code().as_u16();
                self.routes.record(&self.method, self.routes.find(&self.uri), status, took);
            }
        }
    }
}

impl Drop for Measurement {
    fn drop(&mut self) {
        self.routes.in_flight.decrement(1);
        if !self.has_ended {
            let (route, took) = (self.routes.find(&self.uri), self.began.elapsed());
            self.routes.record(&self.method, route, CANCELED, took);
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service, try_call_service};
    use actix_web::{App, HttpResponse, web};
    use futures_util::future::poll_immediate;
    use metrics_exporter_prometheus::PrometheusBuilder;
    use utoipa::openapi::path::{HttpMethod, Operation};
    use utoipa::openapi::{OpenApiBuilder, PathItem, Paths, Response};

    use super::*;
    use crate::guard::guard;

    async fn task(id: web::Path<String>) -> HttpResponse {
        match id.as_str() {
            "bug" => panic!("a bug"),
            "slow" => std::future::pending().await,
            _ => HttpResponse::Ok().finish(),
        }
    }

    fn document() -> OpenApi {
        let operation = Operation::builder().response("404", Response::new("there is no such task"));
        let mut paths = Paths::new();
        paths.paths.insert("/tasks/{id}".to_owned(), PathItem::new(HttpMethod::Get, operation));
        OpenApiBuilder::new().paths(paths).build()
    }

    #[actix_web::test]
    async fn each_end_of_a_request_is_counted_with_the_pattern_of_its_route() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let shown = recorder.handle();
        let _recording = metrics::set_default_local_recorder(&recorder);
        collectors::enable();
        let app = App::new().route("/tasks/{id}", web::get().to(task)).wrap(from_fn(guard));
        let app = init_service(app.wrap(RequestMetrics::new(&document()))).await;
        let has = |line: &str| shown.render().lines().any(|shown| shown == line);
        let requests = |method: &str, route: &str, code: &str, count: u32| {
            let labels = format!("method=\"{method}\",route=\"{route}\",code=\"{code}\"");
            has(&format!("{REQUESTS}{{{labels}}} {count}"))
        };
        assert!(requests("GET", "/tasks/{id}", "404", 0), "from the start:\n{}", shown.render());

        for id in [1, 2] {
            call_service(&app, TestRequest::with_uri(&format!("/tasks/{id}")).to_request()).await;
        }
        let bug = try_call_service(&app, TestRequest::with_uri("/tasks/bug").to_request()).await;
        assert_eq!(bug.unwrap_err().as_response_error().status_code(), 500);
        let mut slow = Box::pin(try_call_service(&app, TestRequest::with_uri("/tasks/slow").to_request()));
        assert!(poll_immediate(&mut slow).await.is_none());
        assert!(has(&format!("{IN_FLIGHT} 1")), "{}", shown.render());
        drop(slow);
        let unknown = TestRequest::with_uri("/secret").method("BREW".parse().unwrap());
        call_service(&app, unknown.to_request()).await;
        for (method, route, code, count) in [
            ("GET", "/tasks/{id}", "200", 2),
            ("GET", "/tasks/{id}", "404", 0),
            ("GET", "/tasks/{id}", "500", 1),
            ("GET", "/tasks/{id}", "canceled", 1),
            ("other", "none", "404", 1),
        ] {
            let shown = shown.render();
            assert!(requests(method, route, code, count), "{method} {route} {code} {count}:\n{shown}");
        }
        assert!(has(&format!("{DURATION}_count{{method=\"GET\",route=\"/tasks/{{id}}\"}} 4")));
        assert!(has(&format!("{IN_FLIGHT} 0")));
        assert!(!shown.render().contains("secret"));
    }
}
