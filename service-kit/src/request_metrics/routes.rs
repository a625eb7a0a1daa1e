//! The metrics of each route.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use actix_web::dev::ResourceDef;
use actix_web::http::{Method, Uri};
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::PathItem;

/// Requests; labels `method`, `route` and `code`.
pub(super) const REQUESTS: &str = "latchkey_http_requests_total";
/// Time until the response; labels `method` and `route`.
pub(super) const DURATION: &str = "latchkey_http_request_duration_seconds";
/// Requests without a response yet.
pub(super) const IN_FLIGHT: &str = "latchkey_http_requests_in_flight";

/// Any route can have a bug.
const BUG: u16 = 500;

/// The route of requests that no route matches, as in the log.
const NO_ROUTE: &str = "none";
/// The method of requests whose method no route has.
const OTHER_METHOD: &str = "other";
/// Stands for the status of a request whose client hung up before the response.
pub(super) const CANCELED: u16 = 0;
const CANCELED_CODE: &str = "canceled";

/// The metrics of one worker's routes.
pub(super) struct Routes {
    pub(super) in_flight: Gauge,
    documented: Vec<(ResourceDef, String)>,
    /// By pattern, then by method.
    known: RefCell<HashMap<String, Vec<Rc<Route>>>>,
}

impl Routes {
    /// Registers every operation of `document` with its responses.
    pub(super) fn new(document: &OpenApi) -> Self {
        let paths = || document.paths.paths.iter();
        let routes = Self {
            in_flight: gauge!(IN_FLIGHT),
            documented: paths().map(|(path, _)| (ResourceDef::new(path.as_str()), path.clone())).collect(),
            known: RefCell::default(),
        };
        for (path, item) in paths() {
            for (method, codes) in operations(item) {
                let route = routes.of(method, path);
                codes.chain([BUG]).for_each(|code| drop(route.counter(code)));
            }
        }
        routes
    }

    /// The pattern of the route for this URI: the one that is the path itself, or else the first that matches.
    pub(super) fn find(&self, uri: &Uri) -> Option<&str> {
        let path = uri.path();
        let literal = self.documented.iter().find(|(_, pattern)| pattern == path);
        let found = literal.or_else(|| self.documented.iter().find(|(route, _)| route.is_match(path)));
        found.map(|(_, pattern)| pattern.as_str())
    }

    /// Records a request that has ended.
    pub(super) fn record(&self, method: &Method, route: Option<&str>, status: u16, took: Duration) {
        let route = self.of(name(method), route.unwrap_or(NO_ROUTE));
        route.counter(status).increment(1);
        route.duration.record(took.as_secs_f64());
    }

    fn of(&self, method: &'static str, pattern: &str) -> Rc<Route> {
        let mut known = self.known.borrow_mut();
        let of_method = |routes: &Vec<Rc<Route>>| routes.iter().find(|route| route.method == method).cloned();
        if let Some(route) = known.get(pattern).and_then(of_method) {
            return route;
        }
        let route = Rc::new(Route::new(method, pattern));
        known.entry(pattern.to_owned()).or_default().push(Rc::clone(&route));
        route
    }
}

/// The metrics of a method of a route.
struct Route {
    method: &'static str,
    pattern: String,
    duration: Histogram,
    /// By status. A route has a handful.
    requests: RefCell<Vec<(u16, Counter)>>,
}

impl Route {
    fn new(method: &'static str, pattern: &str) -> Self {
        let duration = histogram!(DURATION, "method" => method, "route" => pattern.to_owned());
        Self { method, pattern: pattern.to_owned(), duration, requests: RefCell::default() }
    }

    fn counter(&self, status: u16) -> Counter {
        let mut requests = self.requests.borrow_mut();
        if let Some((_, counter)) = requests.iter().find(|(known, _)| *known == status) {
            return counter.clone();
        }
        let code = if status == CANCELED { CANCELED_CODE.to_owned() } else { status.to_string() };
        let labels = [("method", self.method.to_owned()), ("route", self.pattern.clone()), ("code", code)];
        let counter = counter!(REQUESTS, &labels);
        requests.push((status, counter.clone()));
        counter
    }
}

/// The label of a method. Clients can send any text.
fn name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => OTHER_METHOD,
    }
}

/// The methods of a path, with the statuses that they document.
fn operations(item: &PathItem) -> impl Iterator<Item = (&'static str, impl Iterator<Item = u16>)> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    let all = [("GET", get), ("PUT", put), ("POST", post), ("DELETE", delete), ("PATCH", patch)];
    all.into_iter().filter_map(|(method, operation)| {
        let responses = &operation.as_ref()?.responses.responses;
        Some((method, responses.keys().filter_map(|status| status.parse().ok())))
    })
}
