//! The answer of endpoints that have nothing to show.

use serde::Serialize;
use utoipa::ToSchema;

/// It worked.
#[derive(Serialize, ToSchema)]
pub struct Status {
    status: bool,
}

/// It worked.
pub const DONE: Status = Status { status: true };
