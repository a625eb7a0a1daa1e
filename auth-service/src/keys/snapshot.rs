//! The keys as a replica last read them. Never changed, only replaced.

use std::sync::Arc;
use std::time::Instant;

use actix_web::web::Bytes;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::KeyError;
use super::jwk::PublicJwk;
use super::lifecycle::{KeyRecord, KeyStatus};
use super::model::SigningKey;
use crate::protocol::conditional::Document;

/// A JWK Set (RFC 7517).
#[derive(Serialize, ToSchema)]
pub struct Jwks<'a> {
    /// The public keys. An imported key may have another type, with the members of that type.
    #[schema(value_type = Vec<PublicJwk>)]
    keys: Vec<&'a PublicJwk>,
}

impl<'a> Jwks<'a> {
    /// A set of these keys, ready to send.
    pub fn to_bytes(keys: Vec<&'a PublicJwk>) -> Result<Vec<u8>, KeyError> {
        Ok(serde_json::to_vec(&Self { keys })?)
    }
}

/// A key that a replica has read.
#[derive(Clone)]
pub struct KnownKey {
    /// All but the key itself.
    pub record: KeyRecord,
    /// The public half; `None` if it has to be derived from a private half that cannot be decrypted.
    pub jwk: Option<PublicJwk>,
    /// The private half.
    pub private: Private,
}

/// The private half of a key.
#[derive(Clone)]
pub enum Private {
    /// None is stored.
    Gone,
    /// Decrypted.
    Open(Arc<SigningKey>),
    /// None of the encryption keys decrypts it.
    Sealed,
}

impl KnownKey {
    /// Whether this replica cannot sign with it although it has to, now or soon.
    fn is_missed(&self) -> bool {
        matches!(self.private, Private::Sealed) && self.record.status != KeyStatus::Retired
    }
}

/// All keys at one moment.
pub struct Snapshot {
    /// The keys in the order in which they are published.
    pub keys: Vec<KnownKey>,
    /// The active key, if it could be decrypted.
    pub active: Option<Arc<SigningKey>>,
    /// Since when a key is missing that this replica has to sign with, now or soon.
    pub missed_since: Option<Instant>,
    /// The JWKS.
    pub set: Arc<Document>,
    /// When a key leaves the JWKS.
    changes_at: Option<Timestamp>,
}

impl Snapshot {
    /// The `keys` as they are published `now`: the active key, the pending key, retired keys.
    pub fn new(
        mut keys: Vec<KnownKey>,
        now: Timestamp,
        missed_since: Option<Instant>,
    ) -> Result<Self, KeyError> {
        // Every replica sends the same bytes.
        keys.sort_by(|one, other| {
            let rank = |key: &KnownKey| (key.record.status, key.record.created_at);
            rank(one).cmp(&rank(other)).then_with(|| one.record.kid.cmp(&other.record.kid))
        });
        let shown = || keys.iter().filter(|key| key.record.is_published(now));
        let set = Jwks::to_bytes(shown().filter_map(|key| key.jwk.as_ref()).collect())?;
        let changes_at = shown().filter_map(|key| key.record.published_until).min();
        let active = keys.iter().find_map(|key| match &key.private {
            Private::Open(private) if key.record.status == KeyStatus::Active => Some(Arc::clone(private)),
            _ => None,
        });
        let missed_since = missed_since.filter(|_| keys.iter().any(KnownKey::is_missed));
        let set = Arc::new(Document::new("application/json", Bytes::from(set)));
        Ok(Self { keys, active, missed_since, set, changes_at })
    }

    /// Whether the JWKS is what is published `now`.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.changes_at.is_none_or(|at| now < at)
    }

    /// The same keys `now`, when one of them is no longer published.
    pub fn at(&self, now: Timestamp) -> Result<Self, KeyError> {
        Self::new(self.keys.clone(), now, self.missed_since)
    }

    /// Whether these are the `records` of the database, and every private half could be decrypted.
    pub fn is_of(&self, records: &[KeyRecord]) -> bool {
        self.keys.len() == records.len()
            && records.iter().all(|record| self.known(record).is_some_and(|known| known.record == *record))
    }

    /// The key of this record, unless it could not be decrypted. The `kid` alone is not enough: a key may have been deleted
    /// and imported again.
    pub fn known(&self, record: &KeyRecord) -> Option<&KnownKey> {
        self.keys.iter().find(|known| {
            let same = known.record.kid == record.kid && known.record.created_at == record.created_at;
            same && !matches!(known.private, Private::Sealed)
        })
    }

    /// Whether this key could not be decrypted.
    pub fn is_sealed(&self, kid: &str) -> bool {
        self.keys.iter().any(|known| known.record.kid == kid && matches!(known.private, Private::Sealed))
    }
}
