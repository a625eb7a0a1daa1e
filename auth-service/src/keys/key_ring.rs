//! The keys of this process: loaded once, then only read.

use actix_web::web::Bytes;
use deadpool_postgres::Pool;
use serde::Serialize;
use service_kit::store::StoreError;
use shared_claims::SharedClock;
use utoipa::ToSchema;

use super::encryption::KeyEncryptionKeys;
use super::model::{PublicJwk, SigningKey};
use super::store::{self, SealedKey};
use crate::error::ApiError;

/// A JWK Set (RFC 7517).
#[derive(Serialize, ToSchema)]
pub struct Jwks<'a> {
    /// The public keys.
    #[schema(value_type = Vec<PublicJwk>)]
    keys: [&'a PublicJwk; 1],
}

/// The key that signs, and the JWKS as it goes over the wire.
pub struct KeyRing {
    active: SigningKey,
    jwks: Bytes,
}

impl KeyRing {
    /// Loads the signing key; on the first start of all makes it, under a lock that all replicas share.
    ///
    /// # Errors
    /// When the database cannot, or the stored key does not open with any of the `encryption` keys.
    pub async fn load(
        pool: &Pool,
        encryption: &KeyEncryptionKeys,
        clock: &SharedClock,
    ) -> Result<Self, ApiError> {
        let mut client = pool.get().await.map_err(StoreError::from)?;
        if let Some(sealed) = store::find_active(&client).await? {
            return Self::open(&sealed, encryption);
        }
        let transaction = store::lock(&mut client).await?;
        if let Some(sealed) = store::find_active(transaction.client()).await? {
            return Self::open(&sealed, encryption);
        }
        let (key, der) = actix_web::web::block(SigningKey::generate)
            .await
            .map_err(|error| ApiError::Internal(error.to_string()))??;
        let kid = key.jwk().kid.clone();
        let private_key = encryption.seal(&kid, &der)?;
        store::insert(transaction, &SealedKey { kid, private_key }, clock.now()).await?;
        tracing::info!(kid = key.jwk().kid, "made the signing key");
        Self::new(key)
    }

    /// The key that signs.
    pub fn active(&self) -> &SigningKey {
        &self.active
    }

    /// The JWKS, ready to send.
    pub fn jwks(&self) -> Bytes {
        self.jwks.clone()
    }

    fn open(sealed: &SealedKey, encryption: &KeyEncryptionKeys) -> Result<Self, ApiError> {
        let kid = &sealed.kid;
        let der = encryption.open(kid, &sealed.private_key).ok_or_else(|| {
            ApiError::Internal(format!("KEY_ENCRYPTION_KEYS: none of the keys opens the signing key {kid}"))
        })?;
        Self::new(SigningKey::from_pkcs8(&der)?)
    }

    fn new(active: SigningKey) -> Result<Self, ApiError> {
        let jwks = serde_json::to_vec(&Jwks { keys: [active.jwk()] })
            .map_err(|error| ApiError::Internal(format!("the JWKS is no JSON: {error}")))?;
        Ok(Self { active, jwks: jwks.into() })
    }
}
