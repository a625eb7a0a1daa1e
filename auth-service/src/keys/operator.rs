//! Changes that an operator requests: revoking, importing and re-encrypting keys.

use jiff::{SignedDuration, Timestamp};

use super::error::KeyError;
use super::jwk::{PublicJwk, is_usable_kid};
use super::lifecycle::{self, KeyStatus};
use super::model::{NewKey, SigningKey};
use super::pem::PemKey;
use super::rotation::{Change, KeyRotation};
use super::store::{self, RetiredKey, StoredKey};
use crate::audit;
use crate::security_event::SecurityEvent;

/// The result of a revocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// The state of the key before.
    pub was: KeyStatus,
    /// The key that had to take over, if the revoked one was active.
    pub successor: Option<Successor>,
}

/// A key that took over out of turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Successor {
    /// Its `kid`.
    pub kid: String,
    /// When every verifier knows it, if that is in the future.
    pub known_from: Option<Timestamp>,
}

/// The result of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedKey {
    /// Its `kid`.
    pub kid: String,
    /// When it is no longer published; `None` for a key that will sign.
    pub published_until: Option<Timestamp>,
    /// The pending key that it replaced.
    pub instead_of: Option<String>,
}

impl KeyRotation {
    /// All keys, including revoked ones.
    pub async fn all(&self) -> Result<Vec<StoredKey>, KeyError> {
        Ok(store::all(&self.pool).await?)
    }

    /// Takes a key out of use and out of the JWKS at once. If it is the active key, the pending key takes over, which
    /// verifiers know already. `new` are two keys for those that are missing.
    ///
    /// # Errors
    /// If there is no such key, or it is revoked already.
    pub async fn revoke(&self, kid: &str, new: Vec<NewKey>) -> Result<Revoked, KeyError> {
        let mut change = Change::begin(self, new).await?;
        let Some(key) = change.keys.iter().find(|key| key.record.kid == kid) else {
            return Err(KeyError::Refused(format!("there is no signing key {kid}")));
        };
        let was = key.record.status;
        if was == KeyStatus::Revoked {
            return Err(KeyError::Refused(format!("the signing key {kid} is already revoked")));
        }
        // Without a public half, only the `kid` of a key that cannot be decrypted is kept.
        let jwk = self.public_half_of(key).ok();
        store::revoke(&change.transaction, kid, jwk.as_ref(), change.now).await?;
        change.keys.retain(|key| key.record.kid != kid);
        change.note(SecurityEvent::KeyRevoked, kid);
        let successor = match was {
            KeyStatus::Active => Some(self.succeed(&mut change).await?),
            KeyStatus::Pending => {
                change.ensure_pending().await?;
                None
            }
            KeyStatus::Retired | KeyStatus::Revoked => None,
        };
        change.commit().await?;
        Ok(Revoked { was, successor })
    }

    async fn succeed(&self, change: &mut Change<'_>) -> Result<Successor, KeyError> {
        let opens = |key: &StoredKey| self.open(&key.record.kid, &key.key_pair).is_ok();
        if change.find(KeyStatus::Pending).is_some_and(|pending| !opens(pending)) {
            change.drop_pending().await?;
        }
        let known_from = match change.find(KeyStatus::Pending) {
            Some(pending) => pending.record.may_sign_from(&self.policy),
            None => lifecycle::later(change.now, self.policy.lead),
        };
        let kid = change.activate_next().await?;
        change.ensure_pending().await?;
        Ok(Successor { kid, known_from: Some(known_from).filter(|from| *from > change.now) })
    }

    /// Imports a key under this `kid`, or else its RFC 7638 thumbprint. A private key becomes the pending key: it signs after
    /// the next rotation. A public key is published for `publish_for`.
    ///
    /// # Errors
    /// If the `kid` is invalid, or the key is stored already, also as a revoked one.
    pub async fn import(
        &self,
        pem: PemKey,
        kid: Option<&str>,
        publish_for: SignedDuration,
    ) -> Result<ImportedKey, KeyError> {
        if let Some(kid) = kid.filter(|kid| !is_usable_kid(kid)) {
            return Err(KeyError::Refused(format!(
                "{kid} is not a valid kid: 1 to 128 visible ASCII characters"
            )));
        }
        match pem {
            PemKey::Private(der) => {
                let key = SigningKey::from_pkcs8(&der)?;
                let key = kid.into_iter().fold(key, SigningKey::named);
                self.import_private(NewKey { key, der }).await
            }
            PemKey::Public(mut jwk) => {
                if let Some(kid) = kid {
                    kid.clone_into(&mut jwk.kid);
                }
                self.import_public(jwk, publish_for).await
            }
        }
    }

    async fn import_private(&self, new: NewKey) -> Result<ImportedKey, KeyError> {
        let mut change = Change::begin(self, Vec::new()).await?;
        let kid = new.key.kid().to_owned();
        self.refuse_duplicate(&change, new.key.jwk())?;
        let instead_of = change.find(KeyStatus::Pending).map(|key| key.record.kid.clone());
        change.drop_pending().await?;
        let sealed = self.seal(&new)?;
        store::insert(&change.transaction, &sealed, KeyStatus::Pending, change.now).await?;
        change.note(SecurityEvent::KeyImported, &kid);
        change.commit().await?;
        Ok(ImportedKey { kid, published_until: None, instead_of })
    }

    async fn import_public(
        &self,
        jwk: PublicJwk,
        publish_for: SignedDuration,
    ) -> Result<ImportedKey, KeyError> {
        let mut change = Change::begin(self, Vec::new()).await?;
        self.refuse_duplicate(&change, &jwk)?;
        let until = lifecycle::later(change.now, publish_for);
        let key = RetiredKey { jwk, private_key: None, until, created_at: change.now };
        store::retire(&change.transaction, &key).await?;
        change.note(SecurityEvent::KeyImported, &key.jwk.kid);
        change.commit().await?;
        Ok(ImportedKey { kid: key.jwk.kid, published_until: Some(until), instead_of: None })
    }

    /// Compares the `kid` and the key itself: a revoked key does not come back under another `kid`.
    fn refuse_duplicate(&self, change: &Change<'_>, jwk: &PublicJwk) -> Result<(), KeyError> {
        let kid = &jwk.kid;
        for key in &change.keys {
            let (there, status) = (&key.record.kid, key.record.status.as_str());
            if there == kid {
                return Err(KeyError::Refused(format!(
                    "the signing key {kid} already exists: it is {status}"
                )));
            }
            if self.public_half_of(key).is_ok_and(|public| public.has_modulus_of(jwk)) {
                return Err(KeyError::Refused(format!(
                    "this key already exists as {there}, which is {status}"
                )));
            }
        }
        Ok(())
    }

    /// Encrypts every private half again under the first encryption key. Returns how many: all or none.
    ///
    /// # Errors
    /// If one cannot be decrypted.
    pub async fn re_encrypt(&self) -> Result<usize, KeyError> {
        let change = Change::begin(self, Vec::new()).await?;
        let mut count = 0;
        for StoredKey { record, key_pair } in &change.keys {
            let Some(sealed) = &key_pair.private_key else { continue };
            let opened = self.encryption.open(&record.kid, sealed);
            let der = opened.ok_or_else(|| KeyError::Sealed(record.kid.clone()))?;
            let sealed = self.encryption.seal(&record.kid, &der)?;
            store::seal(&change.transaction, &record.kid, &sealed).await?;
            count += 1;
        }
        let event = SecurityEvent::KeysReEncrypted.unattended().count(count.try_into().unwrap_or(u64::MAX));
        audit::commit(change.transaction, &[event]).await?;
        Ok(count)
    }

    /// The public half as it is stored, or derived from the private half.
    ///
    /// # Errors
    /// If it has to be derived and the private half cannot be decrypted.
    pub fn public_half_of(&self, key: &StoredKey) -> Result<PublicJwk, KeyError> {
        if let Some(jwk) = &key.key_pair.jwk {
            return Ok(jwk.clone());
        }
        let kid = &key.record.kid;
        let opened = self.open(kid, &key.key_pair)?;
        let opened =
            opened.ok_or_else(|| KeyError::Internal(format!("nothing is stored of the key {kid}")))?;
        Ok(opened.jwk().clone())
    }
}
