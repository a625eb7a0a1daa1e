//! An HTTP cache in front of the replicas, as a CDN or a gateway has one: it honours `max-age`,
//! `stale-while-revalidate` and `stale-if-error`, and asks whichever replica it likes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use jiff::{SignedDuration, Timestamp};
use reqwest::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use shared_claims::SharedClock;

/// Where replicas can be reached now.
pub type Upstreams = Arc<Mutex<Vec<String>>>;

/// A cache that runs until it is dropped.
pub struct HttpCache {
    pub url: String,
    server: actix_web::dev::ServerHandle,
}

#[derive(Clone)]
struct Stored {
    body: Vec<u8>,
    etag: Option<String>,
    directives: String,
    at: Timestamp,
}

struct Shelf {
    clock: SharedClock,
    upstreams: Upstreams,
    http: reqwest::Client,
    stored: Mutex<HashMap<String, Stored>>,
    turn: Mutex<usize>,
}

impl HttpCache {
    pub fn start(clock: SharedClock, upstreams: Upstreams) -> Self {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(2)).build().unwrap();
        let shelf =
            web::Data::new(Shelf { clock, upstreams, http, stored: Mutex::default(), turn: Mutex::new(0) });
        let app = move || App::new().app_data(shelf.clone()).default_service(web::to(serve));
        let server = HttpServer::new(app).workers(1).bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        let server = server.disable_signals().run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { url, server: handle }
    }
}

impl Drop for HttpCache {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

impl Stored {
    fn seconds(&self, directive: &str) -> SignedDuration {
        let value =
            self.directives.split(", ").find_map(|one| one.strip_prefix(directive)?.strip_prefix('='));
        SignedDuration::from_secs(value.map_or(0, |value| value.parse().unwrap()))
    }

    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let asked =
            request.headers().get("if-none-match").map(|tag| std::str::from_utf8(tag.as_bytes()).unwrap());
        let known = asked.is_some() && asked == self.etag.as_deref();
        let mut response = HttpResponse::build(if known { StatusCode::NOT_MODIFIED } else { StatusCode::OK });
        response.insert_header(("cache-control", self.directives.as_str()));
        if let Some(etag) = &self.etag {
            response.insert_header(("etag", etag.as_str()));
        }
        if known { response.finish() } else { response.body(self.body.clone()) }
    }
}

async fn serve(request: HttpRequest, shelf: web::Data<Shelf>) -> HttpResponse {
    let path = request.uri().to_string();
    let stored = shelf.stored.lock().unwrap().get(&path).cloned();
    let past_caches = request.headers().get("cache-control").is_some_and(|value| value == "no-cache");
    let age = |stored: &Stored| shelf.clock.now().duration_since(stored.at);
    if let Some(stored) = stored.as_ref().filter(|_| !past_caches) {
        let fresh = stored.seconds("max-age");
        if age(stored) <= fresh {
            return stored.answer(&request);
        }
        if age(stored) <= fresh + stored.seconds("stale-while-revalidate") {
            let (shelf, path, old) = (shelf.clone(), path, stored.clone());
            actix_web::rt::spawn(async move { shelf.fetch(&path, Some(&old)).await });
            return stored.answer(&request);
        }
    }
    match shelf.fetch(&path, stored.as_ref()).await {
        Ok(new) => new.answer(&request),
        Err(status) => {
            let still_good = |stored: &&Stored| {
                age(stored) <= stored.seconds("max-age") + stored.seconds("stale-if-error")
            };
            match stored.as_ref().filter(still_good) {
                Some(stored) => stored.answer(&request),
                None => HttpResponse::build(status).finish(),
            }
        }
    }
}

impl Shelf {
    async fn fetch(&self, path: &str, old: Option<&Stored>) -> Result<Stored, StatusCode> {
        let upstream = {
            let (upstreams, mut turn) = (self.upstreams.lock().unwrap(), self.turn.lock().unwrap());
            *turn += 1;
            let chosen = upstreams.get(*turn % upstreams.len().max(1)).cloned();
            chosen.ok_or(StatusCode::BAD_GATEWAY)?
        };
        let mut request = self.http.get(format!("{upstream}{path}"));
        if let Some(etag) = old.and_then(|old| old.etag.as_ref()) {
            request = request.header(IF_NONE_MATCH, etag);
        }
        let response = request.send().await.map_err(|_| StatusCode::BAD_GATEWAY)?;
        let text = |name| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (etag, directives) = (text(ETAG), text(CACHE_CONTROL).unwrap_or_default());
        let at = self.clock.now();
        let new = match (response.status().as_u16(), old) {
            (200, _) => {
                let body = response.bytes().await.map_err(|_| StatusCode::BAD_GATEWAY)?.to_vec();
                Stored { body, etag, directives, at }
            }
            (304, Some(old)) => Stored { at, directives, ..old.clone() },
            (status, _) => return Err(StatusCode::from_u16(status).unwrap()),
        };
        self.stored.lock().unwrap().insert(path.to_owned(), new.clone());
        Ok(new)
    }
}
