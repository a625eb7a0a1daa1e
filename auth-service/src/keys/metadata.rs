//! What programs can find out about this issuer (RFC 8414).

use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, ResponseError, route, web};
use serde::Serialize;
use service_kit::envelope::{Envelope, Rejection};
use shared_claims::canonical_url;
use url::Url;
use utoipa::ToSchema;

use crate::protocol::conditional::Document;
use crate::state::State;

/// Where it is asked for; the path of the issuer, if it has one, stands behind it (section 3.1).
const PATH: &str = "/.well-known/oauth-authorization-server";

/// Authorization server metadata (RFC 8414). Nothing is authorized here by OAuth, so it holds little.
#[derive(Serialize, ToSchema)]
pub struct ServerMetadata {
    /// `iss` of the tokens
    issuer: String,
    /// The public keys that verify them
    jwks_uri: String,
    /// Required; none, since there is no authorization endpoint
    response_types_supported: [String; 0],
    /// None; left out, it would mean two of them
    grant_types_supported: [String; 0],
    /// Where the status lists of the tokens are listed
    status_list_aggregation_endpoint: String,
}

/// The metadata, ready to send.
#[derive(Debug, Clone)]
pub struct Metadata {
    path: String,
    document: Document,
}

impl Metadata {
    /// The metadata of `issuer`, if that is the URL of a service reached under `base_url`: another issuer's is not ours
    /// to tell.
    pub fn new(issuer: &str, base_url: &Url) -> Option<Self> {
        let url = Url::parse(issuer).ok()?;
        let here = url.origin() == base_url.origin() && base_url.origin().is_tuple();
        if !here || url.query().is_some() || url.fragment().is_some() {
            return None;
        }
        let base = canonical_url(base_url);
        let metadata = ServerMetadata {
            issuer: issuer.to_owned(),
            jwks_uri: format!("{base}/.well-known/jwks.json"),
            response_types_supported: [],
            grant_types_supported: [],
            status_list_aggregation_endpoint: format!("{}/.well-known/status-lists", canonical_url(&url)),
        };
        let body = serde_json::to_vec(&metadata).ok()?;
        Some(Self {
            path: format!("{PATH}{}", url.path().trim_end_matches('/')),
            document: Document::new("application/json", Bytes::from(body)),
        })
    }
}

/// What this issuer is and where its keys are (RFC 8414); 404 when JWT_ISSUER is not a URL of this service.
#[utoipa::path(get, path = "/.well-known/oauth-authorization-server", tag = "tokens", responses(
    (status = 200, body = ServerMetadata, description = "The metadata"),
    (status = 404, body = Envelope, description = "JWT_ISSUER is not a URL of this service"),
))]
#[route("/.well-known/oauth-authorization-server", method = "GET", method = "HEAD")]
pub async fn server_metadata(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    answer(&request, &state)
}

/// The same for an issuer with a path.
#[route("/.well-known/oauth-authorization-server/{path:.+}", method = "GET", method = "HEAD")]
pub async fn server_metadata_of_path(request: HttpRequest, state: web::Data<State>) -> HttpResponse {
    answer(&request, &state)
}

fn answer(request: &HttpRequest, state: &State) -> HttpResponse {
    match state.metadata.as_ref().filter(|metadata| metadata.path == request.path()) {
        Some(metadata) => metadata.document.answer(request, &state.keys.contract().cache_control),
        None => {
            let mut response = Rejection::not_found().error_response();
            response
                .headers_mut()
                .insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
            response
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn metadata(issuer: &str, base_url: &str) -> Option<(String, Value)> {
        let metadata = Metadata::new(issuer, &base_url.parse().unwrap())?;
        Some((metadata.path, serde_json::from_slice(metadata.document.body()).unwrap()))
    }

    #[test]
    fn the_metadata_is_that_of_an_issuer_that_is_here() {
        let (path, document) = metadata("https://auth.example.com", "https://auth.example.com").unwrap();
        assert_eq!(path, PATH);
        assert_eq!(
            document,
            json!({
                "issuer": "https://auth.example.com",
                "jwks_uri": "https://auth.example.com/.well-known/jwks.json",
                "response_types_supported": [],
                "grant_types_supported": [],
                "status_list_aggregation_endpoint": "https://auth.example.com/.well-known/status-lists",
            })
        );
        let (path, document) = metadata("https://example.com/auth/", "https://example.com/auth").unwrap();
        assert_eq!(path, format!("{PATH}/auth"));
        assert_eq!(document["issuer"], "https://example.com/auth/", "as the tokens say it");
        assert_eq!(document["jwks_uri"], "https://example.com/auth/.well-known/jwks.json");
        assert!(metadata("https://example.com:443", "https://example.com").is_some());
    }

    #[test]
    fn another_issuer_is_not_ours_to_tell_of() {
        for issuer in [
            "latchkey",
            "urn:latchkey",
            "https://other.example.com",
            "http://auth.example.com",
            "https://auth.example.com:8443",
            "https://auth.example.com/?a=b",
            "https://auth.example.com/#a",
        ] {
            assert_eq!(metadata(issuer, "https://auth.example.com"), None, "{issuer}");
        }
    }
}
