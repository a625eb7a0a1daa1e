//! A pool of threads for hashing, with a bounded queue in front of it.
//!
//! Tokio's blocking threads do not suit hashing: their queue is unbounded and serves whoever sends the most, and a flood of
//! sign-ins would delay all other blocking work. Here a flood only fills the queue, the [queue](super::queue) is fair to
//! networks, and a client that disconnects frees its place.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use metrics::counter;
use tokio::sync::oneshot;
use tracing::Span;

use super::queue::{Queue, Refused, Ticket};
use crate::limits::{Requester, Standing};

/// How many hashes may wait for each thread in each of the queue's two lanes. At a quarter of a second each, the last hash
/// of both waits four seconds. Later ones are refused at once.
const LANE_CAPACITY_PER_THREAD: usize = 8;

/// Computes a hash.
type Job = Box<dyn FnOnce() -> Answer + Send>;
/// Sends the result to the task that waits for it.
type Answer = Box<dyn FnOnce() + Send>;

/// Why no hash was computed.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// The queue has no room for the requester.
    #[error("too many passwords wait to be hashed")]
    Busy,
    #[error("{0}")]
    Failed(String),
}

/// Threads that only hash. They end when this is dropped.
pub(super) struct Pool(Arc<Shared>);

/// The state that the threads share with the tasks that wait for them.
struct Shared {
    work: Mutex<Work>,
    /// Signals that a job was handed over, or that the pool is dropped.
    changed: Condvar,
}

struct Work {
    queue: Queue<Job>,
    /// Jobs for threads that were idle. They bypass the queue, where an account may wait only once.
    handed_over: VecDeque<Job>,
    /// The number of idle threads that no job was handed to.
    idle: usize,
    is_closed: bool,
}

impl Pool {
    /// Starts `threads` threads.
    pub(super) fn new(threads: NonZeroUsize) -> std::io::Result<Self> {
        let queue = Queue::new(threads.get() * LANE_CAPACITY_PER_THREAD);
        let work = Work { queue, handed_over: VecDeque::new(), idle: 0, is_closed: false };
        let pool = Self(Arc::new(Shared { work: Mutex::new(work), changed: Condvar::new() }));
        for number in 0..threads.get() {
            let shared = Arc::clone(&pool.0);
            std::thread::Builder::new().name(format!("hash-{number}")).spawn(move || shared.serve())?;
        }
        Ok(pool)
    }

    /// Runs `work` in its turn. Dropping the future frees its place in the queue.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        requester: Requester,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let (answer, result) = oneshot::channel();
        let span = Span::current();
        let job = Box::new(move || -> Answer {
            if answer.is_closed() {
                // The client disconnected just before.
                return Box::new(|| ());
            }
            // A panic must not end the thread.
            let outcome = span.in_scope(|| std::panic::catch_unwind(AssertUnwindSafe(work)));
            Box::new(move || drop(answer.send(outcome)))
        });
        let lane = match requester.standing {
            Standing::Known { .. } => "known",
            Standing::Unknown => "strangers",
        };
        let place = self.0.enter(requester, job);
        // A job that is dropped was evicted by another.
        let outcome = match place {
            Ok(_place) => result.await.map_err(|_| Refused),
            Err(refused) => Err(refused),
        };
        match outcome {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(_)) => Err(HashError::Failed("hashing panicked".to_owned())),
            Err(Refused) => {
                counter!("auth_service_hashes_refused_total", "lane" => lane).increment(1);
                Err(HashError::Busy)
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

/// A place in the queue, freed when this is dropped.
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

    /// Hands `job` to an idle thread, or else queues it.
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

    /// Runs jobs on one thread until the pool is dropped.
    fn serve(&self) {
        let mut answer: Answer = Box::new(|| ());
        loop {
            let mut work = self.lock();
            let queued = work.queue.pop();
            work.idle += usize::from(queued.is_none());
            // Only now, so that the next request of the same client finds this thread idle.
            answer();
            let Some(job) = queued.or_else(|| self.handed_over(work)) else { return };
            answer = job();
        }
    }

    /// Waits for a job that is handed over. `None` when the pool is dropped.
    fn handed_over(&self, mut work: MutexGuard<'_, Work>) -> Option<Job> {
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

    /// A stranger from a network of their own.
    fn anybody(number: u32) -> Requester {
        let network = Network::of(Some(std::net::Ipv4Addr::from_bits(number << 8).into()));
        Requester { network, account: None, standing: Standing::Unknown }
    }

    type Running<'a, T> = Pin<Box<dyn Future<Output = Result<T, HashError>> + 'a>>;

    /// Starts `work`, or queues it.
    async fn start<'a>(
        pool: &'a Pool,
        requester: Requester,
        work: impl FnOnce() + Send + 'static,
    ) -> Result<Running<'a, ()>, HashError> {
        let mut running: Running<'a, ()> = Box::pin(pool.run(requester, work));
        match poll_immediate(&mut running).await {
            None => Ok(running),
            Some(Err(error)) => Err(error),
            Some(Ok(())) => Ok(Box::pin(std::future::ready(Ok(())))),
        }
    }

    /// Occupies the pool's only thread until the barrier is reached.
    async fn occupy<'a>(pool: &'a Pool, barrier: &Arc<Barrier>) -> Running<'a, ()> {
        let (started, running) = oneshot::channel();
        let barrier = Arc::clone(barrier);
        let blocker = start(pool, anybody(0), move || {
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
        for number in (1..).take(LANE_CAPACITY_PER_THREAD) {
            waiting.push(start(&pool, anybody(number), || ()).await.unwrap());
        }
        let refused = start(&pool, anybody(99), || ()).await;
        assert!(matches!(refused.err(), Some(HashError::Busy)));
        barrier.wait();
        for job in waiting {
            job.await.unwrap();
        }
        assert!(pool.run(anybody(99), || ()).await.is_ok());
    }

    #[tokio::test]
    async fn an_evicted_job_is_refused_and_a_client_that_disconnects_frees_its_place() {
        let pool = pool(1);
        let barrier = Arc::new(Barrier::new(2));
        let blocker = occupy(&pool, &barrier).await;
        let mut greedy = Vec::new();
        for _ in 0..LANE_CAPACITY_PER_THREAD {
            greedy.push(start(&pool, anybody(1), || ()).await.unwrap());
        }
        let other = start(&pool, anybody(2), || ()).await.unwrap();
        let evicted = greedy.pop().unwrap().await;
        assert!(matches!(evicted, Err(HashError::Busy)));

        assert!(start(&pool, anybody(1), || ()).await.is_err(), "full");
        greedy.pop();
        let again = start(&pool, anybody(1), || ()).await.unwrap();
        barrier.wait();
        for job in greedy.into_iter().chain([blocker, other, again]) {
            job.await.unwrap();
        }
    }

    #[tokio::test]
    async fn one_account_is_hashed_on_every_idle_thread() {
        let pool = pool(2);
        let alice = || Requester { account: Some("alice".to_owned()), ..anybody(1) };
        let barrier = Arc::new(Barrier::new(3));
        let mut running = Vec::new();
        while running.len() < 2 {
            let ((started, has_started), barrier) = (oneshot::channel(), Arc::clone(&barrier));
            let job = start(&pool, alice(), move || {
                started.send(()).unwrap();
                barrier.wait();
            });
            running.push(job.await.unwrap());
            has_started.await.unwrap();
        }
        running.push(start(&pool, alice(), || ()).await.unwrap());
        assert!(start(&pool, alice(), || ()).await.is_err(), "one waits already");
        barrier.wait();
        for job in running {
            job.await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_panic_fails_one_job_and_ends_no_thread() {
        let pool = pool(1);
        assert!(matches!(pool.run(anybody(1), || panic!("a bug")).await, Err::<(), _>(HashError::Failed(_))));
        assert!(pool.run(anybody(1), || ()).await.is_ok());
    }
}
