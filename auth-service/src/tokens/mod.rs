//! Access tokens: short-lived RS256 JWTs (RFC 9068), issued for a live session.

mod authentication;
mod cache;
mod diagnosis;
mod metadata;
mod model;

use std::sync::Arc;

use metrics::{Counter, counter, describe_counter};
use serde_json::{Map, Value};
use shared_claims::SharedClock;
use utoipa_actix_web::service_config::ServiceConfig;

pub use authentication::{Authentication, AuthenticationMethod};
pub use diagnosis::DiagnosisClaims;
pub use metadata::Discovery;
pub use model::{Audience, ClaimSet, TokenSession, TokenSettings};

use self::cache::{CacheKey, TokenCache};
use crate::error::ApiError;
use crate::keys::KeyRing;
use crate::status_lists::StatusLists;
use crate::users::User;

/// Number of tokens returned; label `source`: `signed` or `reused`.
const TOKENS: &str = "auth_service_tokens_total";

/// Describes the metric of tokens and creates its counters.
pub fn create_metrics() {
    describe_counter!(TOKENS, "Access tokens that were issued, by source.");
    let _ = (reused(), signed());
}

fn reused() -> Counter {
    counter!(TOKENS, "source" => "reused")
}

fn signed() -> Counter {
    counter!(TOKENS, "source" => "signed")
}

pub struct Tokens {
    cache: TokenCache,
    keys: Arc<KeyRing>,
    lists: Arc<StatusLists>,
    settings: TokenSettings,
    clock: SharedClock,
    /// Looked up once: most requests return a token.
    reused: Counter,
    signed: Counter,
}

impl Tokens {
    /// Issues tokens with `settings`. They are signed with the active key of `keys` and refer to `lists`.
    pub fn new(
        settings: TokenSettings,
        keys: Arc<KeyRing>,
        lists: Arc<StatusLists>,
        clock: SharedClock,
    ) -> Self {
        let cache = TokenCache::new(settings.ttl);
        Self { cache, keys, lists, settings, clock, reused: reused(), signed: signed() }
    }

    /// Whether tokens name any of these additional fields of a user.
    pub fn are_about_any(&self, fields: &Map<String, Value>) -> bool {
        self.settings.user_fields.iter().any(|field| fields.contains_key(&field.name))
    }

    /// Issues an access token for `session`, which was just found live. Reuses the last token of the session while
    /// more than half of its lifetime is left.
    ///
    /// # Errors
    /// [`ApiError::CutOff`] if the session has no position in the status lists, because the token could not be revoked.
    pub async fn issue(&self, session: TokenSession, user: &User) -> Result<Arc<str>, ApiError> {
        let now = self.clock.now();
        let index = session.index.ok_or(ApiError::CutOff)?;
        let key = self.keys.signing_key().await?;
        let user_updated_at = user.updated_at.as_microsecond();
        let cache_key = CacheKey { session: session.id, index, user_updated_at, kid: key.kid().into() };
        if let Some(token) = self.cache.find(&cache_key, now) {
            self.reused.increment(1);
            return Ok(token);
        }
        let status = self.lists.reference(index);
        let claims = model::AccessTokenClaims::new(&self.settings, session, user, status, now);
        let token: Arc<str> = key.sign(&self.settings.token_type, &claims)?.into();
        self.signed.increment(1);
        self.cache.keep(cache_key, Arc::clone(&token), now);
        Ok(token)
    }
}

/// Adds the metadata of the issuer.
pub fn well_known(cfg: &mut ServiceConfig<'_>) {
    cfg.service(metadata::server_metadata).service(metadata::openid_configuration);
    // Not in the OpenAPI document, which cannot list the paths of all issuers.
    cfg.map(|cfg| cfg.service(metadata::server_metadata_of_path));
}
