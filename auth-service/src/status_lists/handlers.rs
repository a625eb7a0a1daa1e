//! Serves the lists, and the list of lists.

use actix_web::{HttpRequest, HttpResponse, routes, web};
use service_kit::envelope::{Envelope, Rejection};

use super::document::Aggregation;
use super::published::StatusLists;
use crate::error::ApiError;

/// As long as the `ttl` of a list. A cache in front absorbs most requests.
const CACHE_LIST: &str = "public, max-age=1";
/// A new list is announced minutes before any token references it.
const CACHE_AGGREGATION: &str = "public, max-age=60";

/// List the status lists.
///
/// For verifiers that check whether a token is revoked: Status List Aggregation of Token Status List.
#[utoipa::path(get, path = "/.well-known/status-lists", tag = "tokens", responses(
    (status = 200, body = Aggregation, description = "The URLs of the lists"),
    (status = 304, description = "Not modified"),
    (status = 503, body = Envelope, description = "The database is unavailable"),
))]
#[routes]
#[get("/.well-known/status-lists")]
#[head("/.well-known/status-lists")]
pub async fn aggregation(
    request: HttpRequest,
    lists: web::Data<StatusLists>,
) -> Result<HttpResponse, ApiError> {
    let snapshot = lists.current()?;
    let document = snapshot.aggregation.as_ref().ok_or(ApiError::CutOff)?;
    Ok(document.answer(&request, CACHE_AGGREGATION))
}

/// Get a status list.
///
/// A JWT with a list of bits. A bit that is set revokes the tokens that reference it (Token Status List).
#[utoipa::path(get, path = "/.well-known/status-lists/{number}", tag = "tokens",
    params(("number" = u32, Path, description = "The number of the list, counted from 0", example = 0)),
    responses(
        (status = 200, content_type = "application/statuslist+jwt", body = String, description = "The list"),
        (status = 304, description = "Not modified"),
        (status = 404, body = Envelope, description = "There is no such list"),
        (status = 503, body = Envelope, description = "The database is unavailable"),
    ))]
#[routes]
#[get("/.well-known/status-lists/{number}")]
#[head("/.well-known/status-lists/{number}")]
pub async fn list(
    request: HttpRequest,
    lists: web::Data<StatusLists>,
    number: web::Path<String>,
) -> Result<HttpResponse, ApiError> {
    let snapshot = lists.current()?;
    let number = number.parse::<usize>().ok().filter(|parsed| parsed.to_string() == *number);
    match number.and_then(|number| snapshot.lists.get(number)) {
        Some(document) => Ok(document.answer(&request, CACHE_LIST)),
        None => Ok(HttpResponse::from_error(Rejection::not_found())),
    }
}
