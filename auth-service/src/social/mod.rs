//! Sign-in by identity providers (Google, GitHub, any OpenID Provider), and the accounts that users have there.
//!
//! The browser goes to the provider with a state that belongs to it ([`pending`]), and comes back to `callback/{id}` with a code.
//! The provider's profile then signs in the user to whom the account is linked. Without one, it links the account to the user with
//! the same email, if the email is verified on both sides, or creates a user ([`signing_in`]).

mod begin;
mod handlers;
mod linking;
mod pending;
mod refusal;
mod service;
mod signing_in;
mod store;
mod tokens;

pub use service::Social;
use utoipa_actix_web::service_config::ServiceConfig;

/// Adds `sign-in/social`, `callback/{id}`, and what lists, links, unlinks and uses accounts at providers.
pub fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(handlers::sign_in::sign_in_social)
        .service(handlers::callback::callback)
        .service(handlers::callback::post_callback)
        .service(handlers::link::link_social)
        .service(handlers::unlink::unlink_account)
        .service(handlers::list::list_accounts)
        .service(handlers::tokens::account_info)
        .service(handlers::tokens::get_access_token)
        .service(handlers::tokens::refresh_token);
}
