//! The list of signing keys, as text and as JSON.

use std::fmt::{self, Display, Formatter};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::table::Table;
use crate::keys::{KeyRotation, KeyStatus, StoredKey, rotation_at};

/// A rotation is overdue by this much, besides the time that replicas take to notice that it is due.
const OVERDUE: SignedDuration = SignedDuration::from_mins(1);

/// All keys, the active key first.
#[derive(Serialize)]
pub struct KeyList {
    keys: Vec<Listed>,
    /// When the service promotes the pending key.
    next_rotation: Option<Timestamp>,
    #[serde(skip)]
    overdue: bool,
}

#[derive(Serialize)]
struct Listed {
    kid: String,
    status: &'static str,
    algorithm: String,
    /// `None` for a key that is not RSA.
    bits: Option<usize>,
    created_at: Timestamp,
    active_since: Option<Timestamp>,
    published_until: Option<Timestamp>,
}

impl KeyList {
    /// Lists keys.
    pub fn new(rotation: &KeyRotation, stored: &[StoredKey]) -> Self {
        let mut keys: Vec<&StoredKey> = stored.iter().collect();
        keys.sort_by_key(|key| key.record.status);
        let of = |status| keys.iter().find(|key| key.record.status == status).map(|key| &key.record);
        let next_rotation = match (of(KeyStatus::Active), of(KeyStatus::Pending)) {
            (Some(active), Some(pending)) => Some(rotation_at(active, pending, &rotation.policy)),
            _ => None,
        };
        let listed = |key: &&StoredKey| {
            let record = key.record.clone();
            Listed {
                bits: rotation.public_half_of(key).ok().and_then(|jwk| jwk.bits()),
                kid: record.kid,
                status: record.status.as_str(),
                algorithm: record.algorithm,
                created_at: record.created_at,
                active_since: record.active_since,
                // A revoked key is not published.
                published_until: record.published_until.filter(|_| record.status == KeyStatus::Retired),
            }
        };
        let noticed =
            SignedDuration::try_from(rotation.policy.refresh_interval).unwrap_or(SignedDuration::MAX);
        let late = OVERDUE.saturating_add(noticed);
        let overdue = next_rotation.is_some_and(|at| rotation.clock.now().duration_since(at) > late);
        Self { keys: keys.iter().map(listed).collect(), next_rotation, overdue }
    }
}

impl Display for KeyList {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let head = ["KID", "STATUS", "ALG", "BITS", "CREATED", "ACTIVE SINCE", "PUBLISHED UNTIL"];
        let mut table = Table::new(head);
        for key in &self.keys {
            let time =
                |time: Option<Timestamp>| time.map_or_else(|| "-".to_owned(), |time| format!("{time:.0}"));
            table.add([
                key.kid.clone(),
                key.status.to_owned(),
                key.algorithm.clone(),
                key.bits.map_or_else(|| "-".to_owned(), |bits| bits.to_string()),
                time(Some(key.created_at)),
                time(key.active_since),
                time(key.published_until),
            ]);
        }
        write!(f, "{table}")?;
        match self.next_rotation {
            Some(at) if self.overdue => {
                writeln!(f, "The next rotation was due at {at:.0}: is the service running?")
            }
            Some(at) => writeln!(f, "The next rotation is due at {at:.0}."),
            None => writeln!(f, "No rotation is due until the service has created the missing keys."),
        }
    }
}
