//! Access tokens: short-lived RS256 JWTs (RFC 9068) minted from a live session.

mod handlers;
mod model;
mod store;

use utoipa_actix_web::service_config::ServiceConfig;

pub use model::{ClaimSet, TokenSettings};
pub use store::{longest_life, note_life};

use crate::error::ApiError;
use crate::sessions::SessionId;
use crate::state::State;
use crate::users::User;

/// Adds `token`.
pub fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(handlers::token);
}

/// Mints an access token for a session that was just found alive.
///
/// # Errors
/// When it cannot be signed.
pub fn issue(state: &State, session: SessionId, user: &User) -> Result<String, ApiError> {
    let settings = &state.settings.tokens;
    let claims = model::AccessTokenClaims::new(settings, session, user, state.clock.now());
    state.keys.active().sign(&settings.token_type, &claims)
}
