//! Publishes which tokens are revoked, as Token Status Lists (draft-ietf-oauth-status-list).
//!
//! A session has an index in a list, and its tokens reference it. The transaction that ends the session sets the bit. Each
//! replica reads changes twice a second, or at the configured interval, and serves the signed lists from memory. It reads
//! them at once after a request that may have ended a session.

mod cleanup;
mod document;
mod error;
mod handlers;
mod model;
mod notice;
mod published;
mod refresh;
mod store;

use utoipa_actix_web::service_config::ServiceConfig;

pub(crate) use cleanup::clean_up;
pub use error::StatusListError;
pub use model::{LIST_SIZE, StatusIndex, StatusListTimes};
pub use notice::refresh_after_changes;
pub use published::{StatusLists, StatusReference};
pub use refresh::{StatusListRefresh, create_metrics};
pub(crate) use store::{allocate_index, free_index, revoke_indexes};

/// Adds `/.well-known/status-lists`.
pub fn well_known(cfg: &mut ServiceConfig<'_>) {
    cfg.service(handlers::aggregation).service(handlers::list);
}
