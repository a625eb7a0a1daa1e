//! Which tokens are revoked, told to every resource server by a Token Status List (draft-ietf-oauth-status-list).
//!
//! A session has a place in a list, and its tokens name it. When the session ends, the transaction that ends it sets the
//! bit. Each replica looks for changes twice a second, or as often as is set, and serves the signed list from memory. It
//! looks at once when it may have ended a session itself.

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

pub use error::StatusListError;
pub use model::{LIST_SIZE, StatusIndex, StatusListTimes};
pub use notice::refresh_after_changes;
pub use published::{StatusLists, StatusReference};
pub use refresh::StatusListRefresh;
pub(crate) use store::allocate_index;

/// Adds `/.well-known/status-lists`.
pub fn well_known(cfg: &mut ServiceConfig<'_>) {
    cfg.service(handlers::aggregation).service(handlers::list);
}
