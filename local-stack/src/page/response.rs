//! Responses to requests for the page's files.

use std::path::Path;

use actix_files::NamedFile;
use actix_web::http::header::{
    ALLOW, AcceptEncoding, CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentEncoding, Encoding, HOST, Header,
    HeaderMap, HeaderName, HeaderValue, LOCATION, PERMISSIONS_POLICY, REFERRER_POLICY, VARY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};

use super::site::Page;
use super::{files, policy};
use crate::error::{Error, IoContext, Result};

/// The path of files whose names contain a content hash.
const IMMUTABLE: &str = "/_next/static/";

/// The URL that password managers open to change a password (W3C, "A Well-Known URL for Changing Passwords").
const CHANGE_PASSWORD: &str = "/.well-known/change-password";

/// The section of the page that changes the password.
const PASSWORD_SECTION: &str = "/settings#password";

/// The headers of every response, in addition to the Content-Security-Policy.
const HEADERS: [(HeaderName, &str); 5] = [
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (PERMISSIONS_POLICY, "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// Responds to any request.
pub(super) async fn respond(request: HttpRequest, page: web::Data<Page>) -> HttpResponse {
    let policy = policy::read(&page.directory, page.config.services_for(host(&request)));
    let (policy, found) = match policy {
        Ok(policy) => (policy, find(&request, &page)),
        Err(error) => ("default-src 'none'; frame-ancestors 'none'".to_owned(), Err(error)),
    };
    // Files can be missing while a build is running.
    let mut response = found.unwrap_or_else(|error| {
        HttpResponse::ServiceUnavailable().body(format!("The page is incomplete or being built: {error}\n"))
    });
    protect(response.headers_mut(), &policy);
    response
}

/// Returns the host name of the request. An unreadable one is treated as unknown.
fn host(request: &HttpRequest) -> &str {
    let host = request.headers().get(HOST).map(HeaderValue::as_bytes).unwrap_or_default();
    let host = std::str::from_utf8(host).unwrap_or_default();
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

fn protect(headers: &mut HeaderMap, policy: &str) {
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(policy) = HeaderValue::from_str(policy) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
}

fn find(request: &HttpRequest, page: &Page) -> Result<HttpResponse> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(HttpResponse::MethodNotAllowed().insert_header((ALLOW, "GET, HEAD")).finish());
    }
    if request.path() == "/config.json" {
        return Ok(HttpResponse::Ok().json(&page.config));
    }
    if request.path() == CHANGE_PASSWORD {
        return Ok(HttpResponse::Found().insert_header((LOCATION, PASSWORD_SECTION)).finish());
    }
    let Some(path) = files::find(&page.directory, request.path()) else { return not_found(page) };
    let file = open(request, &path)?.disable_content_disposition();
    let mut response = file.into_response(request);
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept-encoding"));
    let forever = request.path().starts_with(IMMUTABLE);
    if forever && matches!(response.status(), StatusCode::OK | StatusCode::NOT_MODIFIED) {
        let value = HeaderValue::from_static("public, max-age=31536000, immutable");
        response.headers_mut().insert(CACHE_CONTROL, value);
    }
    Ok(response)
}

/// Opens the file, or its compressed copy if the browser accepts the encoding.
fn open(request: &HttpRequest, path: &Path) -> Result<NamedFile> {
    let plain = NamedFile::open(path).context("open", path)?;
    for (encoding, ending) in [(ContentEncoding::Brotli, "br"), (ContentEncoding::Gzip, "gz")] {
        let compressed = files::compressed(path, ending).filter(|_| accepts(request, encoding));
        if let Some(compressed) = compressed {
            let file = NamedFile::open(&compressed).context("open", &compressed)?;
            return Ok(file.set_content_type(plain.content_type().clone()).set_content_encoding(encoding));
        }
    }
    Ok(plain)
}

/// Whether the browser accepts this encoding.
fn accepts(request: &HttpRequest, encoding: ContentEncoding) -> bool {
    let supported = [Encoding::Known(encoding), Encoding::identity()];
    let accepted = AcceptEncoding::parse(request).ok();
    accepted.and_then(|accepted| accepted.negotiate(supported.iter())) == Some(Encoding::Known(encoding))
}

/// Responds with the error page, without an ETag: a browser would cache it for a page that may later exist at this
/// path.
fn not_found(page: &Page) -> Result<HttpResponse> {
    let mut response = HttpResponse::NotFound();
    let path = page.directory.join("404.html");
    match std::fs::read(&path) {
        Ok(text) => Ok(response.content_type("text/html; charset=utf-8").body(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(response.body("Not found\n")),
        Err(error) => Err(Error::Io { action: format!("cannot read {}", path.display()), source: error }),
    }
}
