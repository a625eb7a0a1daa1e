//! Error responses of the routes, for the OpenAPI document.

use service_kit::envelope::Envelope;
use utoipa::IntoResponses;

/// Errors of all routes of tasks.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only the document shows it; ApiError creates the responses")]
pub enum Refused {
    /// A field or parameter is invalid: `message` names it and its rule
    #[response(status = 400)]
    Invalid(Envelope),
    /// The token is missing or invalid
    #[response(status = 401, headers(("WWW-Authenticate" = String, description = "Bearer")))]
    Unauthorized(Envelope),
    /// The path names another user
    #[response(status = 403)]
    Forbidden(Envelope),
    /// The user has sent too many requests, or earlier searches are still running
    #[response(status = 429, headers(("Retry-After" = u32, description = "Seconds to wait before the next attempt")))]
    TooMany(Envelope),
    /// A bug, which is logged
    #[response(status = 500)]
    Internal(Envelope),
    /// The database or the signing keys are unavailable, or the list took too long
    #[response(status = 503, headers(("Retry-After" = u32, description = "Seconds to wait before the next attempt")))]
    Unavailable(Envelope),
}

/// Additional errors of routes with a body.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only the document shows it; ApiError creates the responses")]
pub enum BodyRefused {
    /// The body did not arrive in time
    #[response(status = 408)]
    TooSlow(Envelope),
    /// The body is larger than 32 KiB
    #[response(status = 413)]
    TooLarge(Envelope),
    /// Content-Type is not JSON
    #[response(status = 415)]
    MediaType(Envelope),
}

/// Additional errors of a route that creates a task.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only the document shows it; ApiError creates the responses")]
pub enum CreateRefused {
    /// The path names another user, or the user has reached the task quota (`QUOTA_EXCEEDED`)
    #[response(status = 403)]
    QuotaExceeded(Envelope),
}

/// Additional errors of routes with a task id.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only the document shows it; ApiError creates the responses")]
pub enum NotThere {
    /// The user has no such task
    #[response(status = 404)]
    NotFound(Envelope),
}
