//! The format of all error bodies: `{"code": "UPPER_SNAKE", "message": "for a person"}`.

use std::borrow::Cow;

use actix_web::error::{JsonPayloadError, PathError, QueryPayloadError};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use serde::Serialize;
use utoipa::ToSchema;

/// An error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Envelope {
    /// The reason, for programs: `UPPER_SNAKE`, stable.
    #[schema(example = "VALIDATION_ERROR")]
    pub code: Cow<'static, str>,
    /// The reason, for people.
    #[schema(example = "title: must be 1 to 200 characters")]
    pub message: Cow<'static, str>,
}

/// An error response: a status and an envelope. Contains nothing that strangers must not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} {}: {}", .status.as_u16(), .envelope.code, .envelope.message)]
pub struct Rejection {
    status: StatusCode,
    envelope: Envelope,
    /// Seconds, for `Retry-After`.
    retry_after: Option<i64>,
}

impl Rejection {
    /// Creates a rejection with `status`, a stable `code` and a `message` for people.
    pub fn new(
        status: StatusCode,
        code: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let retry_after = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(1);
        Self { status, envelope: Envelope { code: code.into(), message: message.into() }, retry_after }
    }

    /// 429: the client may retry after this many seconds.
    pub fn too_many_requests(message: impl Into<Cow<'static, str>>, retry_after: i64) -> Self {
        let rejection = Self::new(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS", message);
        Self { retry_after: Some(retry_after), ..rejection }
    }

    /// 500. The body is the same for every cause; the log has the cause.
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", "Something went wrong")
    }

    /// 503: the request cannot be served now; the client should retry.
    pub fn unavailable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "SERVICE_UNAVAILABLE",
            "The service cannot answer right now. Please try again.",
        )
    }

    /// 404 for a path that does not exist.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", "Not found")
    }

    /// 400 for invalid input; `message` names the field and the rule.
    pub fn validation(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "VALIDATION_ERROR", message)
    }
}

impl ResponseError for Rejection {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if let Some(seconds) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        response.json(&self.envelope)
    }
}

/// Returns the errors of actix's JSON, path and query extractors in the envelope. `json_limit` is the maximum body size in
/// bytes.
pub fn extractor_errors(json_limit: usize) -> impl FnOnce(&mut web::ServiceConfig) {
    move |cfg| {
        cfg.app_data(web::JsonConfig::default().limit(json_limit).error_handler(json_error))
            .app_data(web::PathConfig::default().error_handler(path_error))
            .app_data(web::QueryConfig::default().error_handler(query_error));
    }
}

/// Answers paths without a route.
pub async fn not_found() -> Result<HttpResponse, Rejection> {
    Err(Rejection::not_found())
}

fn json_error(error: JsonPayloadError, _: &HttpRequest) -> actix_web::Error {
    let rejection = match &error {
        JsonPayloadError::OverflowKnownLength { limit, .. } | JsonPayloadError::Overflow { limit } => {
            Rejection::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "PAYLOAD_TOO_LARGE",
                format!("The body may be at most {limit} bytes"),
            )
        }
        JsonPayloadError::ContentType => Rejection::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "UNSUPPORTED_MEDIA_TYPE",
            "Content-Type must be application/json",
        ),
        JsonPayloadError::Deserialize(cause) if cause.is_data() => {
            Rejection::validation(format!("body: {cause}"))
        }
        JsonPayloadError::Deserialize(_) => {
            Rejection::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", "Invalid JSON in request body")
        }
        _ => Rejection::new(StatusCode::BAD_REQUEST, "BAD_REQUEST", "The request body could not be read"),
    };
    rejection.into()
}

fn path_error(_: PathError, _: &HttpRequest) -> actix_web::Error {
    Rejection::validation("path: an identifier is malformed").into()
}

fn query_error(error: QueryPayloadError, _: &HttpRequest) -> actix_web::Error {
    let message = match error {
        QueryPayloadError::Deserialize(cause) => format!("query: {cause}"),
        _ => "query: malformed".to_owned(),
    };
    Rejection::validation(message).into()
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;

    use super::*;

    #[actix_web::test]
    async fn a_500_says_nothing_of_its_cause() {
        let response = Rejection::internal().error_response();
        assert_eq!(response.status(), 500);
        let body = to_bytes(response.into_body()).await.unwrap();
        assert_eq!(body, r#"{"code":"INTERNAL_SERVER_ERROR","message":"Something went wrong"}"#);
    }

    #[actix_web::test]
    async fn a_503_has_a_retry_after() {
        let response = Rejection::unavailable().error_response();
        assert_eq!(response.headers().get("retry-after").unwrap(), "1");
    }

    #[actix_web::test]
    async fn a_429_has_a_retry_after() {
        let response = Rejection::too_many_requests("Wait", 17).error_response();
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers().get("retry-after").unwrap(), "17");
        let body = to_bytes(response.into_body()).await.unwrap();
        assert_eq!(body, r#"{"code":"TOO_MANY_REQUESTS","message":"Wait"}"#);
    }
}
