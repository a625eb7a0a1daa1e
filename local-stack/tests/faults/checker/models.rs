//! What may follow what: tasks, sessions, links and passwords.

use super::search::Model;
use crate::history::{LinkAction, PasswordAction, SessionAction, TaskAction, Version};

/// What an operation shows that no order explains, in the words of the report.
pub trait Explained: Model {
    /// Names the anomaly: `action` would have to take effect in `state`.
    fn anomaly(state: &Self::State, action: &Self::Action) -> &'static str;
}

/// A task is created once, changed as a whole, and never comes back.
pub struct Task;

/// The state of a task.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum TaskState {
    /// It was not created yet.
    #[default]
    New,
    /// It is there.
    Present(Version),
    /// It was deleted.
    Deleted,
}

impl Model for Task {
    type State = TaskState;
    type Action = TaskAction;

    fn step(state: &TaskState, action: &TaskAction) -> Option<TaskState> {
        use TaskState::{Deleted, New, Present};
        match (state, *action) {
            (New, TaskAction::Create(version)) | (Present(_), TaskAction::Change(version)) => {
                Some(Present(version))
            }
            (Present(_), TaskAction::Delete) => Some(Deleted),
            (Present(is), TaskAction::Read(Some(read))) if *is == read => Some(*state),
            (New | Deleted, TaskAction::Read(None)) => Some(*state),
            _ => None,
        }
    }
}

impl Explained for Task {
    fn anomaly(state: &TaskState, action: &TaskAction) -> &'static str {
        match (state, action) {
            (TaskState::Present(_), TaskAction::Read(None)) => "a task that was acknowledged is lost",
            (TaskState::Present(_), TaskAction::Read(Some(_))) => "a change that was acknowledged is lost",
            (TaskState::Deleted, TaskAction::Read(Some(_))) => "a deleted task came back",
            (_, TaskAction::Create(_)) => "a task was created twice",
            (TaskState::Deleted, TaskAction::Delete) => "a task was deleted twice",
            _ => "a task that nobody created",
        }
    }
}

/// A session is accepted from its start to its end, and never again.
pub struct Session;

/// The state of a session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum SessionState {
    /// It was not created yet.
    #[default]
    New,
    /// It is accepted.
    Live,
    /// It was ended.
    Ended,
}

impl Model for Session {
    type State = SessionState;
    type Action = SessionAction;

    fn step(state: &SessionState, action: &SessionAction) -> Option<SessionState> {
        use SessionState::{Ended, Live, New};
        match (state, action) {
            (New, SessionAction::Start) | (Live, SessionAction::Accepted) => Some(Live),
            (Live | Ended, SessionAction::End) | (Ended, SessionAction::Refused) => Some(Ended),
            // What ends all sessions of an account does not end those that begin later.
            (New, SessionAction::End) => Some(New),
            _ => None,
        }
    }
}

impl Explained for Session {
    fn anomaly(state: &SessionState, action: &SessionAction) -> &'static str {
        match (state, action) {
            (SessionState::Ended, SessionAction::Accepted) => "an ended session works again",
            (_, SessionAction::Refused) => "a valid session was refused",
            (_, SessionAction::Start) => "a session was started twice",
            _ => "a session that nobody started",
        }
    }
}

/// A link works once.
pub struct Link;

impl Model for Link {
    /// Whether it has been used.
    type State = bool;
    type Action = LinkAction;

    fn step(used: &bool, action: &LinkAction) -> Option<bool> {
        match (used, action) {
            (false, LinkAction::Used) | (true, LinkAction::Refused) => Some(true),
            _ => None,
        }
    }
}

impl Explained for Link {
    fn anomaly(used: &bool, _: &LinkAction) -> &'static str {
        if *used { "a link worked twice" } else { "a link that nobody used was refused" }
    }
}

/// The password that was set last is the only one that signs in.
pub struct Password;

impl Model for Password {
    /// The number of the password. `None` before the sign-up.
    type State = Option<u32>;
    type Action = PasswordAction;

    fn step(state: &Option<u32>, action: &PasswordAction) -> Option<Option<u32>> {
        match action {
            PasswordAction::Set(number) => Some(Some(*number)),
            PasswordAction::Accepted(number) => (*state == Some(*number)).then_some(*state),
            PasswordAction::Refused(number) => (*state != Some(*number)).then_some(*state),
        }
    }
}

impl Explained for Password {
    fn anomaly(state: &Option<u32>, action: &PasswordAction) -> &'static str {
        match (state, action) {
            (_, PasswordAction::Refused(_)) => "the current password was refused",
            (None, _) => "an account that nobody created",
            _ => "a password that is not the current one was accepted",
        }
    }
}
