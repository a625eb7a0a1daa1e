//! A bounded pool of threads: a storm of sign-ins waits here, and nothing else waits for it.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use metrics::counter;
use tokio::sync::oneshot;
use tracing::Span;

use super::queue::{Queue, Refused, Ticket};
use crate::error::ApiError;
use crate::limits::{Requester, Standing};

/// How many hashes may wait for each slot in each of the queue's two lanes. At a quarter of a second each, the last of both
/// waits four seconds; whoever comes later is told at once to try again.
const ROOM_OF_A_LANE_PER_SLOT: usize = 8;

/// Makes a hash.
type Job = Box<dyn FnOnce() -> Answer + Send>;
/// Tells who waits for it.
type Answer = Box<dyn FnOnce() + Send>;

/// Threads of their own that do nothing but hash. They end when this is dropped.
pub(super) struct Pool(Arc<Shared>);

/// What the threads and those who wait for them share.
struct Shared {
    work: Mutex<Work>,
    /// Something was handed over, or the pool is dropped.
    changed: Condvar,
}

struct Work {
    queue: Queue<Job>,
    /// Handed over to a thread that had nothing to do. It does not wait, so it is in nobody's way in the queue.
    handed_over: VecDeque<Job>,
    /// Threads that have nothing to do and were handed nothing yet.
    idle: usize,
    is_closed: bool,
}

impl Pool {
    /// A pool of `slots` threads.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub(super) fn new(slots: NonZeroUsize) -> std::io::Result<Self> {
        let queue = Queue::new(slots.get() * ROOM_OF_A_LANE_PER_SLOT);
        let work = Work { queue, handed_over: VecDeque::new(), idle: 0, is_closed: false };
        let pool = Self(Arc::new(Shared { work: Mutex::new(work), changed: Condvar::new() }));
        for slot in 0..slots.get() {
            let shared = Arc::clone(&pool.0);
            std::thread::Builder::new().name(format!("hash-{slot}")).spawn(move || shared.serve())?;
        }
        Ok(pool)
    }

    /// Runs `work` when it is its turn. Whoever stops waiting gives up the place.
    ///
    /// # Errors
    /// [`ApiError::HashingBusy`] when the queue has no room for `requester`.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        requester: Requester,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let (answer, result) = oneshot::channel();
        let span = Span::current();
        let job = Box::new(move || -> Answer {
            if answer.is_closed() {
                // Nobody waits any more: the client went away just before.
                return Box::new(|| ());
            }
            // A panic costs an answer, not the thread.
            let outcome = span.in_scope(|| std::panic::catch_unwind(AssertUnwindSafe(work)));
            Box::new(move || drop(answer.send(outcome)))
        });
        let lane = match requester.standing {
            Standing::Known { .. } => "known",
            Standing::Stranger => "strangers",
        };
        let place = self.0.enter(requester, job);
        // A job that is dropped unserved gave way to another.
        let outcome = match place {
            Ok(_place) => result.await.map_err(|_| Refused),
            Err(refused) => Err(refused),
        };
        match outcome {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(_)) => Err(ApiError::Internal("a hash panicked".to_owned())),
            Err(Refused) => {
                counter!("auth_service_hashes_refused_total", "lane" => lane).increment(1);
                Err(ApiError::HashingBusy)
            }
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.0.lock().is_closed = true;
        self.0.changed.notify_all();
    }
}

/// Somebody's place in the queue, given up when this is dropped.
struct Place<'a> {
    shared: &'a Shared,
    ticket: Ticket,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.shared.lock().queue.remove(self.ticket);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands `job` to a thread that has nothing to do, or else lets it wait for its turn.
    fn enter(&self, requester: Requester, job: Job) -> Result<Option<Place<'_>>, Refused> {
        let mut work = self.lock();
        if work.idle == 0 {
            let ticket = work.queue.push(requester, job)?;
            return Ok(Some(Place { shared: self, ticket }));
        }
        work.idle -= 1;
        work.handed_over.push_back(job);
        self.changed.notify_one();
        Ok(None)
    }

    /// What each thread does until the pool is dropped.
    fn serve(&self) {
        let mut answer: Answer = Box::new(|| ());
        loop {
            let next = self.next();
            // Only now: whoever comes back upon the answer finds this thread free, and need not wait for it.
            answer();
            let Some(job) = next.or_else(|| self.handed_over()) else { return };
            answer = job();
        }
    }

    /// Takes what is next in the queue. If that is nothing, the thread has nothing to do from now on.
    fn next(&self) -> Option<Job> {
        let mut work = self.lock();
        let next = work.queue.pop();
        if next.is_none() {
            work.idle += 1;
        }
        next
    }

    /// Waits until a job is handed over, or the pool is dropped.
    fn handed_over(&self) -> Option<Job> {
        let mut work = self.lock();
        loop {
            if let Some(job) = work.handed_over.pop_front() {
                return Some(job);
            }
            if work.is_closed {
                return None;
            }
            work = self.changed.wait(work).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::sync::Barrier;

    use futures_util::future::poll_immediate;

    use super::*;
    use crate::client_address::Network;

    fn pool(slots: usize) -> Pool {
        Pool::new(slots.try_into().unwrap()).unwrap()
    }

    /// Somebody from a network of their own.
    fn anybody(number: u32) -> Requester {
        let network = Network::of(Some(std::net::Ipv4Addr::from_bits(number << 8).into()));
        Requester { network, account: None, standing: Standing::Stranger }
    }

    type Running<'a, T> = Pin<Box<dyn Future<Output = Result<T, ApiError>> + 'a>>;

    /// Asks for `work`, and lets it wait if it has to.
    async fn begin<'a>(
        pool: &'a Pool,
        requester: Requester,
        work: impl FnOnce() + Send + 'static,
    ) -> Result<Running<'a, ()>, ApiError> {
        let mut running: Running<'a, ()> = Box::pin(pool.run(requester, work));
        match poll_immediate(&mut running).await {
            None => Ok(running),
            Some(Err(error)) => Err(error),
            Some(Ok(())) => Ok(Box::pin(std::future::ready(Ok(())))),
        }
    }

    /// Occupies the pool's only slot until both come to the barrier.
    async fn occupy<'a>(pool: &'a Pool, barrier: &Arc<Barrier>) -> Running<'a, ()> {
        let (started, running) = oneshot::channel();
        let barrier = Arc::clone(barrier);
        let blocker = begin(pool, anybody(0), move || {
            started.send(()).unwrap();
            barrier.wait();
        });
        let blocker = blocker.await.unwrap();
        running.await.unwrap();
        blocker
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once_and_recovers() {
        let pool = pool(1);
        let barrier = Arc::new(Barrier::new(2));
        let mut waiting = vec![occupy(&pool, &barrier).await];
        for number in (1..).take(ROOM_OF_A_LANE_PER_SLOT) {
            waiting.push(begin(&pool, anybody(number), || ()).await.unwrap());
        }
        let refused = begin(&pool, anybody(99), || ()).await;
        assert!(matches!(refused.err(), Some(ApiError::HashingBusy)));
        barrier.wait();
        for job in waiting {
            job.await.unwrap();
        }
        assert!(pool.run(anybody(99), || ()).await.is_ok());
    }

    #[tokio::test]
    async fn what_gives_way_is_refused_and_a_client_that_went_away_leaves_its_place() {
        let pool = pool(1);
        let barrier = Arc::new(Barrier::new(2));
        let blocker = occupy(&pool, &barrier).await;
        let mut greedy = Vec::new();
        for _ in 0..ROOM_OF_A_LANE_PER_SLOT {
            greedy.push(begin(&pool, anybody(1), || ()).await.unwrap());
        }
        let other = begin(&pool, anybody(2), || ()).await.unwrap();
        let gave_way = greedy.pop().unwrap().await;
        assert!(matches!(gave_way, Err(ApiError::HashingBusy)));

        assert!(begin(&pool, anybody(1), || ()).await.is_err(), "full");
        greedy.pop();
        let again = begin(&pool, anybody(1), || ()).await.unwrap();
        barrier.wait();
        for job in greedy.into_iter().chain([blocker, other, again]) {
            job.await.unwrap();
        }
    }

    #[tokio::test]
    async fn one_account_is_hashed_in_every_slot_while_there_are_some() {
        let pool = pool(2);
        let alice = || Requester { account: Some("alice".to_owned()), ..anybody(1) };
        let barrier = Arc::new(Barrier::new(3));
        let mut running = Vec::new();
        while running.len() < 2 {
            let ((started, has_started), barrier) = (oneshot::channel(), Arc::clone(&barrier));
            let job = begin(&pool, alice(), move || {
                started.send(()).unwrap();
                barrier.wait();
            });
            running.push(job.await.unwrap());
            has_started.await.unwrap();
        }
        running.push(begin(&pool, alice(), || ()).await.unwrap());
        assert!(begin(&pool, alice(), || ()).await.is_err(), "one waits already");
        barrier.wait();
        for job in running {
            job.await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_panic_costs_one_answer_and_no_thread() {
        let pool = pool(1);
        assert!(matches!(
            pool.run(anybody(1), || panic!("a bug")).await,
            Err::<(), _>(ApiError::Internal(_))
        ));
        assert!(pool.run(anybody(1), || ()).await.is_ok());
    }
}
