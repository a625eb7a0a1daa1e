//! Refusals of the last minute, counted.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use service_kit::security_log::Record;
use uuid::Uuid;

use crate::client_address::Network;

/// Maximum number of rows for the refusals of one name in a minute; one more counts the rest. A flood of refused sign-ins
/// adds 10 rows a minute in each replica, whatever its size.
const MAX_ROWS: usize = 9;

/// Refusals that differ in nothing but time, request and address within a network.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    name: &'static str,
    reason: Option<&'static str>,
    link: Option<&'static str>,
    user_id: Option<String>,
    network: Option<Network>,
}

/// Counted refusals: a row of the audit log.
#[derive(Debug, Clone)]
pub(super) struct Counted {
    pub(super) name: &'static str,
    pub(super) reason: Option<&'static str>,
    pub(super) link: Option<&'static str>,
    pub(super) user_id: Option<String>,
    /// The address and the request of the first.
    pub(super) address: Option<IpAddr>,
    pub(super) request_id: Option<Uuid>,
    pub(super) first_at: Timestamp,
    pub(super) last_at: Timestamp,
    pub(super) count: u64,
}

/// Counts refusals until they are stored. Its size is bounded: ten counts for each name.
#[derive(Debug, Default)]
pub struct Refusals {
    counts: Mutex<HashMap<Key, Counted>>,
}

impl Refusals {
    /// Counts a refusal.
    pub fn count(&self, event: &Record<'_>, now: Timestamp) {
        self.add(Counted {
            name: event.name,
            reason: event.reason,
            link: event.link,
            user_id: event.user_id.map(str::to_owned),
            address: event.client.address(),
            request_id: event.client.request_id(),
            first_at: now,
            last_at: now,
            count: 1,
        });
    }

    /// Takes the counts, and begins again.
    pub(super) fn take(&self) -> Vec<Counted> {
        std::mem::take(&mut *self.lock()).into_values().collect()
    }

    /// Adds counts: of one refusal, or of those that could not be stored.
    pub(super) fn add(&self, new: Counted) {
        let mut counts = self.lock();
        let key = Key {
            name: new.name,
            reason: new.reason,
            link: new.link,
            user_id: new.user_id.clone(),
            network: new.address.map(|address| Network::of(Some(address))),
        };
        if let Some(there) = counts.get_mut(&key) {
            return there.join(&new);
        }
        let (name, rows) = (new.name, counts.keys().filter(|key| key.name == new.name).count());
        if rows < MAX_ROWS {
            counts.insert(key, new);
            return;
        }
        let rest = Key { name, reason: None, link: None, user_id: None, network: None };
        let new = Counted { reason: None, link: None, user_id: None, address: None, request_id: None, ..new };
        counts.entry(rest).and_modify(|there| there.join(&new)).or_insert(new);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Counted>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    fn join(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.first_at = self.first_at.min(other.first_at);
        self.last_at = self.last_at.max(other.last_at);
    }
}

#[cfg(test)]
mod tests {
    use service_kit::security_log::Client;

    use super::*;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn refused(user: &str) -> Record<'_> {
        Record::new("sign_in.refused", Client::default()).reason("wrong_password").user(user)
    }

    #[test]
    fn the_same_refusals_are_one_row() {
        let refusals = Refusals::default();
        let later = Timestamp::from_second(7).unwrap();
        for now in [later, NOW] {
            refusals.count(&refused("alice"), now);
        }
        refusals.count(&refused("bob"), NOW);
        let mut rows = refusals.take();
        rows.sort_by_key(|row| row.count);
        assert_eq!(rows.iter().map(|row| row.count).collect::<Vec<_>>(), [1, 2]);
        assert_eq!((rows[1].first_at, rows[1].last_at), (NOW, later));
        assert!(refusals.take().is_empty());
    }

    #[test]
    fn a_flood_is_ten_rows_and_none_is_lost() {
        let refusals = Refusals::default();
        for number in 0..100_000 {
            refusals.count(&refused(&format!("user{number}")), NOW);
        }
        refusals.count(&Record::new("link.refused", Client::default()), NOW);
        let rows = refusals.take();
        assert_eq!(rows.len(), MAX_ROWS + 2);
        assert_eq!(rows.iter().map(|row| row.count).sum::<u64>(), 100_001);
        // Those that could not be stored are counted with the next.
        rows.into_iter().for_each(|row| refusals.add(row));
        refusals.count(&refused("user7"), NOW);
        let rows = refusals.take();
        assert!(rows.len() <= MAX_ROWS + 2, "{}", rows.len());
        assert_eq!(rows.iter().map(|row| row.count).sum::<u64>(), 100_002);
    }
}
