//! The lists as they are served now, and the candidates for the indexes of new sessions.

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

/// How long refreshes may fail before a replica stops serving its lists. With the default interval that is ten seconds
/// after the last successful refresh.
const OUTAGE: Duration = Duration::from_millis(9_500);
/// How many candidates a new session gets. With at most half of all indexes taken, none is free once in 65,536 times.
const CANDIDATES: usize = 16;
/// How many candidates it gets if none of those was free: enough for lists that are nearly full.
const MORE_CANDIDATES: usize = 4096;

/// All lists, replaced as a whole when one changes.
#[derive(Default)]
pub struct Snapshot {
    /// The signed lists, by number.
    pub lists: Vec<Document>,
    /// The list of all lists.
    pub aggregation: Option<Document>,
    /// How many lists, counted from the first, allocate indexes.
    pub in_use: u32,
}

/// The `status` claim of a token: where its bit is.
#[derive(Debug, Serialize)]
pub struct StatusReference {
    status_list: ListReference,
}

#[derive(Debug, Serialize)]
struct ListReference {
    idx: u32,
    uri: String,
}

impl StatusReference {
    /// Refers to `index` in the lists below `prefix`.
    pub fn new(prefix: &str, index: StatusIndex) -> Self {
        let uri = format!("{prefix}/{}", index.list());
        Self { status_list: ListReference { idx: index.position(), uri } }
    }
}

/// The lists of this process, kept up to date by its [`StatusListRefresh`](super::StatusListRefresh).
pub struct StatusLists {
    prefix: String,
    snapshot: ArcSwap<Snapshot>,
    started: Instant,
    /// How long the lists may be served after a successful refresh.
    valid_for: Duration,
    /// Until when the lists may be served, in milliseconds after `started`.
    valid_until: AtomicU64,
    /// Makes a refresh due.
    activity: Activity,
}

impl StatusLists {
    /// No lists yet. Their URLs will begin with `prefix`; they are refreshed every `interval`.
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

    /// Makes a refresh due, whatever the interval: for sessions that this replica ended.
    pub fn activity(&self) -> &Activity {
        &self.activity
    }

    /// The prefix of the lists' URLs.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The `status` claim of a session's tokens.
    pub fn reference(&self, index: StatusIndex) -> StatusReference {
        StatusReference::new(&self.prefix, index)
    }

    /// Random indexes for a new session, as the database numbers them. The session gets the first that is free. They are
    /// random so that an index does not reveal when its session began. Returns many more if `again`.
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

    /// The lists, unless this replica has not reached the database for too long: there may be newer revocations.
    ///
    /// # Errors
    /// [`StatusListError::OutOfDate`], at whose 503 verifiers keep the lists that they have.
    pub fn current(&self) -> Result<Guard<Arc<Snapshot>>, StatusListError> {
        if self.started.elapsed() > Duration::from_millis(self.valid_until.load(Ordering::Relaxed)) {
            return Err(StatusListError::OutOfDate);
        }
        Ok(self.snapshot.load())
    }

    /// Records that the lists are those of the database after `moment`.
    pub(super) fn record_success(&self, moment: Instant) {
        self.valid_until.store(self.milliseconds(moment, self.valid_for), Ordering::Relaxed);
    }

    /// Records that a refresh that began at `moment` failed. The lists are served for `OUTAGE` after it, whatever the interval,
    /// because the database may hold newer revocations.
    pub(super) fn record_failure(&self, moment: Instant) {
        self.valid_until.fetch_min(self.milliseconds(moment, OUTAGE), Ordering::Relaxed);
    }

    fn milliseconds(&self, moment: Instant, later: Duration) -> u64 {
        let after = moment.saturating_duration_since(self.started).saturating_add(later);
        u64::try_from(after.as_millis()).unwrap_or(u64::MAX)
    }

    /// Serves these lists from now on.
    pub(super) fn publish(&self, snapshot: Snapshot) {
        self.snapshot.store(Arc::new(snapshot));
    }

    /// The lists, whatever their age.
    pub(super) fn snapshot(&self) -> Guard<Arc<Snapshot>> {
        self.snapshot.load()
    }
}
