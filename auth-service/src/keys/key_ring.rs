//! The keys of this process: refreshed in the background, read without waiting.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use jiff::{SignedDuration, Timestamp};
use service_kit::store::StoreError;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::error::KeyError;
use super::lifecycle::{self, Due, KeyRecord, KeyStatus};
use super::model::SigningKey;
use super::rotation::KeyRotation;
use super::rotation_policy::RotationPolicy;
use super::snapshot::{KnownKey, Private, Snapshot};
use super::store::{self, KeyPair};
use crate::protocol::conditional::Document;

/// Maximum duration of a refresh: a connection whose peer is gone would block it for minutes.
const REFRESH_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a replica records the lifetime of its tokens: a fifth of the time after which it counts as stopped.
const RECORD_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// The active key, and those that are published beside it.
pub struct KeyRing {
    rotation: KeyRotation,
    snapshot: ArcSwap<Snapshot>,
    /// Refreshes happen one after the other, so that none replaces newer keys by older ones.
    refreshing: Mutex<()>,
    /// Of many requests that need a refresh before they sign, one refreshes and the others wait for it.
    signing: Mutex<()>,
    began: Instant,
    /// When the last successful refresh began, in milliseconds after `began`.
    seen_at: AtomicU64,
    /// When the lifetime of tokens was last recorded, in seconds of the Unix time.
    recorded_at: AtomicI64,
}

impl KeyRing {
    /// Loads the keys and creates those that are missing: on the very first start, the active and the pending key.
    ///
    /// # Errors
    /// If a query fails, or a stored private half cannot be decrypted.
    pub async fn open(rotation: KeyRotation) -> Result<Self, KeyError> {
        rotation.record_token_lifetime().await?;
        let ring = Self {
            snapshot: ArcSwap::from_pointee(Snapshot::new(Vec::new(), rotation.clock.now(), None)?),
            recorded_at: AtomicI64::new(rotation.clock.now().as_second()),
            rotation,
            refreshing: Mutex::new(()),
            signing: Mutex::new(()),
            began: Instant::now(),
            seen_at: AtomicU64::new(0),
        };
        ring.maintain().await?;
        let snapshot = ring.snapshot.load();
        let sealed = snapshot.keys.iter().find(|key| matches!(key.private, Private::Sealed));
        match sealed.map(|key| key.record.kid.clone()) {
            Some(kid) => Err(KeyError::Sealed(kid)),
            None => Ok(ring),
        }
    }

    /// The active key, from memory.
    ///
    /// # Errors
    /// [`KeyError::OutOfDate`] if the last refresh is so long ago that another key may be active by now.
    pub fn active(&self) -> Result<Arc<SigningKey>, KeyError> {
        let active = self.snapshot.load().active.clone();
        active.filter(|_| self.is_current()).ok_or(KeyError::OutOfDate)
    }

    /// The key that signs tokens. With a long refresh interval the last refresh may be hours ago. Then the keys are refreshed
    /// first, so that no token is signed with a key that was revoked more than half a minute ago, or by a replica that has
    /// not recorded the lifetime of its tokens.
    ///
    /// # Errors
    /// [`KeyError::OutOfDate`] if the last refresh is too long ago; those of a refresh.
    pub async fn signing_key(&self) -> Result<Arc<SigningKey>, KeyError> {
        let policy = &self.rotation.policy;
        let bound = policy.signing_bound;
        if self.age() > bound {
            if policy.replica_bound <= bound {
                // The background refreshes often enough, so it is failing.
                return Err(KeyError::OutOfDate);
            }
            timeout(REFRESH_TIMEOUT, self.refresh_before_signing())
                .await
                .map_err(|_| KeyError::OutOfDate)??;
        }
        self.active()
    }

    async fn refresh_before_signing(&self) -> Result<(), KeyError> {
        let _one_at_a_time = self.signing.lock().await;
        if self.age() <= self.rotation.policy.signing_bound {
            return Ok(());
        }
        self.record_token_lifetime_if_due().await?;
        self.refresh().await
    }

    /// Records the lifetime of this replica's tokens, unless that happened within the last minute.
    pub(super) async fn record_token_lifetime_if_due(&self) -> Result<(), KeyError> {
        let now = self.rotation.clock.now().as_second();
        let since = now.saturating_sub(self.recorded_at.load(Ordering::Acquire));
        if !(0..RECORD_EVERY.as_secs()).contains(&since) {
            self.rotation.record_token_lifetime().await?;
            self.recorded_at.store(now, Ordering::Release);
        }
        Ok(())
    }

    /// The JWKS as it is published now: a retired key leaves it on time, also while the database is unavailable.
    pub fn jwks(&self) -> Result<Arc<Document>, KeyError> {
        let (snapshot, now) = (self.snapshot.load(), self.rotation.clock.now());
        if snapshot.is_valid(now) {
            return Ok(Arc::clone(&snapshot.set));
        }
        let next = Arc::new(snapshot.at(now)?);
        let set = Arc::clone(&next.set);
        // Does not undo a refresh that happened meanwhile.
        self.snapshot.compare_and_swap(&snapshot, next);
        Ok(set)
    }

    /// The keys that are published now, without the keys themselves.
    pub(super) fn published(&self, now: Timestamp) -> Vec<KeyRecord> {
        let snapshot = self.snapshot.load();
        let records = snapshot.keys.iter().map(|key| &key.record);
        records.filter(|record| record.is_published(now)).cloned().collect()
    }

    /// When keys are published, sign and retire.
    pub fn rotation_policy(&self) -> &RotationPolicy {
        &self.rotation.policy
    }

    /// Whether this replica may sign, now and after the next rotation.
    pub fn is_ready(&self) -> bool {
        let snapshot = self.snapshot.load();
        let missed = snapshot.missed_since.map(|since| since.elapsed());
        let bound = self.rotation.policy.replica_bound;
        snapshot.active.is_some() && self.is_current() && missed.is_none_or(|missed| missed <= bound)
    }

    fn is_current(&self) -> bool {
        self.age() <= self.rotation.policy.replica_bound
    }

    /// How long ago the last successful refresh began.
    pub(super) fn age(&self) -> Duration {
        let seen_at = Duration::from_millis(self.seen_at.load(Ordering::Acquire));
        self.began.elapsed().saturating_sub(seen_at)
    }

    /// Reads the keys from the database.
    pub async fn refresh(&self) -> Result<(), KeyError> {
        let _one_at_a_time = self.refreshing.lock().await;
        // Taken before the query: the keys that it returns are at least as new.
        let began = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        // A query that times out closes its connection: the next refresh uses another one.
        let loaded = timeout(REFRESH_TIMEOUT, self.load()).await;
        loaded.map_err(|late| StoreError::Unavailable(late.into()))??;
        self.seen_at.store(began, Ordering::Release);
        Ok(())
    }

    async fn load(&self) -> Result<(), KeyError> {
        let records = store::published(&self.rotation.pool).await?;
        let before = self.snapshot.load_full();
        if before.is_of(&records) {
            return Ok(());
        }
        let unknown: Vec<&str> = records
            .iter()
            .filter(|record| before.known(record).is_none())
            .map(|record| record.kid.as_str())
            .collect();
        let mut key_pairs = if unknown.is_empty() {
            HashMap::new()
        } else {
            store::key_pairs_of(&self.rotation.pool, &unknown).await?
        };
        let mut keys = Vec::with_capacity(records.len());
        for record in records {
            if let Some(known) = before.known(&record) {
                keys.push(KnownKey { record, ..known.clone() });
            } else if let Some(key_pair) = key_pairs.remove(&record.kid) {
                keys.push(self.learn(record, key_pair, &before)?);
            }
        }
        let missed_since = before.missed_since.or_else(|| Some(Instant::now()));
        let snapshot = Snapshot::new(keys, self.rotation.clock.now(), missed_since)?;
        self.snapshot.store(Arc::new(snapshot));
        Ok(())
    }

    /// Decrypts a key that was not known before.
    fn learn(&self, record: KeyRecord, key_pair: KeyPair, before: &Snapshot) -> Result<KnownKey, KeyError> {
        let private = match self.rotation.open(&record.kid, &key_pair) {
            Ok(None) => Private::Gone,
            Ok(Some(key)) => Private::Open(Arc::new(key)),
            Err(error @ KeyError::Sealed(_)) => {
                if !before.is_sealed(&record.kid) {
                    tracing::error!(%error, status = record.status.as_str(), "signing key cannot be decrypted");
                }
                Private::Sealed
            }
            Err(error) => return Err(error),
        };
        let jwk = match (key_pair.jwk, &private) {
            (Some(jwk), _) => Some(jwk),
            (None, Private::Open(key)) => Some(key.jwk().clone()),
            (None, _) => None,
        };
        Ok(KnownKey { record, jwk, private })
    }

    /// Refreshes the keys and makes the changes that are due: creates missing keys, rotates, and deletes retired keys that
    /// are no longer published.
    pub async fn maintain(&self) -> Result<(), KeyError> {
        self.refresh().await?;
        if let Some(due) = self.due() {
            let new = self.while_refreshing(self.rotation.generate(due.new_keys())).await?;
            self.rotation.apply_due_change(new).await?;
            self.refresh().await?;
        }
        let now = self.rotation.clock.now();
        if self.snapshot.load().keys.iter().any(|key| !key.record.is_published(now)) {
            self.rotation.delete_expired().await?;
            self.refresh().await?;
        }
        Ok(())
    }

    /// The change that is due, if this replica can make it.
    fn due(&self) -> Option<Due> {
        let snapshot = self.snapshot.load();
        let records = snapshot.keys.iter().map(|key| &key.record);
        let due = lifecycle::due(records, &self.rotation.policy, self.rotation.clock.now())?;
        let sealed = |status| {
            let mut keys = snapshot.keys.iter();
            keys.any(|key| key.record.status == status && matches!(key.private, Private::Sealed))
        };
        (due == Due::Pending || !sealed(KeyStatus::Pending)).then_some(due)
    }

    /// Keeps refreshing until `work` is done.
    async fn while_refreshing<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                () = self.rotation.clock.sleep(self.rotation.policy.refresh_interval) => {
                    // The next refresh that is waited for reports the error.
                    let _ = self.refresh().await;
                }
            }
        }
    }

    pub(super) fn rotation(&self) -> &KeyRotation {
        &self.rotation
    }
}
