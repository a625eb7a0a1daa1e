//! Sessions: which user is signed in on which device, and until when.

mod admission;
mod challenge;
mod change;
mod cleanup;
mod current;
mod devices;
mod handlers;
mod model;
mod service;
mod signing_in;
mod starting;
mod store;
mod token;

pub use service::Sessions;

use utoipa_actix_web::service_config::ServiceConfig;

pub use admission::Way;
pub use challenge::{Challenged, TwoFactorRedirect};
pub use change::sync_cookies;
pub(crate) use cleanup::Cleanup;
pub use current::{Enrolling, MaybeEnrolling, MaybeSignedIn, SignedIn, WithBody};
pub(crate) use model::{ForeignSession, ImportedSession};
pub use model::{Session, SessionSettings, SessionView};
pub use signing_in::Entry;
pub use starting::Started;
pub(crate) use store::{count_live, import};
pub use store::{end_all, hold, list, renew_tokens};

/// Adds `sign-out`, `get-session`, `update-session`, `token`, `list-sessions` and the endpoints that revoke sessions.
pub fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(handlers::sign_out)
        .service(handlers::get_session)
        .service(handlers::post_session)
        .service(handlers::update_session)
        .service(token::token)
        .service(devices::list_sessions)
        .service(devices::revoke_session)
        .service(devices::revoke_sessions)
        .service(devices::revoke_other_sessions);
}
