//! Everything a request can be refused for, and the answer it gets.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use service_kit::envelope::Rejection;
use service_kit::store::StoreError;
use shared_claims::AuthenticationError;

use crate::budget::Exhausted;
use crate::invalid::{Invalid, InvalidCursor};
use crate::search_slots::Busy;

/// Seconds after which to retry a search: most take far less.
const SEARCH_RETRY_AFTER: i64 = 1;

/// Why a request was not served. What it prints is for the log; the client reads less.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No valid token: 401. Or no keys to judge it with: 503.
    #[error("not authenticated: {0}")]
    Authentication(#[from] AuthenticationError),
    /// The path names somebody else: 403.
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
    /// The caller has no such task: 404, whether or not somebody else has.
    #[error("no such task")]
    TaskNotFound,
    /// A field breaks a rule: 400.
    #[error("{0}")]
    Invalid(#[from] Invalid),
    /// The cursor is none of ours: 400.
    #[error("{0}")]
    Cursor(#[from] InvalidCursor),
    /// The application was built without a part it needs: 500.
    #[error("the application has no {0}")]
    Unconfigured(&'static str),
    /// The database is away, or a list took too long: 503. Anything else it says is our fault: 500.
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.error_response().status()
    }

    fn error_response(&self) -> HttpResponse {
        let rejection = match self {
            // The same, byte for byte, in every service that verifies these tokens.
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
            Self::Unconfigured(_) => Rejection::internal(),
            Self::Store(StoreError::Unavailable(_)) => Rejection::unavailable(),
            // What we send was checked before, so a constraint that strikes is our mistake too.
            Self::Store(
                StoreError::Constraint { .. } | StoreError::Corrupt { .. } | StoreError::Statement(_),
            ) => Rejection::internal(),
        };
        rejection.error_response()
    }
}
