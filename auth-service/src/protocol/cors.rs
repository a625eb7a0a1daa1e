//! Cross-origin calls: trusted origins, with credentials.

use std::sync::Arc;

use actix_cors::Cors;
use actix_web::http::header::HeaderName;

use service_kit::cors::AllowedHeaders;
use service_kit::headers::Header;

use super::origin::TrustedOrigins;

/// Response headers that a page may read.
pub const EXPOSED: [HeaderName; 3] = [
    HeaderName::from_static("set-auth-jwt"),
    HeaderName::from_static("set-auth-token"),
    HeaderName::from_static("x-retry-after"),
];
/// How long a browser may cache a preflight response, in seconds. Browsers limit it to two hours.
const PREFLIGHT_MAX_AGE: usize = 3600;

/// Allows the trusted origins by name, never `*`, and `headers` in their requests. A preflight of an untrusted origin
/// is refused. Other requests of an untrusted origin are answered without the CORS headers, so its page cannot read
/// the response; the origin checks refuse what it must not do.
pub fn cors(origins: Arc<TrustedOrigins>, headers: &AllowedHeaders) -> Cors {
    let cors = Cors::default()
        .allowed_origin_fn(move |origin, request| origins.may_read(Header::of(origin), request))
        .allowed_methods(["GET", "POST"])
        .expose_headers(EXPOSED)
        .supports_credentials()
        .block_on_origin_mismatch(false)
        .max_age(PREFLIGHT_MAX_AGE);
    headers.apply(cors)
}
