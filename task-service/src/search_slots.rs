//! At most one search at a time for each user.
//!
//! A search reads all rows of its user, so a user with many rows could occupy every core and every connection with
//! a few searches. A search therefore waits until the user's previous one has ended. It waits rather than being
//! refused because a page sends a new search with each keystroke, and the last one must be answered.

use std::collections::HashMap;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::rt;
use metrics::{counter, describe_counter};
use service_kit::traces::carry;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Maximum number of waiting searches per user: more than a person has tabs open, too few to exhaust memory.
const MAX_WAITING: usize = 32;

/// Searches that were refused because the user's others took too long or were too many.
const REFUSED: &str = "task_service_searches_refused_total";

/// Describes the metric of searches and creates its counter.
pub fn create_metrics() {
    describe_counter!(REFUSED, "Searches that were refused because other searches of the user were running.");
    counter!(REFUSED).increment(0);
}

/// The searches that run or wait in this replica, by user. Users without a search take no memory.
pub struct SearchSlots {
    queues: Mutex<HashMap<String, Queue>>,
    max_wait: Duration,
}

struct Queue {
    turn: Arc<Semaphore>,
    /// How many searches of the user are running or waiting.
    length: usize,
}

/// The search did not get its slot in time, or too many searches are waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("other searches of this user are still running")]
pub struct Busy;

impl SearchSlots {
    /// Creates slots for searches that take up to `longest` each. A search waits for up to twice as long, so that the running
    /// search and another one that was waiting before it can finish.
    pub fn new(longest: Duration) -> Arc<Self> {
        Arc::new(Self { queues: Mutex::default(), max_wait: 2 * longest })
    }

    /// Runs `search` once no other search of `user` is running.
    ///
    /// A call that is dropped while waiting leaves the queue. A search that has started runs to its end even if the
    /// call is dropped, and keeps its slot until then: PostgreSQL does not cancel a statement whose client is gone.
    ///
    /// # Errors
    /// If it does not get its slot in time.
    pub async fn run<T: 'static>(
        self: &Arc<Self>,
        user: &str,
        search: impl Future<Output = T> + 'static,
    ) -> Result<T, Busy> {
        let slot = self.slot(user).await.inspect_err(|_| counter!(REFUSED).increment(1))?;
        let search = rt::spawn(carry(async move {
            let outcome = search.await;
            drop(slot);
            outcome
        }));
        match search.await {
            Ok(outcome) => Ok(outcome),
            Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
            // The worker is shutting down.
            Err(_) => Err(Busy),
        }
    }

    async fn slot(self: &Arc<Self>, user: &str) -> Result<Slot, Busy> {
        let (place, turn) = self.enter(user)?;
        let permit = timeout(self.max_wait, turn.acquire_owned()).await.map_err(|_| Busy)?;
        Ok(Slot { _permit: permit.map_err(|_| Busy)?, _place: place })
    }

    fn enter(self: &Arc<Self>, user: &str) -> Result<(Place, Arc<Semaphore>), Busy> {
        let mut queues = self.queues();
        let queue = queues
            .entry(user.to_owned())
            .or_insert_with(|| Queue { turn: Arc::new(Semaphore::new(1)), length: 0 });
        if queue.length > MAX_WAITING {
            return Err(Busy);
        }
        queue.length += 1;
        Ok((Place { slots: Arc::clone(self), user: user.to_owned() }, Arc::clone(&queue.turn)))
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<String, Queue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The permission to search. Fields are dropped in this order: the next search gets its slot, then the queue shrinks.
struct Slot {
    _permit: OwnedSemaphorePermit,
    _place: Place,
}

/// A place in a user's queue, until it is dropped.
struct Place {
    slots: Arc<SearchSlots>,
    user: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut queues = self.slots.queues();
        if let Some(queue) = queues.get_mut(&self.user) {
            queue.length -= 1;
            if queue.length == 0 {
                queues.remove(&self.user);
            }
        }
    }
}
