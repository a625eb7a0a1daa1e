//! Metadata of this issuer: RFC 8414, and OpenID Connect Discovery 1.0 as far as it applies.

use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, ResponseError, routes, web};
use serde::Serialize;
use service_kit::envelope::{Envelope, Rejection};
use shared_claims::canonical_url;
use url::Url;
use utoipa::ToSchema;

use super::model::{Audience, TokenSettings};
use crate::keys::KeyRing;
use crate::protocol::conditional::Document;

/// The path of the metadata in RFC 8414. The path of the issuer, if it has one, follows it (section 3.1).
const PATH: &str = "/.well-known/oauth-authorization-server";

/// The metadata of an issuer that only issues access tokens (RFC 8414).
///
/// Members that would be empty lists are left out (section 3.2), and so are endpoints that do not exist, although OpenID
/// Connect Discovery requires some of them.
#[derive(Serialize, ToSchema)]
pub struct ServerMetadata {
    /// The `iss` claim of the tokens
    issuer: String,
    /// URL of the public keys that verify the tokens
    jwks_uri: String,
    /// `public`: the `sub` claim is the same for every audience
    subject_types_supported: [&'static str; 1],
    /// URL of the list of status lists
    status_list_aggregation_endpoint: String,
    /// The `aud` claim of the tokens
    latchkey_access_token_audience: Audience,
    /// The `typ` header of the tokens
    latchkey_access_token_type: String,
}

/// The metadata of this issuer; `None` if the issuer is not a URL of this service.
#[derive(Debug, Clone)]
pub struct Discovery(Option<Metadata>);

/// The metadata as it is sent.
#[derive(Debug, Clone)]
struct Metadata {
    issuer_path: String,
    document: Document,
}

impl Discovery {
    /// Creates the metadata of the issuer of `tokens` if its URL has the origin of `base_url`. This service does not
    /// describe an issuer elsewhere.
    pub fn new(tokens: &TokenSettings, base_url: &Url) -> Self {
        Self(Metadata::new(tokens, base_url))
    }

    /// The path of the issuer's URL without a trailing slash; empty if it has none.
    pub fn issuer_path(&self) -> &str {
        self.0.as_ref().map_or("", |metadata| &metadata.issuer_path)
    }
}

impl Metadata {
    fn new(tokens: &TokenSettings, base_url: &Url) -> Option<Self> {
        let url = Url::parse(&tokens.issuer).ok()?;
        let here = url.origin() == base_url.origin() && base_url.origin().is_tuple();
        if !here || url.query().is_some() || url.fragment().is_some() {
            return None;
        }
        let base = canonical_url(base_url);
        let metadata = ServerMetadata {
            issuer: tokens.issuer.clone(),
            jwks_uri: format!("{base}/.well-known/jwks.json"),
            subject_types_supported: ["public"],
            status_list_aggregation_endpoint: format!("{}/.well-known/status-lists", canonical_url(&url)),
            latchkey_access_token_audience: tokens.audience.clone(),
            latchkey_access_token_type: tokens.token_type.clone(),
        };
        let body = serde_json::to_vec(&metadata).ok()?;
        Some(Self {
            issuer_path: url.path().trim_end_matches('/').to_owned(),
            document: Document::new("application/json", Bytes::from(body)),
        })
    }

    fn is_at(&self, path: &str) -> bool {
        path.strip_prefix(PATH).is_some_and(|rest| rest == self.issuer_path)
    }
}

/// Get the metadata of the issuer.
///
/// OAuth 2.0 Authorization Server Metadata (RFC 8414). Available if `JWT_ISSUER` is a URL of this service.
#[utoipa::path(get, path = "/.well-known/oauth-authorization-server", tag = "tokens", responses(
    (status = 200, body = ServerMetadata, description = "The metadata"),
    (status = 304, description = "Not modified"),
    (status = 404, body = Envelope, description = "JWT_ISSUER is not a URL of this service"),
))]
#[routes]
#[get("/.well-known/oauth-authorization-server")]
#[head("/.well-known/oauth-authorization-server")]
pub async fn server_metadata(
    request: HttpRequest,
    discovery: web::Data<Discovery>,
    keys: web::Data<KeyRing>,
) -> HttpResponse {
    answer(&request, &discovery, &keys)
}

/// The metadata of an issuer with a path.
#[routes]
#[get("/.well-known/oauth-authorization-server/{path:.+}")]
#[head("/.well-known/oauth-authorization-server/{path:.+}")]
pub async fn server_metadata_of_path(
    request: HttpRequest,
    discovery: web::Data<Discovery>,
    keys: web::Data<KeyRing>,
) -> HttpResponse {
    answer(&request, &discovery, &keys)
}

/// Get the metadata of the issuer for OpenID Connect clients.
///
/// The same document as `/.well-known/oauth-authorization-server`, at the path of OpenID Connect Discovery. This service
/// is not an OpenID Provider.
#[utoipa::path(get, path = "/.well-known/openid-configuration", tag = "tokens", responses(
    (status = 200, body = ServerMetadata, description = "The metadata"),
    (status = 404, body = Envelope, description = "JWT_ISSUER is not a URL of this service"),
))]
#[routes]
#[get("/.well-known/openid-configuration")]
#[head("/.well-known/openid-configuration")]
pub async fn openid_configuration(
    request: HttpRequest,
    discovery: web::Data<Discovery>,
    keys: web::Data<KeyRing>,
) -> HttpResponse {
    // The issuer's path comes first here, and a gateway may have removed it, so this answers for any issuer. Clients
    // compare `issuer` with the one that they requested.
    respond(discovery.0.as_ref(), &request, &keys)
}

fn answer(request: &HttpRequest, discovery: &Discovery, keys: &KeyRing) -> HttpResponse {
    let metadata = discovery.0.as_ref().filter(|metadata| metadata.is_at(request.path()));
    respond(metadata, request, keys)
}

fn respond(metadata: Option<&Metadata>, request: &HttpRequest, keys: &KeyRing) -> HttpResponse {
    if let Some(metadata) = metadata {
        return metadata.document.answer(request, &keys.rotation_policy().cache_control);
    }
    let mut response = Rejection::not_found().error_response();
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::{Value, json};

    use super::*;
    use crate::tokens::ClaimSet;

    fn metadata(issuer: &str, base_url: &str) -> Option<(String, Value)> {
        let tokens = TokenSettings {
            issuer: issuer.to_owned(),
            audience: Audience::One("https://tasks.example.com".to_owned()),
            ttl: SignedDuration::from_mins(15),
            token_type: "at+jwt".to_owned(),
            claims: ClaimSet::Standard,
            user_fields: Vec::new(),
        };
        let metadata = Metadata::new(&tokens, &base_url.parse().unwrap())?;
        Some((metadata.issuer_path, serde_json::from_slice(metadata.document.body()).unwrap()))
    }

    #[test]
    fn the_metadata_is_that_of_an_issuer_that_is_here() {
        let (path, document) = metadata("https://auth.example.com", "https://auth.example.com").unwrap();
        assert_eq!(path, "");
        assert_eq!(
            document,
            json!({
                "issuer": "https://auth.example.com",
                "jwks_uri": "https://auth.example.com/.well-known/jwks.json",
                "subject_types_supported": ["public"],
                "status_list_aggregation_endpoint": "https://auth.example.com/.well-known/status-lists",
                "latchkey_access_token_audience": "https://tasks.example.com",
                "latchkey_access_token_type": "at+jwt",
            })
        );
        let (path, document) = metadata("https://example.com/auth/", "https://example.com/auth").unwrap();
        assert_eq!(path, "/auth");
        assert_eq!(document["issuer"], "https://example.com/auth/", "as the tokens say it");
        assert_eq!(document["jwks_uri"], "https://example.com/auth/.well-known/jwks.json");
        assert!(metadata("https://example.com:443", "https://example.com").is_some());
    }

    /// RFC 8414, section 3.2: "Claims with zero elements MUST be omitted from the response."
    #[test]
    fn no_member_is_empty() {
        let (_, document) = metadata("https://auth.example.com", "https://auth.example.com").unwrap();
        let is_empty = |value: &Value| {
            value.is_null() || value.as_array().is_some_and(Vec::is_empty) || value.as_str() == Some("")
        };
        assert_eq!(document.as_object().unwrap().values().find(|value| is_empty(value)), None);
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
