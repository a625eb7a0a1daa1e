//! The RSA key that signs tokens, and the JWKS that verifies them.

mod encryption;
mod handlers;
mod jwk;
mod key_ring;
mod model;
mod store;

pub use encryption::KeyEncryptionKeys;
pub use jwk::{RS256, pkcs8_of, published, written_out};
pub use key_ring::KeyRing;
pub use model::SigningKey;
pub use store::{RetiredKey, StoredKey, every, is_there, retire};
use utoipa_actix_web::service_config::ServiceConfig;

/// Adds `jwks` under the protocol's prefix.
pub fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(handlers::jwks);
}

/// Adds `/.well-known/jwks.json`, where other systems look for it.
pub fn well_known(cfg: &mut ServiceConfig<'_>) {
    cfg.service(handlers::well_known_jwks);
}
