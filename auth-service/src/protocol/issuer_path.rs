//! Serves the documents of an issuer below the issuer's path.
//!
//! Verifiers request `{issuer}/.well-known/jwks.json`, and tokens contain `{issuer}/.well-known/status-lists/0`. If
//! the issuer's URL has a path, e.g. `https://example.com/auth`, a gateway may remove it or keep it. Both work.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Uri;
use actix_web::middleware::Next;
use actix_web::{Error, web};

const WELL_KNOWN: &str = "/.well-known/";

/// The path of the issuer's URL without a trailing slash; empty if it has none.
#[derive(Debug, Clone, Default)]
pub struct IssuerPath(pub String);

/// Middleware: removes the issuer's path from the path of a published document before the request is routed.
pub async fn issuer_path<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let issuer = request.app_data::<web::Data<IssuerPath>>();
    let shorter = issuer.and_then(|issuer| without(&issuer.0, request.uri()));
    if let Some(uri) = shorter {
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
    next.call(request).await
}

/// Returns `uri` without `issuer_path` if `/.well-known/` follows it.
fn without(issuer_path: &str, uri: &Uri) -> Option<Uri> {
    if issuer_path.is_empty() {
        return None;
    }
    let rest = uri.path_and_query()?.as_str().strip_prefix(issuer_path)?;
    if !rest.starts_with(WELL_KNOWN) {
        return None;
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(rest.parse().ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_issuers_path_is_removed_before_published_documents_alone() {
        let shorter = |path: &str, uri: &str| without(path, &uri.parse().unwrap()).map(|uri| uri.to_string());
        assert_eq!(
            shorter("/auth", "/auth/.well-known/jwks.json?a=b").as_deref(),
            Some("/.well-known/jwks.json?a=b")
        );
        assert_eq!(
            shorter("/auth", "http://host/auth/.well-known/status-lists/0").as_deref(),
            Some("http://host/.well-known/status-lists/0")
        );
        for (path, uri) in [
            ("", "/.well-known/jwks.json"),
            ("/auth", "/.well-known/jwks.json"),
            ("/auth", "/auth/api/auth/sign-out"),
            ("/auth", "/auth.well-known/jwks.json"),
            ("/auth", "/other/auth/.well-known/jwks.json"),
        ] {
            assert_eq!(shorter(path, uri), None, "{path} {uri}");
        }
    }
}
