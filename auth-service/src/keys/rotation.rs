//! Changes of the stored keys. Each is a transaction that excludes those of other replicas and reads the keys before it
//! writes, so that a change that another replica has made already is not repeated.

use std::sync::Arc;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use metrics::counter;
use service_kit::database::{Pool, Transaction};
use shared_claims::SharedClock;

use super::encryption::KeyEncryptionKeys;
use super::error::KeyError;
use super::lifecycle::{self, Due, KeyStatus};
use super::model::{KeySize, NewKey, SigningKey};
use super::rotation_policy::RotationPolicy;
use super::store::{self, KeyPair, SealedKey, StoredKey};
use super::token_lifetimes::{longest_token_lifetime, record_token_lifetime};
use crate::audit;
use crate::security_event::SecurityEvent;
use crate::time_bounds::TimeBounds;

/// Rotations that this replica performed. The sum over all replicas is the number of rotations.
pub(super) const ROTATIONS: &str = "auth_service_key_rotations_total";

/// Changes the stored keys.
pub struct KeyRotation {
    /// Connections to the database.
    pub pool: Pool,
    /// Encrypts private halves.
    pub encryption: Arc<KeyEncryptionKeys>,
    /// The clock.
    pub clock: SharedClock,
    /// When keys are published, sign and retire.
    pub policy: RotationPolicy,
    /// The size of new keys.
    pub size: KeySize,
    /// How long tokens of this replica are valid.
    pub token_lifetime: SignedDuration,
}

impl KeyRotation {
    /// Generates `count` keys in parallel, on threads that serve no requests.
    pub async fn generate(&self, count: usize) -> Result<Vec<NewKey>, KeyError> {
        let size = self.size;
        let make = |_| tokio::task::spawn_blocking(move || NewKey::generate(size));
        let mut keys = Vec::with_capacity(count);
        for made in join_all((0..count).map(make)).await {
            keys.push(made.map_err(|error| KeyError::Internal(format!("key generation: {error}")))??);
        }
        Ok(keys)
    }

    /// Makes the change that is due, with `new` keys where the change needs some. Returns it; `None` if another replica made
    /// it first.
    ///
    /// # Errors
    /// If a query fails, or the pending key cannot be decrypted.
    pub async fn apply_due_change(&self, new: Vec<NewKey>) -> Result<Option<Due>, KeyError> {
        let change = Change::begin(self, new).await?;
        let records = change.keys.iter().map(|key| &key.record);
        let Some(due) = lifecycle::due(records, &self.policy, change.now) else { return Ok(None) };
        self.carry_out(change, due).await?;
        Ok(Some(due))
    }

    async fn carry_out(&self, mut change: Change<'_>, due: Due) -> Result<(), KeyError> {
        match due {
            Due::Active => {
                change.activate_next().await?;
            }
            Due::Pending => {}
            Due::Rotation => change.rotate().await?,
        }
        change.ensure_pending().await?;
        change.commit().await?;
        if due == Due::Rotation {
            counter!(ROTATIONS).increment(1);
        }
        Ok(())
    }

    /// Makes the pending key the active one now. Returns its `kid`.
    ///
    /// # Errors
    /// If the pending key was not published for long enough.
    pub async fn rotate(&self, new: Vec<NewKey>) -> Result<String, KeyError> {
        let change = Change::begin(self, new).await?;
        let Some(pending) = change.find(KeyStatus::Pending) else {
            return Err(KeyError::Refused(
                "there is no pending key: start the service, which creates one".into(),
            ));
        };
        let (kid, from) = (pending.record.kid.clone(), pending.record.may_sign_from(&self.policy));
        if change.now < from {
            return Err(KeyError::Refused(format!(
                "the pending key {kid} is not known to every verifier yet: it may sign from {from:.0}"
            )));
        }
        self.carry_out(change, Due::Rotation).await?;
        Ok(kid)
    }

    /// Deletes the retired keys that are no longer published.
    pub async fn delete_expired(&self) -> Result<(), KeyError> {
        let now = TimeBounds::read(&self.pool, &*self.clock).await?;
        let transaction = self.pool.begin().await?;
        let deleted = store::delete_expired(&transaction, now.earliest).await?;
        let event = SecurityEvent::KeyDeleted.unattended().reason("retired");
        let events: Vec<_> = deleted.iter().map(|kid| event.key(kid)).collect();
        Ok(audit::commit(transaction, &events).await?)
    }

    /// Records how long tokens of this replica are valid, for the replicas that have to wait for their end.
    pub async fn record_token_lifetime(&self) -> Result<(), KeyError> {
        Ok(record_token_lifetime(&self.pool, self.token_lifetime, self.clock.now()).await?)
    }

    /// Decrypts the private half of a key; `None` if there is none.
    ///
    /// # Errors
    /// [`KeyError::Sealed`] if none of the encryption keys decrypts it.
    pub(super) fn open(&self, kid: &str, key_pair: &KeyPair) -> Result<Option<SigningKey>, KeyError> {
        let Some(sealed) = &key_pair.private_key else { return Ok(None) };
        let der = self.encryption.open(kid, sealed).ok_or_else(|| KeyError::Sealed(kid.to_owned()))?;
        Ok(Some(SigningKey::from_pkcs8(&der)?.named(kid)))
    }

    pub(super) fn seal(&self, new: &NewKey) -> Result<SealedKey, KeyError> {
        Ok(SealedKey {
            jwk: new.key.jwk().clone(),
            private_key: self.encryption.seal(new.key.kid(), &new.der)?,
        })
    }
}

/// A change in progress. It excludes all other changes until it ends.
pub(super) struct Change<'a> {
    rotation: &'a KeyRotation,
    pub(super) transaction: Transaction,
    /// The stored keys, without those that this change has dealt with.
    pub(super) keys: Vec<StoredKey>,
    new: Vec<NewKey>,
    /// What it did to which key. Logged after the commit.
    events: Vec<(SecurityEvent, String)>,
    /// When it began. Read under the lock, so that time spent waiting does not count as published.
    pub(super) now: Timestamp,
}

impl<'a> Change<'a> {
    pub(super) async fn begin(rotation: &'a KeyRotation, new: Vec<NewKey>) -> Result<Self, KeyError> {
        let transaction = store::lock(&rotation.pool).await?;
        let keys = store::all(&transaction).await?;
        Ok(Self { rotation, transaction, keys, new, events: Vec::new(), now: rotation.clock.now() })
    }

    pub(super) fn find(&self, status: KeyStatus) -> Option<&StoredKey> {
        self.keys.iter().find(|key| key.record.status == status)
    }

    /// Retires the active key and activates the pending one.
    async fn rotate(&mut self) -> Result<(), KeyError> {
        if let Some(active) = self.find(KeyStatus::Active) {
            let now = TimeBounds::read(&self.transaction, &*self.rotation.clock).await?;
            let lifetime =
                longest_token_lifetime(&self.transaction, self.rotation.token_lifetime, now.earliest).await?;
            let until = lifecycle::later(now.latest, lifetime.saturating_add(self.rotation.policy.tail));
            let kid = active.record.kid.clone();
            let jwk = self.rotation.public_half_of(active)?;
            store::retire_active(&self.transaction, &kid, &jwk, until).await?;
            self.note(SecurityEvent::KeyRetired, &kid);
        }
        let kid = self.activate_next().await?;
        self.note(SecurityEvent::KeyRotated, &kid);
        Ok(())
    }

    /// Activates the pending key, or a new one if there is none. Returns its `kid`.
    pub(super) async fn activate_next(&mut self) -> Result<String, KeyError> {
        let Some(pending) = self.find(KeyStatus::Pending) else {
            return self.insert_new(KeyStatus::Active).await;
        };
        let kid = pending.record.kid.clone();
        self.rotation.open(&kid, &pending.key_pair)?;
        store::promote(&self.transaction, &kid, self.now).await?;
        self.note(SecurityEvent::KeyActivated, &kid);
        self.keys.retain(|key| key.record.kid != kid);
        Ok(kid)
    }

    /// Deletes the pending key, which never signed.
    pub(super) async fn drop_pending(&mut self) -> Result<(), KeyError> {
        if let Some(kid) = self.find(KeyStatus::Pending).map(|key| key.record.kid.clone()) {
            self.note(SecurityEvent::KeyDeleted, &kid);
        }
        store::delete_pending(&self.transaction).await?;
        self.keys.retain(|key| key.record.status != KeyStatus::Pending);
        Ok(())
    }

    /// Creates a pending key if there is none.
    pub(super) async fn ensure_pending(&mut self) -> Result<(), KeyError> {
        if self.find(KeyStatus::Pending).is_none() {
            self.insert_new(KeyStatus::Pending).await?;
        }
        Ok(())
    }

    async fn insert_new(&mut self, status: KeyStatus) -> Result<String, KeyError> {
        let new = self.new.pop().ok_or_else(|| KeyError::Internal("no new key is at hand".to_owned()))?;
        let sealed = self.rotation.seal(&new)?;
        store::insert(&self.transaction, &sealed, status, self.now).await?;
        let kid = sealed.jwk.kid;
        self.note(SecurityEvent::KeyCreated, &kid);
        if status == KeyStatus::Active {
            self.note(SecurityEvent::KeyActivated, &kid);
        }
        Ok(kid)
    }

    /// Records what the change does to a key.
    pub(super) fn note(&mut self, event: SecurityEvent, kid: &str) {
        self.events.push((event, kid.to_owned()));
    }

    pub(super) async fn commit(self) -> Result<(), KeyError> {
        let events: Vec<_> = self.events.iter().map(|(event, kid)| event.unattended().key(kid)).collect();
        Ok(audit::commit(self.transaction, &events).await?)
    }
}
