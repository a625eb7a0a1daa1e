//! The background task that keeps the lists of this replica what the database says.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use metrics::counter;
use service_kit::database::Pool;
use service_kit::store::StoreError;
use shared_claims::SharedClock;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::document;
use super::model::{Bits, LEAD, Lifetimes, StatusIndex, grid_line, later};
use super::published::{Snapshot, StatusLists};
use super::store;
use super::sweeping::Sweeper;
use crate::error::ApiError;
use crate::keys::{KeyRing, SigningKey};
use crate::protocol::conditional::Document;
use crate::tokens::{TokenSettings, longest_life};

/// How often the database is asked for what was revoked.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long it may take to answer before it is asked anew, over another connection.
const LOOK_TIMEOUT: Duration = Duration::from_secs(5);

/// Status lists that were signed anew.
const SIGNED: &str = "auth_service_status_lists_signed_total";

/// What it takes to keep the lists.
pub struct Keeper {
    lists: Arc<StatusLists>,
    keys: Arc<KeyRing>,
    pool: Pool,
    clock: SharedClock,
    token_life: SignedDuration,
    skew: SignedDuration,
    /// What the last look saw; none before the first, and after one that failed half way.
    seen: Option<Seen>,
}

struct Seen {
    line: Timestamp,
    horizon: i64,
    lifetimes: Lifetimes,
    /// When each list was made.
    made: Vec<Timestamp>,
    bits: Vec<Bits>,
    kid: String,
}

/// A keeper that runs, and what sweeps beside it.
pub struct Keeping([JoinHandle<()>; 2]);

impl Keeping {
    /// Stops them; another replica does what was not done.
    pub fn stop(self) {
        for task in self.0 {
            task.abort();
        }
    }
}

impl Keeper {
    /// Keeps `lists` by the database of `pool`, signed by the active one of `keys`, for tokens with these `settings`.
    pub fn new(
        lists: Arc<StatusLists>,
        keys: Arc<KeyRing>,
        pool: Pool,
        clock: SharedClock,
        settings: &TokenSettings,
    ) -> Self {
        let (token_life, skew) = (settings.ttl, settings.clock_skew);
        Self { lists, keys, pool, clock, token_life, skew, seen: None }
    }

    /// Starts it, on the runtime of the caller.
    pub fn start(self) -> Keeping {
        let sweeper = Sweeper::new(self.pool.clone(), Arc::clone(&self.clock), self.token_life, self.skew);
        Keeping([tokio::spawn(sweeper.run()), tokio::spawn(self.run())])
    }

    async fn run(mut self) {
        let mut failing = false;
        loop {
            Arc::clone(&self.clock).sleep(LOOK_EVERY).await;
            let error = self.look().await.err();
            // Told once when it begins and once when it ends: twice a second would drown everything else.
            match (&error, failing) {
                (Some(error), false) => tracing::warn!(%error, "status lists cannot be kept up to date"),
                (None, true) => tracing::info!("status lists are up to date again"),
                _ => {}
            }
            failing = error.is_some();
        }
    }

    /// Looks once, and publishes what changed.
    ///
    /// # Errors
    /// When the database cannot, or nothing may be signed. What is served stays as it is.
    pub async fn look(&mut self) -> Result<(), ApiError> {
        // Taken before the look: what it finds is at least as new.
        let began = Instant::now();
        let now = self.clock.now();
        let line = grid_line(now);
        let key = self.keys.active()?;
        // Taken out, so that a look that fails half way is followed by one at everything.
        let last = self.seen.take().filter(|seen| seen.line == line);
        // What is cut off closes its connection: the next look is over another one.
        let seen = timeout(LOOK_TIMEOUT, self.see(last, line, now)).await;
        let mut seen = seen.map_err(|late| StoreError::Unavailable(late.into()))??;
        self.publish(&mut seen, key, now).await?;
        self.seen = Some(seen);
        self.lists.note_seen(began);
        Ok(())
    }

    /// What is revoked, by what was seen at an earlier look and what came since.
    async fn see(&self, last: Option<Seen>, line: Timestamp, now: Timestamp) -> Result<Seen, ApiError> {
        let look = store::look(&self.pool, line, last.as_ref().map(|seen| seen.horizon)).await?;
        let mut seen = match last {
            Some(seen) => Seen { horizon: look.horizon, made: look.lists, ..seen },
            None => Seen {
                line,
                horizon: look.horizon,
                lifetimes: Lifetimes::new(longest_life(&self.pool, self.token_life, now).await?, self.skew),
                made: look.lists,
                bits: Vec::new(),
                kid: String::new(),
            },
        };
        seen.bits.resize_with(seen.made.len(), Bits::clear);
        for index in look.revoked.into_iter().filter_map(StatusIndex::new) {
            if let Some(bits) = seen.bits.get_mut(index.list() as usize) {
                bits.set(index.place());
            }
        }
        Ok(seen)
    }

    /// Signs anew what has to be: lists that changed, or all of them at a line of the grid and for another key.
    async fn publish(&self, seen: &mut Seen, key: Arc<SigningKey>, now: Timestamp) -> Result<(), ApiError> {
        let kid = key.kid().to_owned();
        let in_use = seen.made.iter().take_while(|made| later(**made, LEAD) <= now).count();
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
                    let times = (seen.line, later(seen.line, seen.lifetimes.list));
                    self.signed(Arc::clone(&key), bits.clone(), number, times).await?
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
        times: (Timestamp, Timestamp),
    ) -> Result<Document, ApiError> {
        let lists = Arc::clone(&self.lists);
        let sign = move || {
            let uri = format!("{}/{number}", lists.prefix());
            document::list(&key, &bits, (lists.prefix(), &uri), times)
        };
        tokio::task::spawn_blocking(sign).await.map_err(|error| ApiError::Internal(error.to_string()))?
    }
}
