//! Everything a request can be refused for, and the answer it gets.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use service_kit::envelope::Rejection;
use service_kit::store::StoreError;
use shared_claims::AuthenticationError;

use crate::tasks::cursor::InvalidCursor;
use crate::tasks::fields::Invalid;

/// Why a request was not served. What it prints is for the log; the client reads less.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No valid token: 401. Or no keys to judge it with: 503.
    #[error("not authenticated: {0}")]
    Authentication(#[from] AuthenticationError),
    /// The path names somebody else: 403.
    #[error("the path names another user")]
    Forbidden,
    /// The caller has no such task: 404, whether or not somebody else has.
    #[error("no such task")]
    TaskNotFound,
    /// A field breaks a rule: 400.
    #[error("{0}")]
    Invalid(#[from] Invalid),
    /// The cursor is none of ours: 400.
    #[error("{0}")]
    Cursor(#[from] InvalidCursor),
    /// The database is away: 503. Anything else it says is our fault: 500.
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
            Self::TaskNotFound => {
                Rejection::new(StatusCode::NOT_FOUND, "TASK_NOT_FOUND", "There is no such task")
            }
            Self::Invalid(invalid) => Rejection::validation(invalid.to_string()),
            Self::Cursor(error) => {
                Rejection::new(StatusCode::BAD_REQUEST, "INVALID_CURSOR", error.to_string())
            }
            Self::Store(StoreError::Unavailable(_)) => Rejection::unavailable(),
            // What we send was checked before, so a constraint that strikes is our mistake too.
            Self::Store(
                StoreError::Constraint { .. } | StoreError::Corrupt { .. } | StoreError::Statement(_),
            ) => Rejection::internal(),
        };
        rejection.error_response()
    }
}
