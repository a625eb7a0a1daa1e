//! E-mail and password: signing up, signing in, and how passwords are kept.

mod bcrypt;
mod handlers;
mod hashing;
mod model;
mod store;

pub use hashing::HashPool;
pub use model::{Cost, PasswordRules};
use utoipa_actix_web::service_config::ServiceConfig;

/// Adds `sign-up/email` and `sign-in/email`.
pub fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(handlers::sign_up).service(handlers::sign_in);
}
