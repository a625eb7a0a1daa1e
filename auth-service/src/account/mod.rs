//! Changes that users make to their own account, and what happened to it: name and picture, email, deletion, security
//! events.

mod deletion;
mod email_change;
mod security_events;
mod service;
mod update;

pub use email_change::CodeProof;
pub use service::Accounts;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds `update-user`, `delete-user`, `send-verification-email`, `verify-email`, `change-email` and `security-events`.
pub fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(update::update_user)
        .service(deletion::delete_user)
        .service(deletion::delete_user_callback)
        .service(email_change::handlers::send_verification_email)
        .service(email_change::handlers::change_email)
        .service(email_change::verifying::verify_email)
        .service(email_change::verifying::confirm_email)
        .service(security_events::security_events);
}
