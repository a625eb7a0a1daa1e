//! The request that the proxy asks about, as its headers describe it.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use service_kit::headers::Header;

use crate::client_address::TrustedProxies;

/// The URL of the page that the browser asked for, if a page is what it asked for.
///
/// `X-Forwarded-*` counts from a trusted proxy alone. A header that is missing, that came twice or that is not ASCII leaves
/// the URL unknown.
pub(super) fn page_url(request: &HttpRequest, proxies: &TrustedProxies) -> Option<String> {
    let headers = request.headers();
    if !proxies.sent(request) || !asks_for_page(headers) {
        return None;
    }
    let scheme = text(headers, "x-forwarded-proto")?;
    let host = text(headers, "x-forwarded-host")?;
    let path = text(headers, "x-forwarded-uri")?;
    (matches!(scheme, "http" | "https") && path.starts_with('/')).then(|| format!("{scheme}://{host}{path}"))
}

/// Whether a sign-in page is of any use in the answer: not to scripts, and a form that was sent is not sent again.
pub(super) fn asks_for_page(headers: &HeaderMap) -> bool {
    let method = text(headers, "x-forwarded-method").unwrap_or("GET");
    let mode = text(headers, "sec-fetch-mode").unwrap_or("navigate");
    matches!(method, "GET" | "HEAD") && mode == "navigate"
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    match Header::read(headers, name) {
        Header::Text(text) => Some(text),
        Header::Absent | Header::Unreadable => None,
    }
}
