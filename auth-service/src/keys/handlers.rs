//! The JWKS, at the protocol's path and at the one everybody knows.

use actix_web::http::header;
use actix_web::{HttpResponse, get, route, web};

use super::key_ring::Jwks;
use crate::error::ApiError;
use crate::state::State;

/// How long verifiers may keep the set. Short enough that a new key is known in minutes.
const CACHE_CONTROL: &str = "public, max-age=300";

/// The public keys that verify access tokens (RFC 7517).
#[utoipa::path(tag = "tokens", responses((status = 200, body = Jwks, description = "The set")))]
#[get("/jwks")]
pub async fn jwks(state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    answer(&state)
}

/// The public keys that verify access tokens (RFC 7517).
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "tokens", responses((status = 200, body = Jwks, description = "The set")))]
#[route("/.well-known/jwks.json", method = "GET", method = "HEAD")]
pub async fn well_known_jwks(state: web::Data<State>) -> Result<HttpResponse, ApiError> {
    answer(&state)
}

fn answer(state: &State) -> Result<HttpResponse, ApiError> {
    let set = state.keys.jwks(state.clock.now())?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, CACHE_CONTROL))
        .content_type("application/json")
        .body(set))
}
