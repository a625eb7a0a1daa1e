//! Cross-origin calls: trusted origins, with credentials.

use std::sync::Arc;

use actix_cors::Cors;
use actix_web::http::header::HeaderName;

use service_kit::cors::AllowedHeaders;
use service_kit::headers::Header;

use super::origin::TrustedOrigins;

/// Headers of ours that a page may read.
pub const EXPOSED: [HeaderName; 3] = [
    HeaderName::from_static("set-auth-jwt"),
    HeaderName::from_static("set-auth-token"),
    HeaderName::from_static("x-retry-after"),
];
/// How long a browser may remember a preflight's answer, in seconds; browsers cap it at two hours themselves.
const PREFLIGHT_MAX_AGE: usize = 3600;

/// Allows the trusted origins by name, never `*`, and `headers` in their requests. A preflight of an untrusted origin is
/// refused. Any other request of one is not answered with an error here, but without the headers that would let its page
/// read the answer; what it may not do is refused by the origin checks.
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
