//! Every error auth-service answers with. The texts and codes under `/api/auth` are Better Auth's own.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use service_kit::store::StoreError;

use crate::protocol::origin::RedirectTarget;

/// How long a client should wait before it tries again what we could not take, in seconds.
const RETRY_AFTER: &str = "1";

/// What a request can be refused for.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The body is not JSON (or not UTF-8).
    #[error("Invalid JSON in request body")]
    InvalidJson,
    /// A media type the endpoint does not take.
    #[error("Content-Type \"{given}\" is not allowed. Allowed types: {allowed}")]
    UnsupportedMediaType {
        /// What the client said.
        given: String,
        /// What it may say.
        allowed: &'static str,
    },
    /// The body is larger than any honest one.
    #[error("The request body is too large")]
    PayloadTooLarge,
    /// Fields that break the endpoint's schema; the text lists them as Better Auth does.
    #[error("{0}")]
    Validation(String),
    /// Sign-in with something that is no address.
    #[error("Invalid email")]
    InvalidEmail,
    /// Below the minimum length.
    #[error("Password too short")]
    PasswordTooShort,
    /// Above the maximum length; never truncated.
    #[error("Password too long")]
    PasswordTooLong,
    /// The address has an account.
    #[error("User already exists. Use another email.")]
    UserAlreadyExists,
    /// Unknown address or wrong password: the same answer for both (FR-010).
    #[error("Invalid email or password")]
    InvalidEmailOrPassword,
    /// No live session. Carries the cookies to clear when a validly signed but dead one came along.
    #[error("Unauthorized")]
    Unauthorized(Vec<HeaderValue>),
    /// Cookies without an origin.
    #[error("Missing or null Origin")]
    MissingOrigin,
    /// An origin that is not trusted.
    #[error("Invalid origin")]
    InvalidOrigin,
    /// A form of another site tried to sign somebody in.
    #[error("Cross-site navigation login blocked. This request appears to be a CSRF attack.")]
    CrossSiteNavigation,
    /// A redirect target outside the trusted origins.
    #[error("Invalid {}", .0.label())]
    UntrustedTarget(RedirectTarget),
    /// A redirect target that is not text.
    #[error("Invalid {}: expected a string", .0.label())]
    TargetNotText(RedirectTarget),
    /// `POST get-session`, which Better Auth has for a setting we do not offer.
    #[error("POST method requires deferSessionRefresh to be enabled in session config")]
    DeferredSessionRefresh,
    /// The hashing queue is full.
    #[error("Too many sign-ins at once. Please try again.")]
    HashingBusy,
    /// A stored value or the database went wrong.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Anything that is our own fault.
    #[error("{0}")]
    Internal(String),
}

/// `message` first, as Better Auth sends it; a few of its errors have no code.
#[derive(Serialize)]
struct Body<'a> {
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
}

impl ApiError {
    fn code(&self) -> Option<&'static str> {
        Some(match self {
            Self::InvalidJson => "BAD_REQUEST",
            Self::UnsupportedMediaType { .. } => "UNSUPPORTED_MEDIA_TYPE",
            Self::PayloadTooLarge => "PAYLOAD_TOO_LARGE",
            Self::Validation(_) => "VALIDATION_ERROR",
            Self::InvalidEmail => "INVALID_EMAIL",
            Self::PasswordTooShort => "PASSWORD_TOO_SHORT",
            Self::PasswordTooLong => "PASSWORD_TOO_LONG",
            Self::UserAlreadyExists => "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL",
            Self::InvalidEmailOrPassword => "INVALID_EMAIL_OR_PASSWORD",
            Self::Unauthorized(_) => "UNAUTHORIZED",
            Self::MissingOrigin => "MISSING_OR_NULL_ORIGIN",
            Self::InvalidOrigin => "INVALID_ORIGIN",
            Self::CrossSiteNavigation => "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED",
            Self::UntrustedTarget(RedirectTarget::Callback) => "INVALID_CALLBACK_URL",
            Self::UntrustedTarget(RedirectTarget::Redirect) => "INVALID_REDIRECT_URL",
            Self::UntrustedTarget(RedirectTarget::ErrorCallback) => "INVALID_ERROR_CALLBACK_URL",
            Self::UntrustedTarget(RedirectTarget::NewUserCallback) => "INVALID_NEW_USER_CALLBACK_URL",
            Self::TargetNotText(_) => return None,
            Self::DeferredSessionRefresh => "METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED",
            Self::HashingBusy | Self::Store(StoreError::Unavailable(_)) => "SERVICE_UNAVAILABLE",
            Self::Store(
                StoreError::Constraint { .. } | StoreError::Corrupt { .. } | StoreError::Statement(_),
            )
            | Self::Internal(_) => "INTERNAL_SERVER_ERROR",
        })
    }

    /// What a stranger may read: our own texts as they are, nothing of a cause.
    fn message(&self) -> String {
        match self {
            Self::Store(StoreError::Unavailable(_)) => {
                "The service cannot answer right now. Please try again.".to_owned()
            }
            Self::Store(_) | Self::Internal(_) => "Something went wrong".to_owned(),
            other => other.to_string(),
        }
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::InvalidJson
            | Self::Validation(_)
            | Self::InvalidEmail
            | Self::PasswordTooShort
            | Self::PasswordTooLong
            | Self::TargetNotText(_) => StatusCode::BAD_REQUEST,
            Self::UnsupportedMediaType { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UserAlreadyExists => StatusCode::UNPROCESSABLE_ENTITY,
            Self::InvalidEmailOrPassword | Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::MissingOrigin
            | Self::InvalidOrigin
            | Self::CrossSiteNavigation
            | Self::UntrustedTarget(_) => StatusCode::FORBIDDEN,
            Self::DeferredSessionRefresh => StatusCode::METHOD_NOT_ALLOWED,
            Self::HashingBusy | Self::Store(StoreError::Unavailable(_)) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(
                StoreError::Constraint { .. } | StoreError::Corrupt { .. } | StoreError::Statement(_),
            )
            | Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        let mut response = HttpResponse::build(status);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header((header::RETRY_AFTER, RETRY_AFTER));
        }
        if let Self::Unauthorized(cookies) = self {
            for cookie in cookies {
                response.append_header((header::SET_COOKIE, cookie.clone()));
            }
        }
        response.json(Body { message: &self.message(), code: self.code() })
    }
}
