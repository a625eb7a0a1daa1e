//! Sessions: who is signed in on which device, until when.

mod current;
mod devices;
mod hand_over;
mod handlers;
mod model;
mod refresh;
mod store;

pub use current::{Fresh, MaybeSignedIn, SignedIn, WithBody, set_cookies};
pub use hand_over::{Started, clear_cookies_of, hand_over, hand_over_with, start};
pub use model::{Session, SessionSettings};
pub use refresh::tell_device;
pub use store::{end_all, hold};
use utoipa_actix_web::service_config::ServiceConfig;

/// Adds `sign-out`, `get-session`, `update-session`, `list-sessions` and what revokes them.
pub fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(handlers::sign_out)
        .service(handlers::get_session)
        .service(handlers::post_session)
        .service(handlers::update_session)
        .service(devices::list_sessions)
        .service(devices::revoke_session)
        .service(devices::revoke_sessions)
        .service(devices::revoke_other_sessions);
}
