//! The answer of endpoints that have nothing to show.

use serde::Serialize;
use utoipa::ToSchema;

/// Success.
#[derive(Serialize, ToSchema)]
pub struct Status {
    /// Always true.
    status: bool,
}

/// It worked.
pub const DONE: Status = Status { status: true };
