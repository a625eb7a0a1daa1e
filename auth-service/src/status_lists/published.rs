//! The lists as they are served now, and where new sessions get their places.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arc_swap::{ArcSwap, Guard};
use aws_lc_rs::rand;
use serde::Serialize;

use super::error::StatusListError;
use super::model::{LIST_SIZE, StatusIndex};
use crate::polling::Activity;
use crate::protocol::conditional::Document;

/// How long looks at the database may fail before a replica no longer vouches for its lists. With the default interval
/// that is ten seconds after the last successful look.
const OUTAGE: Duration = Duration::from_millis(9_500);
/// How many places a new session draws. With at most half of them taken one is free, but for one time in 65,536.
const CANDIDATES: usize = 16;
/// How many are drawn when none of those was free: enough for lists that are nearly full.
const MORE_CANDIDATES: usize = 4096;

/// The lists that there are, swapped as a whole when one changes.
#[derive(Default)]
pub struct Snapshot {
    /// By number.
    pub lists: Vec<Document>,
    /// Which lists there are.
    pub aggregation: Option<Document>,
    /// How many of them, from the first, have places to give.
    pub in_use: u32,
}

/// Where a token's bit is: its `status` claim.
#[derive(Debug, Serialize)]
pub struct StatusReference {
    status_list: ListReference,
}

#[derive(Debug, Serialize)]
struct ListReference {
    idx: u32,
    uri: String,
}

/// The lists of this process, made by its [`StatusListRefresh`](super::StatusListRefresh).
pub struct StatusLists {
    prefix: String,
    snapshot: ArcSwap<Snapshot>,
    started: Instant,
    /// How long a successful look is good for.
    valid_for: Duration,
    /// Until when this replica vouches for the lists, in milliseconds after `started`.
    valid_until: AtomicU64,
    /// Makes a look due.
    activity: Activity,
}

impl StatusLists {
    /// Lists whose addresses begin with `prefix`, kept by looks every `interval`; none yet.
    pub fn new(prefix: String, interval: Duration) -> Self {
        Self {
            prefix,
            snapshot: ArcSwap::from_pointee(Snapshot::default()),
            started: Instant::now(),
            valid_for: interval.saturating_add(OUTAGE),
            valid_until: AtomicU64::new(0),
            activity: Activity::default(),
        }
    }

    /// What makes a look at the database due, whatever the interval: sessions that ended in this replica.
    pub fn activity(&self) -> &Activity {
        &self.activity
    }

    /// What the addresses of the lists begin with.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What the tokens of a session with this place say.
    pub fn reference(&self, index: StatusIndex) -> StatusReference {
        let uri = format!("{}/{}", self.prefix, index.list());
        StatusReference { status_list: ListReference { idx: index.position(), uri } }
    }

    /// Places drawn at random for a new session, as the database numbers them; it takes the first that is free. At
    /// random, so that a place tells nothing of when a session began. Draws many more when `again`.
    pub fn candidate_indexes(&self, again: bool) -> Result<Vec<i64>, StatusListError> {
        let count = if again { MORE_CANDIDATES } else { CANDIDATES };
        let places = u64::from(self.snapshot.load().in_use.max(1)) * u64::from(LIST_SIZE);
        let mut bytes = vec![0; count * size_of::<u64>()];
        rand::fill(&mut bytes)?;
        let (numbers, _) = bytes.as_chunks();
        Ok(numbers
            .iter()
            .filter_map(|number| i64::try_from(u64::from_le_bytes(*number) % places).ok())
            .collect())
    }

    /// The lists, unless this replica is cut off from the database: then another may know better.
    ///
    /// # Errors
    /// [`StatusListError::OutOfDate`], at whose 503 verifiers keep the lists that they have.
    pub fn current(&self) -> Result<Guard<Arc<Snapshot>>, StatusListError> {
        if self.started.elapsed() > Duration::from_millis(self.valid_until.load(Ordering::Relaxed)) {
            return Err(StatusListError::OutOfDate);
        }
        Ok(self.snapshot.load())
    }

    /// Notes that what is served is what the database said after `moment`.
    pub(super) fn record_success(&self, moment: Instant) {
        self.valid_until.store(self.milliseconds(moment, self.valid_for), Ordering::Relaxed);
    }

    /// Notes that a look that began at `moment` failed. The lists are served for `OUTAGE` after it, whatever the interval,
    /// because the database may hold newer revocations.
    pub(super) fn record_failure(&self, moment: Instant) {
        self.valid_until.fetch_min(self.milliseconds(moment, OUTAGE), Ordering::Relaxed);
    }

    fn milliseconds(&self, moment: Instant, later: Duration) -> u64 {
        let after = moment.saturating_duration_since(self.started).saturating_add(later);
        u64::try_from(after.as_millis()).unwrap_or(u64::MAX)
    }

    /// Serves these from now on.
    pub(super) fn publish(&self, snapshot: Snapshot) {
        self.snapshot.store(Arc::new(snapshot));
    }

    /// What is served, however old.
    pub(super) fn snapshot(&self) -> Guard<Arc<Snapshot>> {
        self.snapshot.load()
    }
}
