//! A bounded pool for hashing: a storm of sign-ins waits here, and nothing else waits for it.

use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;
use tracing::Span;

use super::model::{Cost, Password, StoredHash};
use super::{bcrypt, foreign};
use crate::error::ApiError;

/// How many hashes may wait for each slot. At a quarter of a second each, the last in the queue waits four seconds;
/// whoever comes later is told at once to try again.
const QUEUE_PER_SLOT: usize = 16;

type Job = Box<dyn FnOnce() + Send>;

/// Threads of their own that do nothing but hash.
pub struct HashPool {
    queue: SyncSender<Job>,
    cost: Cost,
}

impl HashPool {
    /// A pool of `slots` threads that makes hashes of `cost`. The threads end when the pool is dropped.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn new(slots: NonZeroUsize, cost: Cost) -> std::io::Result<Self> {
        let (queue, jobs) = sync_channel::<Job>(slots.get() * QUEUE_PER_SLOT);
        let jobs = Arc::new(Mutex::new(jobs));
        for slot in 0..slots.get() {
            let jobs = Arc::clone(&jobs);
            std::thread::Builder::new().name(format!("hash-{slot}")).spawn(move || work(&jobs))?;
        }
        Ok(Self { queue, cost })
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// [`ApiError::HashingBusy`] when the queue is full.
    pub async fn hash(&self, password: Password) -> Result<StoredHash, ApiError> {
        let cost = self.cost;
        self.run(move || {
            let made = bcrypt::hash(&password, cost);
            let scheme = made.as_ref().map_or("none", |made| made.scheme.as_str());
            tracing::debug!(scheme, cost = cost.get(), operation = "hash", "bcrypt");
            made
        })
        .await?
        .map_err(|error| ApiError::Internal(format!("bcrypt: {error}")))
    }

    /// Whether `password` made `stored`; with no stored hash, the same work for the answer no. Gives the password
    /// back, for a hash that has to be made anew.
    ///
    /// # Errors
    /// [`ApiError::HashingBusy`] when the queue is full.
    pub async fn verify(&self, password: Password, stored: Option<StoredHash>) -> Result<Verdict, ApiError> {
        let cost = self.cost;
        self.run(move || {
            let known = stored.is_some();
            let stored = stored.unwrap_or_else(|| bcrypt::nobody(cost));
            // The work is that of the hash at hand, which need not be today's.
            let (scheme, algorithm) = (stored.scheme.as_str(), stored.scheme.algorithm());
            tracing::debug!(scheme, cost = bcrypt::cost_of(&stored), operation = "verify", "{algorithm}");
            let matches = matches(&password, &stored)?;
            Ok(match (known && matches, is_outdated(&stored, cost)) {
                (false, _) => Verdict::Wrong,
                (true, false) => Verdict::Right,
                (true, true) => Verdict::Outdated { password, stored },
            })
        })
        .await?
        .map_err(|error: String| ApiError::Internal(format!("stored password hash: {error}")))
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
        let (answer, result) = oneshot::channel();
        let span = Span::current();
        let job = Box::new(move || {
            // Nobody waits any more: the client went away while this stood in the queue.
            if !answer.is_closed() {
                let _ = answer.send(span.in_scope(work));
            }
        });
        match self.queue.try_send(job) {
            Ok(()) => result.await.map_err(|_| ApiError::Internal("a hash was lost".to_owned())),
            Err(TrySendError::Full(_)) => Err(ApiError::HashingBusy),
            Err(TrySendError::Disconnected(_)) => Err(ApiError::Internal("no hashing threads".to_owned())),
        }
    }
}

/// What came of comparing a password with its hash.
pub enum Verdict {
    /// Not this password, or no such account.
    Wrong,
    /// This password.
    Right,
    /// This password, and its hash should be made anew with today's cost.
    Outdated {
        /// What to hash.
        password: Password,
        /// What to replace.
        stored: StoredHash,
    },
}

/// Whether `password` made `stored`, by the rule of its scheme.
fn matches(password: &Password, stored: &StoredHash) -> Result<bool, String> {
    if stored.scheme.is_foreign() {
        foreign::verify(password, stored)
            .ok_or_else(|| format!("not of the scheme {}", stored.scheme.as_str()))
    } else {
        bcrypt::verify(password, stored).map_err(|error| error.to_string())
    }
}

/// What others made is made anew at the first chance; ours, when the cost has changed.
fn is_outdated(stored: &StoredHash, cost: Cost) -> bool {
    stored.scheme.is_foreign() || bcrypt::is_outdated(stored, cost)
}

fn work(jobs: &Mutex<Receiver<Job>>) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        // A job that panics loses its answer, not the thread.
        let _ = std::panic::catch_unwind(AssertUnwindSafe(job));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::super::model::PasswordRules;
    use super::*;
    use crate::passwords::Scheme;

    fn pool(slots: usize) -> HashPool {
        HashPool::new(slots.try_into().unwrap(), "4".parse().unwrap()).unwrap()
    }

    fn password(text: &str) -> Password {
        let rules = PasswordRules { min_length: 8, max_length: 128 };
        Password::claimed(text, rules).ok().unwrap()
    }

    #[tokio::test]
    async fn fr_008_a_password_is_checked_against_its_hash() {
        let pool = pool(1);
        let stored = pool.hash(password("correct horse")).await.unwrap();
        let again = StoredHash { hash: stored.hash.clone(), scheme: stored.scheme };
        assert!(matches!(
            pool.verify(password("correct horse"), Some(stored)).await.unwrap(),
            Verdict::Right
        ));
        assert!(matches!(pool.verify(password("wrong"), Some(again)).await.unwrap(), Verdict::Wrong));
        assert!(matches!(pool.verify(password("any"), None).await.unwrap(), Verdict::Wrong));
    }

    #[tokio::test]
    async fn a_foreign_hash_is_outdated_whatever_it_costs() {
        let pool = pool(1);
        let stored = || {
            let made = pool_hash("correct horse");
            Some(StoredHash { hash: made, scheme: Scheme::ForeignBcrypt })
        };
        let verdict = pool.verify(password("correct horse"), stored()).await.unwrap();
        assert!(
            matches!(verdict, Verdict::Outdated { stored, .. } if stored.scheme == Scheme::ForeignBcrypt)
        );
        assert!(matches!(pool.verify(password("wrong"), stored()).await.unwrap(), Verdict::Wrong));
        let broken = StoredHash { hash: "changed".to_owned(), scheme: Scheme::Argon2 };
        assert!(matches!(pool.verify(password("any"), Some(broken)).await, Err(ApiError::Internal(_))));
    }

    fn pool_hash(text: &str) -> String {
        ::bcrypt::hash_with_result(text, 4).unwrap().format_for_version(::bcrypt::Version::TwoB)
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once_and_recovers() {
        let pool = pool(1);
        let barrier = Arc::new(Barrier::new(2));
        let blocker = Arc::clone(&barrier);
        // The first job holds the only slot; the queue behind it fills up.
        let mut waiting = vec![Box::pin(pool.run(move || {
            blocker.wait();
        })) as std::pin::Pin<Box<dyn Future<Output = _>>>];
        futures_util::future::poll_immediate(&mut waiting[0]).await;
        let refused = loop {
            let mut next: std::pin::Pin<Box<dyn Future<Output = _>>> = Box::pin(pool.run(|| ()));
            match futures_util::future::poll_immediate(&mut next).await {
                None => waiting.push(next),
                Some(outcome) => break outcome,
            }
            assert!(waiting.len() <= QUEUE_PER_SLOT + 2, "the queue has no end");
        };
        assert!(matches!(refused, Err(ApiError::HashingBusy)));
        barrier.wait();
        for job in waiting {
            job.await.unwrap();
        }
        assert!(pool.run(|| ()).await.is_ok());
    }

    #[tokio::test]
    async fn a_panic_costs_one_answer_and_no_thread() {
        let pool = pool(1);
        assert!(matches!(pool.run(|| panic!("a bug")).await, Err::<(), _>(ApiError::Internal(_))));
        assert!(pool.run(|| ()).await.is_ok());
    }
}
