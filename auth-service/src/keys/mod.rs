//! The RSA keys that sign tokens: their lifecycle, and the JWKS that verifies their signatures.

mod ages;
mod encryption;
mod error;
mod handlers;
mod inspection;
mod jwk;
mod key_ring;
mod lifecycle;
mod model;
mod operator;
mod pem;
mod re_encryption;
mod refresher;
mod rotation;
mod rotation_policy;
mod snapshot;
mod store;
mod token_lifetimes;

pub use ages::{create_metrics, measure};
pub use encryption::KeyEncryptionKeys;
pub use error::{EncryptionError, KeyError, SigningKeyError};
pub use inspection::KeyInspection;
pub use jwk::{ExportedKey, PrivateJwk, PublicJwk, RS256, is_usable_kid};
pub use key_ring::KeyRing;
pub use lifecycle::{Due, KeyRecord, KeyStatus, rotation_at};
pub use model::{KeySize, NewKey, SigningKey};
pub use operator::{ImportedKey, Revoked, Successor};
pub use pem::PemKey;
pub use re_encryption::{ReEncrypted, ReEncryptionError};
pub use refresher::{KeyRefresher, KeysDependency};
pub use rotation::KeyRotation;
pub use rotation_policy::{KeyTimes, RotationPolicy, RotationPolicyError, SHORT_REFRESH_INTERVAL};
pub use snapshot::Jwks;
pub use store::{KeyPair, RetiredKey, StoredKey, all, exists, retire};
pub use token_lifetimes::{forget_token_lifetimes, longest_token_lifetime};
use utoipa_actix_web::service_config::ServiceConfig;

/// Adds `/jwks`.
pub fn routes(cfg: &mut ServiceConfig<'_>) {
    cfg.service(handlers::jwks);
}

/// Adds `/.well-known/jwks.json`, where other systems look for it.
pub fn well_known(cfg: &mut ServiceConfig<'_>) {
    cfg.service(handlers::well_known_jwks);
}
