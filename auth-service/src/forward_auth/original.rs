//! The original request, as the headers of the proxy describe it.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderMap;
use service_kit::headers::Header;

use crate::client_address::TrustedProxies;

/// The URL of the page that the browser requested; `None` if it did not request a page.
///
/// `X-Forwarded-*` is only used if a trusted proxy sent it. If a header is missing, repeated or not ASCII, the URL is
/// unknown.
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

/// Whether the client can use a sign-in page: a script cannot, and a form that was sent would be lost.
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
