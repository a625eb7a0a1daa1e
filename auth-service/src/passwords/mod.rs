//! Sign-up and sign-in with email and password, and how passwords are stored.

mod bcrypt;
mod check;
mod foreign;
mod handlers;
mod hashing;
mod job;
mod model;
mod operator;
mod policy;
mod pool;
mod pool_metrics;
mod priority;
mod queue;
mod resetting;
mod service;
mod sign_in_metrics;
mod sign_ups;
mod store;
mod waiting_time;

pub(crate) use foreign::{UnsupportedHash, scheme_of};
pub use hashing::HashPool;
#[cfg(test)]
pub(crate) use model::Scheme;
pub use model::{Cost, PasswordRules, StoredHash};
pub(crate) use model::{ExistingUser, NewPassword, UserWithPassword};
pub use operator::PasswordHasher;
pub use policy::{BlockedWords, Blocklist, BreachService, BreachServiceError, PasswordPolicy};
pub(crate) use resetting::ResetProof;
pub use service::Passwords;
pub use sign_ups::{
    SignUp, become_user as complete_sign_up_by_code, complete as complete_sign_up,
    discard as discard_sign_ups, find as find_sign_up, find_by_email as find_sign_ups, lock as lock_sign_ups,
};

pub(crate) use store::{PasswordSource, change, create, create_all, find_existing, page, remove, set_at};
use utoipa_actix_web::service_config::ServiceConfig;

/// Adds `sign-up/email`, `sign-in/email`, and what verifies, changes and resets passwords.
pub fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(handlers::sign_up::sign_up)
        .service(handlers::sign_in::sign_in)
        .service(handlers::username::sign_in_username)
        .service(handlers::username::is_username_available)
        .service(handlers::verify::verify_password)
        .service(handlers::change::change_password)
        .service(handlers::reset::request_password_reset)
        .service(handlers::reset::reset_password_page)
        .service(handlers::reset::reset_password);
}

/// Describes the metrics of passwords and creates their counters.
pub fn create_metrics() {
    pool_metrics::create();
    policy::create_metrics();
    sign_in_metrics::create();
}
