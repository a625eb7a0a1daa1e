//! Security headers of every response, unless its handler sets others: a response is data, not a page, and must not be
//! cached.

use actix_web::http::header::{
    self, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
};
use actix_web::middleware::DefaultHeaders;
use clap::ValueEnum;
use url::{Host, Url};

/// Forbids a browser that opens a response as a page to run or load anything, and other pages to frame it.
const DATA_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// Browsers use https only for this host (RFC 6797) for a year, as OWASP ASVS 5.0 3.4.1 and the preload lists of browsers
/// require.
const HSTS_OF_HOST: HeaderValue = HeaderValue::from_static("max-age=31536000");
/// The same for the host and its subdomains.
const HSTS_OF_SUBDOMAINS: HeaderValue = HeaderValue::from_static("max-age=31536000; includeSubDomains");

/// `Strict-Transport-Security`: whether browsers use https only from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Hsts {
    /// The header is not sent.
    Off,
    /// For this host.
    Host,
    /// For this host and its subdomains.
    IncludeSubdomains,
}

impl Hsts {
    /// Returns the default for a service with this public URL: `Host` if it is https. `Off` for `localhost`, where the header
    /// would apply to all ports and so to everything else that is developed there. Browsers ignore it for IP addresses.
    pub fn of(url: &Url) -> Self {
        let is_domain = matches!(url.host(), Some(Host::Domain(name)) if name != "localhost" && !name.ends_with(".localhost"));
        if url.scheme() == "https" && is_domain { Self::Host } else { Self::Off }
    }

    fn value(self) -> Option<HeaderValue> {
        match self {
            Self::Off => None,
            Self::Host => Some(HSTS_OF_HOST),
            Self::IncludeSubdomains => Some(HSTS_OF_SUBDOMAINS),
        }
    }
}

/// Creates the middleware that adds the headers which a response does not have yet.
pub fn response_headers(hsts: Hsts) -> DefaultHeaders {
    let headers = DefaultHeaders::new()
        .add((CACHE_CONTROL, "no-store"))
        .add((CONTENT_SECURITY_POLICY, DATA_POLICY))
        .add((REFERRER_POLICY, "no-referrer"))
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
    match hsts.value() {
        Some(value) => headers.add((STRICT_TRANSPORT_SECURITY, value)),
        None => headers,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::{TestRequest, call_service, init_service};
    use actix_web::{App, HttpResponse, web};

    use super::*;

    #[test]
    fn https_is_required_where_the_host_is_a_public_domain() {
        for (url, expected) in [
            ("https://auth.example.com", Hsts::Host),
            ("https://auth.example.com:8443/auth", Hsts::Host),
            ("http://auth.example.com", Hsts::Off),
            ("https://localhost:8443", Hsts::Off),
            ("https://app.localhost", Hsts::Off),
            ("https://127.0.0.1", Hsts::Off),
            ("https://[::1]", Hsts::Off),
        ] {
            assert_eq!(Hsts::of(&url.parse().unwrap()), expected, "{url}");
        }
    }

    #[actix_web::test]
    async fn a_response_keeps_the_headers_of_its_handler() {
        let kept = || async { HttpResponse::Ok().insert_header((CACHE_CONTROL, "public")).finish() };
        let app = App::new().wrap(response_headers(Hsts::IncludeSubdomains)).route("/", web::get().to(kept));
        let app = init_service(app).await;
        let response = call_service(&app, TestRequest::get().to_request()).await;
        let value = |name: &str| response.headers().get(name).map(HeaderValue::as_bytes);
        assert_eq!(value("cache-control"), Some(&b"public"[..]));
        assert_eq!(
            value("content-security-policy"),
            Some(&b"default-src 'none'; frame-ancestors 'none'"[..])
        );
        assert_eq!(value("referrer-policy"), Some(&b"no-referrer"[..]));
        assert_eq!(value("strict-transport-security"), Some(&b"max-age=31536000; includeSubDomains"[..]));
        let app = init_service(App::new().wrap(response_headers(Hsts::Off))).await;
        let missing = call_service(&app, TestRequest::get().to_request()).await;
        assert_eq!(missing.status(), 404);
        assert_eq!(missing.headers().get("cache-control").unwrap(), "no-store");
        assert!(!missing.headers().contains_key("strict-transport-security"));
    }
}
