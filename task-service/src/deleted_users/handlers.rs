//! The webhook of auth-service. The gateway does not route to it.

use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, post, web};
use service_kit::envelope::Rejection;
use service_kit::headers::Header;
use service_kit::webhooks::{ID, SIGNATURE, Signed, TIMESTAMP, WebhookError};

use super::model::Deletion;
use super::service::DeletedUsers;
use crate::error::ApiError;

/// Maximum size of a webhook in bytes. Those of auth-service have a few hundred, and every sender is read before the signature
/// can be checked.
pub const BODY_LIMIT: usize = 64 * 1024;

/// Receives an event of auth-service, signed by Standard Webhooks with `WEBHOOK_SECRET`.
///
/// It may arrive more than once. Not in the OpenAPI document, because no client of the API may call it.
#[post("/auth-service")]
pub async fn receive(
    request: HttpRequest,
    users: web::Data<DeletedUsers>,
    body: Result<web::Bytes, actix_web::Error>,
) -> Result<HttpResponse, ApiError> {
    let body = body.map_err(|error| unreadable(&error))?;
    let verified = signed(&request).and_then(|signed| users.verify(signed, &body));
    verified.map_err(|error| {
        users.report(error);
        // The same response whatever is wrong.
        Rejection::new(
            StatusCode::UNAUTHORIZED,
            "INVALID_SIGNATURE",
            "The signature of the webhook is not valid",
        )
    })?;
    if let Some(deletion) = Deletion::read(&body).map_err(Rejection::validation)? {
        users.delete(&deletion).await?;
    }
    Ok(HttpResponse::NoContent().finish())
}

fn unreadable(error: &actix_web::Error) -> Rejection {
    match error.as_error() {
        Some(PayloadError::Overflow) => Rejection::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "PAYLOAD_TOO_LARGE",
            format!("The body may be at most {BODY_LIMIT} bytes"),
        ),
        _ => Rejection::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", "The request body could not be read"),
    }
}

fn signed(request: &HttpRequest) -> Result<Signed<'_>, WebhookError> {
    let header = |name| match Header::read(request.headers(), name) {
        Header::Text(text) => Ok(text),
        _ => Err(WebhookError::Header),
    };
    Ok(Signed { id: header(ID)?, timestamp: header(TIMESTAMP)?, signatures: header(SIGNATURE)? })
}
