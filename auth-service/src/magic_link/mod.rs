//! Sign-in by a link in mail, as Better Auth's plugin `magicLink`.
//!
//! Opening the link signs in only the browser that requested it, which a cookie identifies. Any other browser gets a page with
//! a button: mail scanners open links and press no buttons.

mod handlers;
mod page;
mod service;
mod store;
mod verifying;

pub use service::MagicLinks;
use utoipa_actix_web::service_config::ServiceConfig;

/// Adds `sign-in/magic-link` and `magic-link/verify`.
pub fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(handlers::sign_in_magic_link)
        .service(verifying::verify_magic_link)
        .service(verifying::confirm_magic_link);
}
