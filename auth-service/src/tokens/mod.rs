//! Access tokens: short-lived RS256 JWTs (RFC 9068) minted from a live session.

mod cache;
mod handlers;
mod model;
mod store;

use metrics::counter;
use utoipa_actix_web::service_config::ServiceConfig;

use cache::Made;
pub use cache::TokenCache;
pub use model::{Audience, ClaimSet, TokenSettings};
pub use store::{longest_life, note_life};

use std::sync::Arc;

use crate::error::ApiError;
use crate::sessions::Session;
use crate::state::State;
use crate::users::User;

/// Tokens handed out; label `source`: `signed` anew, or `reused`.
const TOKENS: &str = "auth_service_tokens_total";

/// Adds `token`.
pub fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(handlers::token);
}

/// An access token for a session that was just found alive: the one it has, while more than half of its life is left, or
/// a new one.
///
/// # Errors
/// When it cannot be signed, or the session has no place in the status lists, so that it could not be revoked.
pub async fn issue(state: &State, session: &Session, user: &User) -> Result<Arc<str>, ApiError> {
    let (settings, now) = (&state.settings.tokens, state.clock.now());
    let index = session.status_index.ok_or(ApiError::CutOff)?;
    let key = state.keys.signing_key().await?;
    let user_updated_at = user.updated_at.as_microsecond();
    let made = Made { session: session.id, index, user_updated_at, kid: key.kid().into() };
    if let Some(token) = state.tokens.find(&made, now) {
        counter!(TOKENS, "source" => "reused").increment(1);
        return Ok(token);
    }
    let status = state.status_lists.reference(index);
    let claims = model::AccessTokenClaims::new(settings, session.id, user, status, now);
    let token: Arc<str> = key.sign(&settings.token_type, &claims)?.into();
    counter!(TOKENS, "source" => "signed").increment(1);
    state.tokens.keep(made, Arc::clone(&token), now);
    Ok(token)
}
