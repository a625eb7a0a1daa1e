//! Records what clients do, on one clock.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::history::{
    Account, History, LinkAction, Moment, Operation, PasswordAction, Session, SessionAction, Sighting,
    Signing, TaskAction, Token, TokenUse, Wrong,
};

/// The response to a request: its status, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reply {
    /// This status.
    Status(u16),
    /// The connection broke, or nothing arrived in time.
    None,
}

impl Reply {
    /// Whether it tells what happened. A 408, 502, 503 or 504 does not: an operation may have taken effect before its service,
    /// its database or the way back failed.
    pub fn is_known(self) -> bool {
        matches!(self, Self::Status(status) if status < 500 && status != 408)
    }
}

/// The time of a request.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// When it was sent.
    pub began: Moment,
    /// When its response had arrived, or when the client gave up.
    pub ended: Moment,
    /// Whether its outcome is known.
    pub is_known: bool,
}

impl Span {
    fn of<A>(self, action: A) -> Operation<A> {
        Operation { action, began: self.began, ended: self.is_known.then_some(self.ended) }
    }
}

/// How often each response was received, by request.
pub type Counts = BTreeMap<(&'static str, Reply), u64>;

/// The history that all clients write.
pub struct Recorder {
    begun: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    history: History,
    counts: Counts,
    /// The ids of keys, in the order in which clients saw them.
    kids: Vec<String>,
    /// The first failure of each kind of request since it had a known outcome.
    failing_since: BTreeMap<&'static str, Moment>,
    longest_outage: Moment,
    /// When requests with an unknown outcome were sent, and when clients gave up.
    failures: Vec<(Moment, Moment)>,
}

impl Recorder {
    /// Begins a history now.
    pub fn new() -> Self {
        Self { begun: Instant::now(), state: Mutex::default() }
    }

    /// The time of the run.
    pub fn now(&self) -> Moment {
        self.begun.elapsed()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a response.
    pub fn count(&self, request: &'static str, span: Span, reply: Reply) {
        let now = span.ended;
        let mut state = self.state();
        *state.counts.entry((request, reply)).or_default() += 1;
        if reply.is_known() {
            let since = state.failing_since.remove(request).unwrap_or(now);
            state.longest_outage = state.longest_outage.max(now.saturating_sub(since));
        } else {
            state.failing_since.entry(request).or_insert(now);
            state.failures.push((span.began, now));
        }
    }

    /// An operation on a task.
    pub fn task(&self, account: Account, title: &str, span: Span, action: TaskAction) {
        self.state().history.tasks.entry((account, title.to_owned())).or_default().push(span.of(action));
    }

    /// An operation on a session.
    pub fn session(&self, session: Session, span: Span, action: SessionAction) {
        self.state().history.sessions.entry(session).or_default().push(span.of(action));
    }

    /// An operation on a link.
    pub fn link(&self, link: (Account, usize), span: Span, action: LinkAction) {
        self.state().history.links.entry(link).or_default().push(span.of(action));
    }

    /// An operation on a password.
    pub fn password(&self, account: Account, span: Span, action: PasswordAction) {
        self.state().history.passwords.entry(account).or_default().push(span.of(action));
    }

    /// A reset of a password, which ends all sessions.
    pub fn reset(&self, account: Account, span: Span) {
        self.state().history.resets.push((account, span.of(())));
    }

    /// A use of an access token whose outcome is known.
    pub fn token(&self, token: Token, span: Span, accepted: bool) {
        if span.is_known {
            let Span { began, ended, .. } = span;
            self.state().history.tokens.push(TokenUse { token, began, ended, accepted });
        }
    }

    /// The key of this id signed a token that was issued at this moment.
    pub fn signed(&self, kid: &str, issued: Moment) {
        let mut state = self.state();
        let known = state.kids.iter().position(|known| known == kid);
        let key = known.unwrap_or_else(|| {
            state.kids.push(kid.to_owned());
            state.kids.len() - 1
        });
        let signing = state.history.signings.entry(key).or_insert(Signing { first: issued, last: issued });
        signing.first = signing.first.min(issued);
        signing.last = signing.last.max(issued);
    }

    /// A response that is wrong by itself.
    pub fn sighting(&self, account: Account, what: Wrong, contents: String) {
        let at = self.now();
        self.state().history.sightings.push(Sighting { account, what, at, contents });
    }

    /// A process had a wrong clock from then until now.
    pub fn wrong_clock(&self, since: Moment) {
        let now = self.now();
        self.state().history.wrong_clocks.push((since, now));
    }

    /// auth-service could not be asked for status lists from then until now.
    pub fn issuer_away(&self, since: Moment) {
        let now = self.now();
        self.state().history.issuer_away.push((since, now));
    }

    /// Ends the recording of a run in which everything was repaired at this moment.
    pub fn finish(self, repaired: Moment) -> Recorded {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let later = state.failures.iter().filter(|(began, _)| *began >= repaired).map(|(_, ended)| *ended);
        Recorded {
            history: state.history,
            counts: state.counts,
            longest_outage: state.longest_outage,
            recovery: later.max().unwrap_or(repaired).saturating_sub(repaired),
        }
    }
}

/// What was recorded.
pub struct Recorded {
    pub history: History,
    pub counts: Counts,
    /// The longest time from a failure of one kind of request to its next known outcome.
    pub longest_outage: Moment,
    /// From the last repair to the last response that left its outcome open, to a request that was sent after the repair.
    pub recovery: Moment,
}
