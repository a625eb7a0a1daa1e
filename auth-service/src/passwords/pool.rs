//! A pool of threads for hashing, with a bounded queue in front of it. A thread computes up to two hashes at a time.
//!
//! Tokio's blocking threads do not suit hashing: their queue is unbounded and serves whoever sends the most, and a flood of
//! sign-ins would delay all other blocking work. Here a flood only fills the queue, the [queue](super::queue) is fair to
//! networks and [bounded by time](super::waiting_time), and a client that disconnects frees its place. The threads have a
//! [lower priority](super::priority) than those that serve other requests.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use metrics::Histogram;
use service_kit::collectors;
use tokio::sync::oneshot;
use tracing::Span;

use super::job::{Answer, HASHES_AT_A_TIME, Job, Running};
use super::pool_metrics::{self, PoolState};
use super::priority;
use super::queue::{Queue, Refused, Ticket};
use super::waiting_time::{MAX_WAIT, WaitingTime};
use crate::limits::{Requester, Standing};

/// Why no hash was computed.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// The queue has no room for the requester, or its hash would be late.
    #[error("too many passwords wait to be hashed")]
    Busy {
        /// Seconds until every hash that waits now has been computed or refused.
        retry_after: i64,
    },
    #[error("{0}")]
    Failed(String),
}

/// Threads that only hash. They end when this is dropped.
pub(super) struct Pool {
    shared: Arc<Shared>,
    max_wait: Duration,
}

/// The state that the threads share with the tasks that wait for them.
struct Shared {
    work: Mutex<Work>,
    /// Signals that a job was handed over, or that the pool is dropped.
    changed: Condvar,
    /// The number of hashes that are computed at a time.
    at_a_time: usize,
    durations: Histogram,
}

struct Work {
    queue: Queue<Job<Answer>>,
    waiting_time: WaitingTime,
    /// Jobs for threads that were idle. They bypass the queue, where an account may wait only once.
    handed_over: VecDeque<Job<Answer>>,
    /// The number of idle threads that no job was handed to.
    idle: usize,
    /// The number of jobs that the threads have taken and not finished.
    running: usize,
    is_closed: bool,
}

impl Pool {
    /// Starts `threads` threads. Until some hashes have been measured, each is expected to take the time `expected`.
    pub(super) fn new(threads: NonZeroUsize, expected: Duration) -> std::io::Result<Self> {
        Self::with_max_wait(threads, expected, MAX_WAIT)
    }

    fn with_max_wait(threads: NonZeroUsize, expected: Duration, max_wait: Duration) -> std::io::Result<Self> {
        let at_a_time = threads.get().saturating_mul(HASHES_AT_A_TIME);
        let waiting_time = WaitingTime::new(expected, max_wait);
        let work = Work {
            queue: Queue::new(waiting_time.lane_capacity(at_a_time)),
            waiting_time,
            handed_over: VecDeque::new(),
            idle: 0,
            running: 0,
            is_closed: false,
        };
        let (changed, durations) = (Condvar::new(), pool_metrics::durations());
        let shared = Arc::new(Shared { work: Mutex::new(work), changed, at_a_time, durations });
        let measured = Arc::downgrade(&shared);
        collectors::register(move || {
            let Some(shared) = measured.upgrade() else { return false };
            shared.state().show();
            true
        });
        let pool = Self { shared, max_wait };
        for number in 0..threads.get() {
            let shared = Arc::clone(&pool.shared);
            std::thread::Builder::new().name(format!("hash-{number}")).spawn(move || {
                priority::lower();
                shared.serve();
            })?;
        }
        Ok(pool)
    }

    /// Runs `job` in its turn. Dropping the future frees its place in the queue.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        requester: Requester,
        job: Job<T>,
    ) -> Result<T, HashError> {
        let (answer, mut result) = oneshot::channel();
        let job = job.answered_by(Span::current(), move |outcome| drop(answer.send(outcome)));
        let lane = match requester.standing {
            Standing::Known { .. } => pool_metrics::KNOWN,
            Standing::Unknown => pool_metrics::STRANGERS,
        };
        // A job that is dropped was evicted by another.
        let outcome = match self.shared.enter(requester, job) {
            Ok(None) => result.await.map_err(|_| Refused),
            Ok(Some(place)) => tokio::select! {
                outcome = &mut result => outcome.map_err(|_| Refused),
                () = tokio::time::sleep(self.max_wait) => match place.leave() {
                    Left::Waiting => Err(Refused),
                    Left::Running => result.await.map_err(|_| Refused),
                },
            },
            Err(refused) => Err(refused),
        };
        match outcome {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(_)) => Err(HashError::Failed("hashing panicked".to_owned())),
            Err(Refused) => {
                pool_metrics::refused(lane);
                Err(HashError::Busy { retry_after: whole_seconds(self.max_wait) })
            }
        }
    }
}

/// A duration in seconds, rounded up.
fn whole_seconds(duration: Duration) -> i64 {
    let seconds = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        self.shared.changed.notify_all();
    }
}

/// A place in the queue, freed when this is dropped.
struct Place<'a> {
    shared: &'a Shared,
    ticket: Ticket,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

/// The state of a job whose place was given up.
enum Left {
    /// It was removed from the queue.
    Waiting,
    /// A thread had taken it already, or another job had evicted it.
    Running,
}

impl Place<'_> {
    fn leave(&self) -> Left {
        if self.shared.lock().queue.remove(self.ticket) { Left::Waiting } else { Left::Running }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn state(&self) -> PoolState {
        let work = self.lock();
        let (known, strangers) = work.queue.waiting();
        let lane_capacity = work.waiting_time.lane_capacity(self.at_a_time);
        let handed_over = work.handed_over.len();
        PoolState {
            known,
            strangers,
            lane_capacity,
            running: work.running + handed_over,
            at_a_time: self.at_a_time,
        }
    }

    /// Hands `job` to an idle thread, or else queues it.
    fn enter(&self, requester: Requester, job: Job<Answer>) -> Result<Option<Place<'_>>, Refused> {
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
        let mut running = Running::default();
        loop {
            let mut next = self.settle(&mut running);
            if next.is_none() && running.is_idle() {
                next = self.handed_over();
                if next.is_none() {
                    return;
                }
            }
            match next {
                Some(job @ Job::Bcrypt { .. }) => running.start(job),
                Some(job @ Job::Other(_)) => {
                    // It may take long, so the other hash comes first.
                    while !running.is_idle() {
                        running.advance();
                    }
                    running.take_finished().into_iter().for_each(|finished| (finished.answer)());
                    running.start(job);
                }
                None => running.advance(),
            }
        }
    }

    /// Answers finished jobs, and takes the next one from the queue if the thread has room for it.
    fn settle(&self, running: &mut Running) -> Option<Job<Answer>> {
        let finished = running.take_finished();
        if finished.is_empty() && !running.has_room() {
            return None;
        }
        let mut work = self.lock();
        for finished in &finished {
            work.record(finished.took, self.at_a_time);
        }
        let next = if running.has_room() { work.queue.pop() } else { None };
        work.running = work.running.saturating_sub(finished.len()) + usize::from(next.is_some());
        work.idle += usize::from(next.is_none() && running.is_idle());
        drop(work);
        finished.iter().for_each(|finished| self.durations.record(finished.took));
        // Only now, so that the next request of the same client finds this thread idle. Not under the lock: the thread that
        // is woken may interrupt this one, and should not have to wait for it.
        finished.into_iter().for_each(|finished| (finished.answer)());
        next
    }

    /// Waits for a job that is handed over. `None` when the pool is dropped.
    fn handed_over(&self) -> Option<Job<Answer>> {
        let mut work = self.lock();
        loop {
            if let Some(job) = work.handed_over.pop_front() {
                work.running += 1;
                return Some(job);
            }
            if work.is_closed {
                return None;
            }
            work = self.changed.wait(work).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Work {
    /// Adapts the queue to the time that a hash took.
    fn record(&mut self, took: Duration, at_a_time: usize) {
        self.waiting_time.record(took);
        self.queue.set_lane_capacity(self.waiting_time.lane_capacity(at_a_time));
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::sync::Barrier;

    use futures_util::future::poll_immediate;

    use super::*;
    use crate::client_address::Network;

    /// Two hashes of this time may wait in a lane.
    const HASH: Duration = Duration::from_millis(600);
    const LANE_CAPACITY: usize = 2;

    fn pool(threads: usize) -> Pool {
        Pool::new(threads.try_into().unwrap(), HASH).unwrap()
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
        let mut running: Running<'a, ()> = Box::pin(pool.run(requester, Job::other(work)));
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
        for number in (1..).take(LANE_CAPACITY) {
            waiting.push(start(&pool, anybody(number), || ()).await.unwrap());
        }
        let refused = start(&pool, anybody(99), || ()).await;
        assert!(matches!(refused.err(), Some(HashError::Busy { retry_after: 2 })));
        barrier.wait();
        for job in waiting {
            job.await.unwrap();
        }
        assert!(pool.run(anybody(99), Job::other(|| ())).await.is_ok());
    }

    #[tokio::test]
    async fn an_evicted_job_is_refused_and_a_client_that_disconnects_frees_its_place() {
        let pool = pool(1);
        let barrier = Arc::new(Barrier::new(2));
        let blocker = occupy(&pool, &barrier).await;
        let mut greedy = Vec::new();
        for _ in 0..LANE_CAPACITY {
            greedy.push(start(&pool, anybody(1), || ()).await.unwrap());
        }
        let other = start(&pool, anybody(2), || ()).await.unwrap();
        let evicted = greedy.pop().unwrap().await;
        assert!(matches!(evicted, Err(HashError::Busy { .. })));

        assert!(start(&pool, anybody(1), || ()).await.is_err(), "full");
        greedy.pop();
        let again = start(&pool, anybody(1), || ()).await.unwrap();
        barrier.wait();
        for job in greedy.into_iter().chain([blocker, other, again]) {
            job.await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_job_that_would_be_late_is_refused_and_not_run() {
        let pool = Pool::with_max_wait(1.try_into().unwrap(), HASH, Duration::from_millis(20)).unwrap();
        let barrier = Arc::new(Barrier::new(2));
        let mut blocker = occupy(&pool, &barrier).await;
        let late = pool.run(anybody(1), Job::other(|| panic!("run too late")));
        assert!(matches!(late.await, Err::<(), _>(HashError::Busy { retry_after: 1 })));
        assert!(poll_immediate(&mut blocker).await.is_none(), "a job that runs is not late");
        barrier.wait();
        blocker.await.unwrap();
        assert!(pool.run(anybody(1), Job::other(|| ())).await.is_ok());
    }

    #[tokio::test]
    async fn the_queue_adapts_to_the_time_of_a_hash() {
        let pool = Pool::new(1.try_into().unwrap(), Duration::from_secs(3)).unwrap();
        assert_eq!(pool.shared.lock().waiting_time.lane_capacity(1), 1);
        while pool.shared.lock().waiting_time.lane_capacity(1) < 100 {
            pool.run(anybody(1), Job::other(|| ())).await.unwrap();
        }
        let barrier = Arc::new(Barrier::new(2));
        let mut waiting = vec![occupy(&pool, &barrier).await];
        for number in 1..=100 {
            waiting.push(start(&pool, anybody(number), || ()).await.unwrap());
        }
        barrier.wait();
        for job in waiting {
            job.await.unwrap();
        }
    }

    fn bcrypt(cost: u32, then: impl FnOnce([u8; 23]) + Send + 'static) -> Job<()> {
        let input = eksblowfish::Input { cost, salt: [1; 16], password: b"correct horse".to_vec() };
        Job::bcrypt(input, || (), then)
    }

    #[tokio::test]
    async fn a_thread_computes_two_hashes_at_a_time() {
        let pool = pool(1);
        let (ended, order) = std::sync::mpsc::channel();
        let long = ended.clone();
        let mut long: Running<'_, ()> =
            Box::pin(pool.run(anybody(1), bcrypt(12, move |_| long.send(12).unwrap())));
        assert!(poll_immediate(&mut long).await.is_none());
        let expected = ::bcrypt::bcrypt(4, [1; 16], b"correct horse\0");
        let short = bcrypt(4, move |hash| {
            assert_eq!(hash[..], expected[..23]);
            ended.send(4).unwrap();
        });
        pool.run(anybody(2), short).await.unwrap();
        // Other work waits until the thread has nothing else to do.
        pool.run(anybody(3), Job::other(|| ())).await.unwrap();
        assert_eq!(order.try_iter().collect::<Vec<_>>(), [4, 12]);
        long.await.unwrap();
    }

    #[tokio::test]
    async fn a_panic_after_a_bcrypt_hash_fails_one_job_and_ends_no_thread() {
        let pool = pool(1);
        let panics = pool.run(anybody(1), bcrypt(4, |_| panic!("a bug"))).await;
        assert!(matches!(panics, Err(HashError::Failed(_))));
        assert!(pool.run(anybody(1), bcrypt(4, |_| ())).await.is_ok());
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
        assert!(matches!(
            pool.run(anybody(1), Job::other(|| panic!("a bug"))).await,
            Err::<(), _>(HashError::Failed(_))
        ));
        assert!(pool.run(anybody(1), Job::other(|| ())).await.is_ok());
    }
}
