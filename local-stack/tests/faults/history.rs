//! What clients did and what they were answered: the history of a run.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

/// A time of the run, since its beginning. All clients share one monotonic clock.
pub type Moment = Duration;

/// One request of a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Operation<A> {
    /// What it asked for, with what the response said.
    pub action: A,
    /// When it was sent.
    pub began: Moment,
    /// When its response had arrived. `None` if its outcome is unknown: the connection broke, or the response was a 503. It
    /// may have happened at any moment since it began, or not.
    pub ended: Option<Moment>,
}

/// A state of a task: every change sets all of its fields to values that belong together.
pub type Version = u32;

/// An operation on a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum TaskAction {
    /// It was created.
    Create(Version),
    /// All of its fields were changed.
    Change(Version),
    /// It was deleted.
    Delete,
    /// It was read, alone or in a list, in this state; `None` if it was not there.
    Read(Option<Version>),
}

/// An operation on a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum SessionAction {
    /// A sign-up or sign-in created it.
    Start,
    /// It was ended: by a sign-out, a revocation, or a new password.
    End,
    /// It was used, and accepted.
    Accepted,
    /// It was used, and refused.
    Refused,
}

/// An operation on the link of a mail, which works once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum LinkAction {
    /// It worked.
    Used,
    /// It was refused.
    Refused,
}

/// An operation on the password of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum PasswordAction {
    /// A sign-up or a reset set it. Passwords of an account are numbered.
    Set(u32),
    /// A sign-in with it succeeded.
    Accepted(u32),
    /// A sign-in with it was refused.
    Refused(u32),
}

/// The number of an account.
pub type Account = usize;
/// A session: its account and its number there.
pub type Session = (Account, usize);

/// An access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Token {
    /// The session that it was issued for.
    pub session: Session,
    /// When it was received.
    pub received: Moment,
    /// Its `exp`.
    pub expires: Moment,
}

/// A request to task-service with an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TokenUse {
    /// The token.
    pub token: Token,
    /// When it was sent.
    pub began: Moment,
    /// When the response had arrived.
    pub ended: Moment,
    /// Whether it was accepted. Otherwise the response was a 401.
    pub accepted: bool,
}

/// A key that signs access tokens, by the order in which clients saw them.
pub type Key = usize;

/// When the tokens of a key were issued, as far as clients received them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Signing {
    /// The first.
    pub first: Moment,
    /// The last.
    pub last: Moment,
}

/// Something in a response that belongs to another account, or is not whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sighting {
    /// Who got the response.
    pub account: Account,
    /// What was wrong with it.
    pub what: Wrong,
    /// When it had arrived.
    pub at: Moment,
    /// What it contained.
    pub contents: String,
}

/// What a single response shows to be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Wrong {
    /// It contained data of another account.
    Foreign,
    /// It contained a task whose fields do not belong together.
    Torn,
    /// It contained a task twice.
    Twice,
}

/// All that was recorded in a run.
#[derive(Debug, Clone, Default, Serialize)]
pub struct History {
    /// By account and title. A title is used once.
    #[serde(skip)]
    pub tasks: BTreeMap<(Account, String), Vec<Operation<TaskAction>>>,
    #[serde(skip)]
    pub sessions: BTreeMap<Session, Vec<Operation<SessionAction>>>,
    /// By account and number.
    #[serde(skip)]
    pub links: BTreeMap<(Account, usize), Vec<Operation<LinkAction>>>,
    #[serde(skip)]
    pub passwords: BTreeMap<Account, Vec<Operation<PasswordAction>>>,
    pub tokens: Vec<TokenUse>,
    pub signings: BTreeMap<Key, Signing>,
    pub sightings: Vec<Sighting>,
    /// Whatever ended all sessions of an account: the reset of its password.
    #[serde(skip)]
    pub resets: Vec<(Account, Operation<()>)>,
    /// When the clock of a process was wrong: from its jump until it was right again.
    pub wrong_clocks: Vec<(Moment, Moment)>,
    /// When auth-service could not be asked for its status lists.
    pub issuer_away: Vec<(Moment, Moment)>,
}
