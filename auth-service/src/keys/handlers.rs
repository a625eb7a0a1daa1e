//! The JWKS, at the protocol's path and at the one everybody knows.

use actix_web::{HttpRequest, HttpResponse, get, routes, web};

use super::key_ring::KeyRing;
use super::snapshot::Jwks;
use crate::error::ApiError;

/// Get the public keys at Better Auth's path.
///
/// The same document as `/.well-known/jwks.json`.
#[utoipa::path(tag = "tokens", responses((status = 200, body = Jwks, description = "The JWK Set"), (status = 304, description = "Not modified")))]
#[get("/jwks")]
pub async fn jwks(request: HttpRequest, keys: web::Data<KeyRing>) -> Result<HttpResponse, ApiError> {
    answer(&request, &keys)
}

/// Get the public keys that verify access tokens.
///
/// A JWK Set (RFC 7517) with the current key, the next one, and earlier ones whose tokens may still be valid.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "tokens", responses((status = 200, body = Jwks, description = "The JWK Set"), (status = 304, description = "Not modified")))]
#[routes]
#[get("/.well-known/jwks.json")]
#[head("/.well-known/jwks.json")]
pub async fn well_known_jwks(
    request: HttpRequest,
    keys: web::Data<KeyRing>,
) -> Result<HttpResponse, ApiError> {
    answer(&request, &keys)
}

fn answer(request: &HttpRequest, keys: &KeyRing) -> Result<HttpResponse, ApiError> {
    Ok(keys.jwks()?.answer(request, &keys.rotation_policy().cache_control))
}
