//! Changes that users make to their own account: name and picture, email, deletion.

mod deletion;
mod email_change;
mod service;
mod update;

pub use service::Accounts;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds `update-user`, `delete-user`, `send-verification-email`, `verify-email` and `change-email`.
pub fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(update::update_user)
        .service(deletion::delete_user)
        .service(deletion::delete_user_callback)
        .service(email_change::handlers::send_verification_email)
        .service(email_change::handlers::change_email)
        .service(email_change::verifying::verify_email)
        .service(email_change::verifying::confirm_email);
}
