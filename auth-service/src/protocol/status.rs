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
