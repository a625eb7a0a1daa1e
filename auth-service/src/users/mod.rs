//! Who has an account.

mod handlers;
mod model;
mod store;

pub use model::{CredentialEpoch, MAX_IMAGE, MAX_NAME, NewUser, User};
pub use store::{create, find, find_by_email, from_row, insert, lock, set_email, set_verified, update};
use utoipa_actix_web::service_config::ServiceConfig;

/// Adds `update-user` and `delete-user`.
pub fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(handlers::update_user).service(handlers::delete_user).service(handlers::delete_user_callback);
}
