//! The keys of this process: loaded once, then only read.

use std::sync::Arc;

use actix_web::web::Bytes;
use deadpool_postgres::Pool;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use service_kit::store::StoreError;
use shared_claims::SharedClock;
use utoipa::ToSchema;

use super::encryption::KeyEncryptionKeys;
use super::model::{PublicJwk, SigningKey};
use super::store::{self, Published, SealedKey};
use crate::error::ApiError;

/// A JWK Set (RFC 7517).
#[derive(Serialize, ToSchema)]
pub struct Jwks<'a> {
    /// The public keys. One that came from another system may be of another type, with that type's members.
    #[schema(value_type = Vec<PublicJwk>)]
    keys: Vec<Shown<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Shown<'a> {
    Active(&'a PublicJwk),
    Retired(&'a Value),
}

/// The key that signs, and those that are published beside it.
pub struct KeyRing {
    active: Arc<SigningKey>,
    retired: Vec<Published>,
}

impl KeyRing {
    /// Loads the keys; on the first start of all makes the one that signs, under a lock that all replicas share.
    ///
    /// # Errors
    /// When the database cannot, or the stored key does not open with any of the `encryption` keys.
    pub async fn load(
        pool: &Pool,
        encryption: &KeyEncryptionKeys,
        clock: &SharedClock,
    ) -> Result<Self, ApiError> {
        let active = Arc::new(load_active(pool, encryption, clock).await?);
        let client = pool.get().await.map_err(StoreError::from)?;
        Ok(Self { active, retired: store::find_retired(&client).await? })
    }

    /// The key that signs.
    ///
    /// # Errors
    /// None yet.
    pub fn active(&self) -> Result<Arc<SigningKey>, ApiError> {
        Ok(Arc::clone(&self.active))
    }

    /// The JWKS as it stands `now`, ready to send: a retired key is shown until its time is over.
    ///
    /// # Errors
    /// When a key cannot be written as JSON.
    pub fn jwks(&self, now: Timestamp) -> Result<Bytes, ApiError> {
        let retired = self.retired.iter().filter(|key| key.until > now).map(|key| Shown::Retired(&key.jwk));
        let keys = std::iter::once(Shown::Active(self.active.jwk())).chain(retired).collect();
        let jwks = serde_json::to_vec(&Jwks { keys })
            .map_err(|error| ApiError::Internal(format!("the JWKS is no JSON: {error}")))?;
        Ok(jwks.into())
    }
}

async fn load_active(
    pool: &Pool,
    encryption: &KeyEncryptionKeys,
    clock: &SharedClock,
) -> Result<SigningKey, ApiError> {
    let mut client = pool.get().await.map_err(StoreError::from)?;
    if let Some(sealed) = store::find_active(&client).await? {
        return open(&sealed, encryption);
    }
    let transaction = store::lock(&mut client).await?;
    if let Some(sealed) = store::find_active(transaction.client()).await? {
        return open(&sealed, encryption);
    }
    let (key, der) = actix_web::web::block(SigningKey::generate)
        .await
        .map_err(|error| ApiError::Internal(error.to_string()))??;
    let kid = key.jwk().kid.clone();
    let private_key = encryption.seal(&kid, &der)?;
    store::insert(transaction, &SealedKey { kid, private_key }, clock.now()).await?;
    tracing::info!(kid = key.jwk().kid, "made the signing key");
    Ok(key)
}

fn open(sealed: &SealedKey, encryption: &KeyEncryptionKeys) -> Result<SigningKey, ApiError> {
    let kid = &sealed.kid;
    let der = encryption.open(kid, &sealed.private_key).ok_or_else(|| {
        ApiError::Internal(format!("KEY_ENCRYPTION_KEYS: none of the keys opens the signing key {kid}"))
    })?;
    SigningKey::from_pkcs8(&der)
}
