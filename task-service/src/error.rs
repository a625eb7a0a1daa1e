//! Errors of requests, and their responses.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use service_kit::envelope::Rejection;
use service_kit::store::StoreError;
use shared_claims::AuthenticationError;

use crate::budget::Exhausted;
use crate::invalid::{Invalid, InvalidCursor};
use crate::search_slots::Busy;

/// `Retry-After` for a search, in seconds. Most searches take far less.
const SEARCH_RETRY_AFTER: i64 = 1;

/// Why a request was not served. Its `Display` is for the log; the response contains less.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No valid token: 401. No keys to verify it with: 503.
    #[error("not authenticated: {0}")]
    Authentication(#[from] AuthenticationError),
    /// The path names another user: 403.
    #[error("the path names another user")]
    Forbidden,
    /// The caller's request budget is used up: 429.
    #[error("{0}")]
    Exhausted(#[from] Exhausted),
    /// The caller's earlier searches are still running: 429.
    #[error("{0}")]
    SearchBusy(#[from] Busy),
    /// The caller has reached the task quota: 403.
    #[error("the user has reached the task quota")]
    QuotaExceeded,
    /// The caller has no such task: 404, whether or not another user has.
    #[error("no such task")]
    TaskNotFound,
    /// A field breaks a rule: 400.
    #[error("{0}")]
    Invalid(#[from] Invalid),
    /// The cursor is invalid: 400.
    #[error("{0}")]
    Cursor(#[from] InvalidCursor),
    /// A webhook is not one of auth-service, or malformed: 401 or 400.
    #[error("webhook refused")]
    Webhook(#[from] Rejection),
    /// The application was configured without a required part: 500.
    #[error("the application has no {0}")]
    Unconfigured(&'static str),
    /// The database is unavailable, or a list took too long: 503. Any other database error is a bug: 500.
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.error_response().status()
    }

    fn error_response(&self) -> HttpResponse {
        let rejection = match self {
            // The same response, byte for byte, in every service that verifies these tokens.
            Self::Authentication(error) => return error.error_response(),
            Self::Forbidden => {
                Rejection::new(StatusCode::FORBIDDEN, "FORBIDDEN", "This path belongs to another user")
            }
            Self::Exhausted(Exhausted { retry_after }) => Rejection::too_many_requests(
                "You are sending too many requests. Please try again later.",
                *retry_after,
            ),
            Self::SearchBusy(Busy) => Rejection::too_many_requests(
                "Your earlier searches are still running. Please try again.",
                SEARCH_RETRY_AFTER,
            ),
            Self::QuotaExceeded => Rejection::new(
                StatusCode::FORBIDDEN,
                "QUOTA_EXCEEDED",
                "You have reached the maximum number of tasks. Delete some to create new ones.",
            ),
            Self::TaskNotFound => {
                Rejection::new(StatusCode::NOT_FOUND, "TASK_NOT_FOUND", "There is no such task")
            }
            Self::Invalid(invalid) => Rejection::validation(invalid.to_string()),
            Self::Cursor(error) => {
                Rejection::new(StatusCode::BAD_REQUEST, "INVALID_CURSOR", error.to_string())
            }
            Self::Webhook(rejection) => return rejection.error_response(),
            Self::Unconfigured(_) => Rejection::internal(),
            Self::Store(StoreError::Unavailable(_)) => Rejection::unavailable(),
            // Input was validated before, so a violated constraint is a bug too.
            Self::Store(
                StoreError::Constraint { .. } | StoreError::Corrupt { .. } | StoreError::Statement(_),
            ) => Rejection::internal(),
        };
        rejection.error_response()
    }
}
