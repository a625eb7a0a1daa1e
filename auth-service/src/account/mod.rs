//! What users change about their own account: name and picture, email, and deleting it.

mod deletion;
mod email_change;
mod update;

use std::sync::Arc;

use service_kit::database::Pool;
use shared_claims::SharedClock;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::passwords::Passwords;
use crate::security_event::SecurityLog;
use crate::sessions::Sessions;
use crate::users::AccountSettings;
use crate::verifications::LinkMailer;

/// Changes and deletes accounts for their users.
pub struct Accounts {
    /// Connections of this worker.
    pub pool: Pool,
    /// What accounts may do.
    pub settings: Arc<AccountSettings>,
    /// Checks passwords, and completes sign-ups.
    pub passwords: Passwords,
    /// Starts and ends sessions.
    pub sessions: Sessions,
    /// Sends links and notices.
    pub mailer: LinkMailer,
    /// Records security events.
    pub log: Arc<SecurityLog>,
    /// The time.
    pub clock: SharedClock,
}

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
