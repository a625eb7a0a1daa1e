//! Refreshes the lists of this replica at once after requests that may have ended sessions.

use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, web};

use super::published::StatusLists;
use crate::protocol::PREFIX;

/// GET requests that end no session. All others count as ending one: a route that is missing here costs a query, while a
/// route missing from a list of those that end sessions would delay a revocation.
const READS: [&str; 7] =
    ["/get-session", "/list-sessions", "/token", "/jwks", "/ok", "/error", "/reset-password/"];

/// Makes a refresh due after a request that may have ended sessions. For `actix_web::middleware::from_fn`.
pub async fn refresh_after_changes<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let lists = request.app_data::<web::Data<StatusLists>>().map(|lists| Arc::clone(lists));
    let mut notice = RefreshOnDrop(lists.filter(|_| may_end_sessions(&request)));
    let response = next.call(request).await?;
    if response.status().is_client_error() {
        // It was refused.
        notice.0 = None;
    }
    Ok(response)
}

fn may_end_sessions(request: &ServiceRequest) -> bool {
    let path = request.path();
    let path = path.strip_prefix(PREFIX).unwrap_or(path);
    let reads = READS.into_iter().any(|read| path == read || (read.ends_with('/') && path.starts_with(read)));
    !request.method().is_safe() || !reads
}

/// Makes a refresh due when it is dropped, also if the client disconnects and the request's future is dropped half way.
struct RefreshOnDrop(Option<Arc<StatusLists>>);

impl Drop for RefreshOnDrop {
    fn drop(&mut self) {
        if let Some(lists) = &self.0 {
            lists.activity().note();
        }
    }
}
