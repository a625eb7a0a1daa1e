//! The background task that keeps the lists of this replica up to date with the database.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use metrics::{counter, describe_counter};
use service_kit::database::Pool;
use service_kit::store::StoreError;
use shared_claims::SharedClock;
use tokio::time::timeout;

use super::document::{self, Validity};
use super::error::StatusListError;
use super::model::{Bits, Lifetimes, StatusIndex, StatusListTimes, TICK, later, lead, window_start};
use super::published::{Snapshot, StatusLists};
use super::store::{self, ListState};
use crate::background::Background;
use crate::keys::{KeyRing, SigningKey, longest_token_lifetime};
use crate::polling::Polling;
use crate::protocol::conditional::Document;

/// Maximum duration of the queries of a refresh. The next refresh uses another connection.
const REFRESH_TIMEOUT: Duration = Duration::from_secs(5);

/// Number of status lists signed.
const SIGNED: &str = "auth_service_status_lists_signed_total";

/// Describes the metric of the status lists and creates its counter.
pub fn create_metrics() {
    describe_counter!(SIGNED, "Status lists that this replica signed.");
    counter!(SIGNED).increment(0);
}

/// Keeps the lists of this replica up to date.
pub struct StatusListRefresh {
    lists: Arc<StatusLists>,
    keys: Arc<KeyRing>,
    pool: Pool,
    clock: SharedClock,
    times: StatusListTimes,
    polling: Polling,
    /// The result of the last successful refresh; none before the first.
    seen: Option<Seen>,
}

struct Seen {
    /// Start of the validity window in which everything was read.
    read_at: Timestamp,
    /// Start of the validity window that the lists are signed for: a later one if refreshes are rare.
    window: Timestamp,
    horizon: i64,
    lifetimes: Lifetimes,
    /// When each list was created.
    created: Vec<Timestamp>,
    bits: Vec<Bits>,
    kid: String,
}

/// What a query returned.
enum Seeing {
    All(ListState, Lifetimes),
    Changes(ListState),
}

impl Seen {
    fn nothing(window: Timestamp, lifetimes: Lifetimes) -> Self {
        let (created, bits, kid) = (Vec::new(), Vec::new(), String::new());
        Self { read_at: window, window, horizon: 0, lifetimes, created, bits, kid }
    }

    fn add(&mut self, state: ListState) {
        self.horizon = state.horizon;
        self.created = state.lists;
        self.bits.resize_with(self.created.len(), Bits::clear);
        for index in state.revoked.into_iter().filter_map(StatusIndex::new) {
            if let Some(bits) = self.bits.get_mut(index.list() as usize) {
                bits.set(index.position());
            }
        }
    }
}

impl StatusListRefresh {
    /// Keeps `lists` up to date with the database of `pool`, signed by the active one of `keys`.
    pub fn new(
        lists: Arc<StatusLists>,
        keys: Arc<KeyRing>,
        pool: Pool,
        clock: SharedClock,
        times: StatusListTimes,
    ) -> Self {
        let polling = Polling::new(times.interval, clock.now()).after(lists.activity());
        Self { lists, keys, pool, clock, times, polling, seen: None }
    }

    /// Starts it, on the runtime of the caller.
    ///
    /// It has no grace period: another replica does what it leaves undone.
    pub fn start(self, background: &Background) {
        background.spawn("status list refresh", Duration::ZERO, self.run());
    }

    async fn run(mut self) {
        let mut failing = false;
        let tick = Polling::tick(self.times.interval, TICK);
        loop {
            Arc::clone(&self.clock).sleep(tick).await;
            let now = self.clock.now();
            let refreshed = if self.polling.is_due(tick, now) { Some(self.refresh().await) } else { None };
            // Lists are signed again in each validity window, also if refreshes are rarer, or fail.
            let renewed = self.renew(now).await;
            let (error, tried) =
                (refreshed.as_ref().and_then(|refreshed| refreshed.as_ref().err()), refreshed.is_some());
            let error = error.or(renewed.as_ref().err());
            // Logged once when it begins and once when it ends, not twice a second.
            match (error, failing) {
                (Some(error), false) => tracing::warn!(%error, "status-list refresh failed"),
                (None, true) if tried => tracing::info!("status-list refresh recovered"),
                _ => {}
            }
            failing = error.is_some() || (failing && !tried);
        }
    }

    /// Reads changes and publishes the lists that changed.
    ///
    /// # Errors
    /// If a query fails, or no key may sign. The lists that are served stay as they are.
    pub async fn refresh(&mut self) -> Result<(), StatusListError> {
        // Taken before the query: what it returns is at least as new.
        let began = Instant::now();
        let now = self.clock.now();
        self.polling.begin(now);
        let outcome = self.refresh_at(now).await;
        match &outcome {
            Ok(()) => {
                self.polling.succeed();
                self.lists.record_success(began);
            }
            Err(_) => self.lists.record_failure(began),
        }
        outcome
    }

    async fn refresh_at(&mut self, now: Timestamp) -> Result<(), StatusListError> {
        let window = window_start(now);
        let key = self.keys.active()?;
        // A query that times out closes its connection: the next refresh uses another one.
        let seeing = timeout(REFRESH_TIMEOUT, self.see(window, now)).await;
        let state = match seeing.map_err(|late| StoreError::Unavailable(late.into()))?? {
            Seeing::All(state, lifetimes) => {
                self.seen = Some(Seen::nothing(window, lifetimes));
                state
            }
            Seeing::Changes(state) => state,
        };
        if let Some(seen) = &mut self.seen {
            seen.add(state);
        }
        self.sign(key, now).await
    }

    /// Reads all revocations once in each validity window, and after that those that were added.
    async fn see(&self, window: Timestamp, now: Timestamp) -> Result<Seeing, StatusListError> {
        let since = self.seen.as_ref().filter(|seen| seen.read_at == window).map(|seen| seen.horizon);
        let state = store::list_state(&self.pool, window, since).await?;
        if since.is_some() {
            return Ok(Seeing::Changes(state));
        }
        let token_lifetime = longest_token_lifetime(&self.pool, self.times.token_lifetime, now).await?;
        Ok(Seeing::All(state, Lifetimes::new(&StatusListTimes { token_lifetime, ..self.times })))
    }

    /// Signs the result of the last refresh for the current validity window, if it was signed for an earlier one.
    async fn renew(&mut self, now: Timestamp) -> Result<(), StatusListError> {
        let window = window_start(now);
        let Some(seen) = self.seen.as_mut().filter(|seen| seen.window < window) else { return Ok(()) };
        seen.window = window;
        seen.kid.clear();
        let key = self.keys.active()?;
        self.sign(key, now).await
    }

    /// Signs and publishes what changed. If that fails, everything is signed the next time.
    async fn sign(&mut self, key: Arc<SigningKey>, now: Timestamp) -> Result<(), StatusListError> {
        let Some(mut seen) = self.seen.take() else { return Ok(()) };
        let outcome = self.publish(&mut seen, key, now).await;
        if outcome.is_err() {
            seen.kid.clear();
        }
        self.seen = Some(seen);
        outcome
    }

    /// Signs the lists that changed, or all of them in a new validity window or with another key.
    async fn publish(
        &self,
        seen: &mut Seen,
        key: Arc<SigningKey>,
        now: Timestamp,
    ) -> Result<(), StatusListError> {
        let kid = key.kid().to_owned();
        let in_use = seen
            .created
            .iter()
            .take_while(|created| later(**created, lead(self.times.interval)) <= now)
            .count();
        let in_use = u32::try_from(in_use).unwrap_or(u32::MAX);
        let before = self.lists.snapshot();
        let other_key = kid != seen.kid;
        let unchanged = !other_key && seen.bits.iter().all(|bits| !bits.changed);
        if unchanged && before.lists.len() == seen.bits.len() && before.in_use == in_use {
            return Ok(());
        }
        let mut lists = Vec::with_capacity(seen.bits.len());
        for (number, bits) in seen.bits.iter_mut().enumerate() {
            let kept = before.lists.get(number).filter(|_| !bits.changed && !other_key);
            lists.push(match kept {
                Some(document) => document.clone(),
                None => {
                    counter!(SIGNED).increment(1);
                    let until = later(seen.window, seen.lifetimes.list);
                    let validity = Validity { from: seen.window, until };
                    self.signed(Arc::clone(&key), bits.clone(), number, validity).await?
                }
            });
            bits.changed = false;
        }
        let aggregation = Some(document::aggregation(self.lists.prefix(), lists.len())?);
        drop(before);
        self.lists.publish(Snapshot { lists, aggregation, in_use });
        seen.kid = kid;
        Ok(())
    }

    async fn signed(
        &self,
        key: Arc<SigningKey>,
        bits: Bits,
        number: usize,
        validity: Validity,
    ) -> Result<Document, StatusListError> {
        let lists = Arc::clone(&self.lists);
        let sign = move || document::list(&key, &bits, lists.prefix(), number, validity);
        tokio::task::spawn_blocking(sign).await?
    }
}
