//! `token`

use std::sync::Arc;

use actix_web::http::header;
use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use service_kit::envelope::Envelope;
use utoipa::ToSchema;

use super::current::SignedIn;
use super::service::Sessions;
use crate::error::ApiError;

/// An access token.
#[derive(Serialize, ToSchema)]
struct Token {
    /// The JWT, a bearer token for resource servers.
    #[schema(value_type = String)]
    token: Arc<str>,
}

/// Get an access token.
///
/// A JWT for resource servers such as task-service, which take it as a bearer token.
#[utoipa::path(tag = "tokens", security(("cookie" = []), ("bearer" = [])), responses(
    (status = 200, body = Token, description = "The access token"),
    (status = 401, body = Envelope, description = "No live session"),
))]
#[get("/token")]
pub async fn token(sessions: web::Data<Sessions>, current: SignedIn) -> Result<HttpResponse, ApiError> {
    let token = sessions.access_token(&current.session, &current.user).await?;
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(Token { token }))
}
