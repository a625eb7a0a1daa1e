//! What the hashing threads compute.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use eksblowfish::{Hash, Input};
use tracing::Span;

/// Steps of bcrypt between two looks into the queue: a few milliseconds. So long does a job wait for a thread that computes
/// one hash and has room for a second.
const STEPS_AT_A_TIME: u64 = 64;
/// The number of hashes that a thread computes at a time. Two take 1.1 times as long as one, because each fills the pauses
/// of the other. A third would find few pauses left, and delay both.
pub(super) const HASHES_AT_A_TIME: usize = 2;

/// Sends the result to the task that waits for it.
pub(super) type Answer = Box<dyn FnOnce() + Send>;
type Start = Box<dyn FnOnce() + Send>;
type Then<T> = Box<dyn FnOnce([u8; 23]) -> T + Send>;

/// Work with the result `T`.
pub(super) enum Job<T> {
    /// A bcrypt hash.
    Bcrypt { start: Start, input: Input, then: Then<T> },
    /// A hash by another function, which has a thread for itself.
    Other(Box<dyn FnOnce() -> T + Send>),
}

impl<T: 'static> Job<T> {
    /// Computes the bcrypt hash of `input`. `start` is called before, and `then` turns the hash into the result.
    pub(super) fn bcrypt(
        input: Input,
        start: impl FnOnce() + Send + 'static,
        then: impl FnOnce([u8; 23]) -> T + Send + 'static,
    ) -> Self {
        Self::Bcrypt { start: Box::new(start), input, then: Box::new(then) }
    }

    /// Calls `run`, which computes a hash by another function.
    pub(super) fn other(run: impl FnOnce() -> T + Send + 'static) -> Self {
        Self::Other(Box::new(run))
    }

    /// The same work, with a result that is sent to the task that waits for it. A panic is a result too: it must not end a
    /// thread.
    pub(super) fn answered_by(
        self,
        span: Span,
        send: impl FnOnce(std::thread::Result<T>) + Send + 'static,
    ) -> Job<Answer>
    where
        T: Send,
    {
        match self {
            Self::Bcrypt { start, input, then } => {
                let start = {
                    let span = span.clone();
                    move || drop(span.in_scope(|| catch_unwind(AssertUnwindSafe(start))))
                };
                Job::bcrypt(input, start, move |hash| answer(&span, send, || then(hash)))
            }
            Self::Other(run) => Job::other(move || answer(&span, send, run)),
        }
    }
}

fn answer<T: Send + 'static>(
    span: &Span,
    send: impl FnOnce(std::thread::Result<T>) + Send + 'static,
    run: impl FnOnce() -> T,
) -> Answer {
    let outcome = span.in_scope(|| catch_unwind(AssertUnwindSafe(run)));
    Box::new(move || send(outcome))
}

/// The result of a job that is finished, and the time that it took.
pub(super) struct Finished {
    pub answer: Answer,
    pub took: Duration,
}

/// The jobs of one thread.
#[derive(Default)]
pub(super) struct Running {
    hashes: Vec<Started>,
    finished: Vec<Finished>,
}

struct Started {
    hash: Box<Hash>,
    then: Then<Answer>,
    began: Instant,
}

impl Running {
    pub(super) fn is_idle(&self) -> bool {
        self.hashes.is_empty()
    }

    pub(super) fn has_room(&self) -> bool {
        self.hashes.len() < HASHES_AT_A_TIME
    }

    /// The jobs that finished since the last call.
    pub(super) fn take_finished(&mut self) -> Vec<Finished> {
        std::mem::take(&mut self.finished)
    }

    /// Starts a job. One that is not a bcrypt hash is computed at once.
    pub(super) fn start(&mut self, job: Job<Answer>) {
        let began = Instant::now();
        match job {
            Job::Bcrypt { start, input, then } => {
                start();
                self.hashes.push(Started { hash: Box::new(Hash::new(&input)), then, began });
            }
            Job::Other(run) => {
                let answer = run();
                self.finished.push(Finished { answer, took: began.elapsed() });
            }
        }
    }

    /// Computes some steps of the hashes that were started.
    pub(super) fn advance(&mut self) {
        match self.hashes.as_mut_slice() {
            [one, other] => Hash::advance_two(&mut one.hash, &mut other.hash, STEPS_AT_A_TIME),
            others => others.iter_mut().for_each(|started| started.hash.advance(STEPS_AT_A_TIME)),
        }
        for started in std::mem::take(&mut self.hashes) {
            match started.hash.finished() {
                Some(hash) => {
                    let answer = (started.then)(hash);
                    self.finished.push(Finished { answer, took: started.began.elapsed() });
                }
                None => self.hashes.push(started),
            }
        }
    }
}
