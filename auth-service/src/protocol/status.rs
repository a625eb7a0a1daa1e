//! The response of endpoints that return no data.

use serde::Serialize;
use utoipa::ToSchema;

/// Success.
#[derive(Serialize, ToSchema)]
pub struct Status {
    /// Always true.
    status: bool,
}

/// The response after success.
pub const DONE: Status = Status { status: true };

/// Success, of the endpoints whose response has this member instead.
#[derive(Serialize, ToSchema)]
pub struct Success {
    /// Always true.
    success: bool,
}

/// The response after success, of these endpoints.
pub const SUCCESS: Success = Success { success: true };
