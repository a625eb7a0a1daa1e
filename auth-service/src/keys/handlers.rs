//! The JWKS, at the protocol's path and at the one everybody knows.

use actix_web::{HttpRequest, HttpResponse, get, route, web};

use super::snapshot::Jwks;
use crate::error::ApiError;
use crate::state::State;

/// Get the public keys at Better Auth's path.
///
/// The same document as `/.well-known/jwks.json`.
#[utoipa::path(tag = "tokens", responses((status = 200, body = Jwks, description = "The JWK Set"), (status = 304, description = "Not modified")))]
#[get("/jwks")]
pub async fn jwks(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    answer(&request, &state)
}

/// Get the public keys that verify access tokens.
///
/// A JWK Set (RFC 7517) with the current key, the next one, and earlier ones whose tokens may still be valid.
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "tokens", responses((status = 200, body = Jwks, description = "The JWK Set"), (status = 304, description = "Not modified")))]
#[route("/.well-known/jwks.json", method = "GET", method = "HEAD")]
pub async fn well_known_jwks(
    request: HttpRequest,
    state: web::Data<State>,
) -> Result<HttpResponse, ApiError> {
    answer(&request, &state)
}

fn answer(request: &HttpRequest, state: &State) -> Result<HttpResponse, ApiError> {
    Ok(state.keys.jwks()?.answer(request, &state.keys.contract().cache_control))
}
