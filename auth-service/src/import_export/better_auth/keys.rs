//! Imports the keys that sign tokens there. They are published here until those tokens have expired, and never sign
//! again.

use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio_postgres::Row;

use super::encryption::SourceSecrets;
use super::names::Names;
use super::tables::Table;
use crate::import_export::error::TransferError;
use crate::import_export::report::CopiedKey;
use crate::import_export::snapshot::Snapshot;
use crate::import_export::target::Target;
use crate::keys::{PrivateJwk, PublicJwk, RS256, RetiredKey, SigningKey, is_usable_kid};

/// Which keys are imported, and how.
pub struct KeyOptions {
    /// Whether to skip keys that do not sign RS256.
    pub rs256_only: bool,
    /// How long the keys are published.
    pub publish_for: SignedDuration,
    /// How long the source publishes an expired key.
    pub grace: SignedDuration,
}

/// A row of the source's table.
struct SourceKey {
    kid: String,
    public: Option<String>,
    private: Option<SecretString>,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    algorithm: Option<String>,
}

/// What becomes of a key of the source.
enum Imported {
    Key(Box<RetiredKey>),
    /// Not imported, for this reason.
    Skipped(&'static str),
}

/// Imports the keys whose tokens may still be valid. `secrets` decrypt the private keys of the source; without any, only public
/// keys are imported. No key is stored unless all of them are valid or skipped.
pub async fn import(
    snapshot: &Snapshot<'_>,
    names: &Names,
    options: &KeyOptions,
    secrets: &SourceSecrets,
    target: &mut Target,
    now: Timestamp,
) -> Result<(), TransferError> {
    let table = Table::inspect(snapshot, names, "jwks").await?;
    // The table belongs to the JWT plugin.
    if !table.exists() {
        return Ok(());
    }
    let mut keys = Vec::new();
    for row in snapshot.rows(&query(&table)?, &[]).await.map_err(TransferError::Source)? {
        let key = SourceKey::read(&row).map_err(|error| TransferError::Source(error.into()))?;
        let kid = key.kid.clone();
        match key.imported(options, secrets, target, now)? {
            Imported::Key(key) => keys.push(key),
            Imported::Skipped(reason) => {
                target.report.keys.skipped.insert(kid, reason);
            }
        }
    }
    for key in keys {
        let is_new = target.import_key(&key).await?;
        let report = &mut target.report.keys;
        if is_new {
            report.copied.push(CopiedKey {
                kid: key.jwk.kid,
                algorithm: key.jwk.alg,
                private_half: key.private_key.is_some(),
                published_until: format!("{:.0}", key.until),
            });
        } else {
            report.already_there.push(key.jwk.kid);
        }
    }
    Ok(())
}

fn query(table: &Table<'_>) -> Result<String, TransferError> {
    Ok(format!(
        "SELECT {id}::text AS kid, {public}::text AS public, {private}::text AS private,
                {created}::timestamptz AS created_at, {expires}::timestamptz AS expires_at, {alg}::text AS algorithm
         FROM {name} ORDER BY {created}, {id}",
        id = table.column("id")?,
        public = table.column("publicKey")?,
        private = table.column("privateKey")?,
        created = table.column("createdAt")?,
        expires = table.optional("", "expiresAt", "NULL")?,
        alg = table.optional("", "alg", "NULL")?,
        name = table.name,
    ))
}

impl SourceKey {
    fn read(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            kid: row.try_get("kid")?,
            public: row.try_get("public")?,
            private: row.try_get::<_, Option<String>>("private")?.map(SecretString::from),
            created_at: row.try_get("created_at")?,
            expires_at: row.try_get("expires_at")?,
            algorithm: row.try_get("algorithm")?,
        })
    }

    fn imported(
        self,
        options: &KeyOptions,
        secrets: &SourceSecrets,
        target: &Target,
        now: Timestamp,
    ) -> Result<Imported, TransferError> {
        let later = |time: Timestamp, by| time.checked_add(by).unwrap_or(Timestamp::MAX);
        if !is_usable_kid(&self.kid) {
            return Ok(Imported::Skipped("the id is not a valid kid"));
        }
        let gone_there = self.expires_at.map_or(Timestamp::MAX, |expires| later(expires, options.grace));
        let until = later(now, options.publish_for).min(gone_there);
        if until <= now {
            return Ok(Imported::Skipped("expired, and its grace period is over"));
        }
        let public = self.public.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let jwk =
            public.and_then(|public| PublicJwk::from_foreign(&public, &self.kid, self.algorithm.as_deref()));
        let Some(jwk) = jwk else {
            return Ok(Imported::Skipped("the public key is not a JWK for signatures"));
        };
        if options.rs256_only && jwk.alg != RS256 {
            return Ok(Imported::Skipped("not RS256"));
        }
        let private = self.private.as_ref().filter(|_| jwk.alg == RS256);
        let private_key = match private {
            Some(stored) => self.encrypted_anew(stored, &jwk, secrets, target)?,
            None => None,
        };
        let created_at = self.created_at;
        Ok(Imported::Key(Box::new(RetiredKey { jwk, private_key, until, created_at })))
    }

    /// The private key, encrypted for this service. `None` if there is no secret to decrypt it with.
    fn encrypted_anew(
        &self,
        stored: &SecretString,
        public: &PublicJwk,
        secrets: &SourceSecrets,
        target: &Target,
    ) -> Result<Option<Vec<u8>>, TransferError> {
        let kid = &self.kid;
        let broken =
            || TransferError::Key(format!("key {kid}: the private key is not the RSA key of the public key"));
        let stored: Value = serde_json::from_str(stored.expose_secret()).map_err(|_| broken())?;
        let jwk: PrivateJwk = match stored {
            // A JSON string is an encrypted key, an object a plain one.
            Value::String(encrypted) => {
                if secrets.is_empty() {
                    return Ok(None);
                }
                let decrypted = secrets.decrypt(&encrypted).ok_or_else(|| {
                    TransferError::Key(format!(
                        "BETTER_AUTH_SECRET does not decrypt key {kid}. Set it to the secret of that deployment, or \
                         unset it to import public keys only"
                    ))
                })?;
                serde_json::from_str(decrypted.expose_secret()).map_err(|_| broken())?
            }
            plain => serde_json::from_value(plain).map_err(|_| broken())?,
        };
        let der = jwk.to_pkcs8().filter(|der| {
            SigningKey::from_pkcs8(der).is_ok_and(|key| key.jwk().rsa_components() == public.rsa_components())
        });
        let der = der.ok_or_else(broken)?;
        let sealed =
            target.encryption()?.seal(kid, &der).map_err(|error| TransferError::Key(error.to_string()))?;
        Ok(Some(sealed))
    }
}
