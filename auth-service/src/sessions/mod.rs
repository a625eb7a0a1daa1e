//! Sessions: who is signed in on which device, until when.

mod current;
mod hand_over;
mod handlers;
mod model;
mod store;

pub use current::{MaybeSignedIn, SignedIn};
pub use hand_over::{Started, hand_over, start};
pub use model::{Session, SessionId, SessionSettings, SessionToken};
use utoipa_actix_web::service_config::ServiceConfig;

/// Adds `sign-out` and `get-session`.
pub fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(handlers::sign_out).service(handlers::get_session).service(handlers::post_session);
}
