//! E-mail and password: signing up, signing in, and how passwords are kept.

mod bcrypt;
mod check;
mod foreign;
mod handlers;
mod hashing;
mod model;
mod policy;
mod pool;
mod queue;
mod sign_ups;
mod store;

pub use foreign::{NotTaken, accept};
pub use hashing::HashPool;
pub use model::{Cost, PasswordRules, Scheme, StoredHash};
pub use policy::{BlockedWords, Blocklist, BreachService, BreachServiceError, PasswordPolicy};
pub use sign_ups::{
    SignUp, complete as complete_sign_up, find as find_sign_up, find_by_email as find_sign_ups,
};
use std::sync::Arc;

use service_kit::database::Pool;
use shared_claims::SharedClock;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::limits::Guesses;
use crate::protocol::cookies::Cookies;
use crate::security_event::SecurityLog;
use crate::sessions::Sessions;
use crate::users::AccountSettings;
use crate::verifications::LinkMailer;

/// Signs users up and in, and checks, changes and resets their passwords.
#[derive(Clone)]
pub struct Passwords {
    /// Connections of this worker.
    pub pool: Pool,
    /// What accounts may do.
    pub accounts: Arc<AccountSettings>,
    /// How long passwords may be.
    pub rules: PasswordRules,
    /// Decides which passwords may be chosen.
    pub policy: Arc<PasswordPolicy>,
    /// Hashes passwords.
    pub hashes: Arc<HashPool>,
    /// Limits guesses.
    pub guesses: Guesses,
    /// Starts and ends sessions.
    pub sessions: Sessions,
    /// Sends links and notices.
    pub mailer: LinkMailer,
    /// Recognizes the browser that signed up.
    pub cookies: Arc<Cookies>,
    /// Records security events.
    pub log: Arc<SecurityLog>,
    /// The time.
    pub clock: SharedClock,
}

/// Adds `sign-up/email`, `sign-in/email`, and what lists, verifies, changes and resets passwords.
pub fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(handlers::sign_up::sign_up)
        .service(handlers::sign_in::sign_in)
        .service(handlers::accounts::list_accounts)
        .service(handlers::accounts::verify_password)
        .service(handlers::change::change_password)
        .service(handlers::reset::request_password_reset)
        .service(handlers::reset::reset_password_page)
        .service(handlers::reset::reset_password);
}
