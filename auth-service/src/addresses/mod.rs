//! E-mail addresses: showing that one is the user's, and changing it.

mod completing;
mod events;
mod following;
mod handlers;
mod link;
mod outcome;
mod page;
mod sending;
mod verifying;

pub use sending::{Verified, send_verification, send_verification_again, withhold_link};
use utoipa_actix_web::service_config::ServiceConfig;

/// Adds `send-verification-email`, `verify-email` and `change-email`.
pub fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(handlers::send_verification_email)
        .service(handlers::change_email)
        .service(verifying::verify_email)
        .service(verifying::confirm_email);
}
