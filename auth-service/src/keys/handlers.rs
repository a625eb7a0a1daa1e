//! The JWKS, at the protocol's path and at the one everybody knows.

use actix_web::{HttpRequest, HttpResponse, get, route, web};

use super::snapshot::Jwks;
use crate::error::ApiError;
use crate::state::State;

/// The public keys that verify access tokens (RFC 7517).
#[utoipa::path(tag = "tokens", responses((status = 200, body = Jwks, description = "The set"), (status = 304, description = "The client has it")))]
#[get("/jwks")]
pub async fn jwks(request: HttpRequest, state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    answer(&request, &state)
}

/// The public keys that verify access tokens (RFC 7517).
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "tokens", responses((status = 200, body = Jwks, description = "The set"), (status = 304, description = "The client has it")))]
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
