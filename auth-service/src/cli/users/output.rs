//! What the commands print.

use std::fmt::{self, Display, Formatter};

use jiff::Timestamp;
use serde::Serialize;
use shared_claims::UserId;

use super::super::output::to_json;
use super::super::table::Table;
use super::error::UsersError;
use crate::sessions::Session;
use crate::users::User;

/// What was done to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Action {
    Created,
    FieldsSet,
    PasswordSet,
    Banned,
    Unbanned,
    SessionsEnded,
    SecondFactorRemoved,
    Deleted,
}

/// The outcome of a command that changes a user. As JSON, its fields are documented and stable.
#[derive(Serialize)]
pub(super) struct Outcome {
    pub id: UserId,
    pub email: String,
    pub action: Action,
    /// False if there was nothing to do.
    pub changed: bool,
    pub sessions_ended: u64,
    /// When the ban ends.
    pub banned_until: Option<Timestamp>,
}

impl Outcome {
    pub(super) fn new(user: User, action: Action, sessions_ended: u64) -> Self {
        let email = user.email.as_str().to_owned();
        Self { id: user.id, email, action, changed: true, sessions_ended, banned_until: None }
    }
}

impl Display for Outcome {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.email, self.id)?;
        match self.action {
            Action::Created => write!(f, " is created.")?,
            Action::FieldsSet => write!(f, " is changed.")?,
            Action::PasswordSet => write!(f, " has a new password.")?,
            Action::Banned => match self.banned_until {
                Some(until) => write!(f, " is banned until {until:.0}.")?,
                None => write!(f, " is banned.")?,
            },
            Action::Unbanned if self.changed => write!(f, " is no longer banned.")?,
            Action::Unbanned => write!(f, " was not banned.")?,
            Action::SessionsEnded => write!(f, " is signed out.")?,
            Action::SecondFactorRemoved if self.changed => write!(f, " has no second factor any more.")?,
            Action::SecondFactorRemoved => write!(f, " had no second factor.")?,
            Action::Deleted => write!(f, " is deleted.")?,
        }
        match self.sessions_ended {
            _ if matches!(self.action, Action::Created | Action::FieldsSet | Action::Unbanned) => writeln!(f),
            1 => writeln!(f, " 1 session ended."),
            ended => writeln!(f, " {ended} sessions ended."),
        }
    }
}

/// A live session, for operators. The id authenticates nobody.
#[derive(Serialize)]
struct SessionView<'a> {
    id: String,
    created_at: Timestamp,
    extended_at: Timestamp,
    expires_at: Timestamp,
    ip_address: Option<&'a str>,
    user_agent: Option<&'a str>,
}

/// Formats sessions as text or JSON.
pub(super) fn sessions(sessions: &[Session], json: bool) -> Result<String, UsersError> {
    let views: Vec<SessionView<'_>> = sessions.iter().map(SessionView::of).collect();
    if json {
        return Ok(to_json(&serde_json::json!({ "sessions": views }))?);
    }
    if views.is_empty() {
        return Ok("No live sessions.\n".to_owned());
    }
    let mut table = Table::new(["SESSION", "STARTED", "EXPIRES", "CLIENT", "USER AGENT"]);
    for view in views {
        table.add([
            view.id,
            format!("{:.0}", view.created_at),
            format!("{:.0}", view.expires_at),
            view.ip_address.unwrap_or("-").to_owned(),
            // The client chose it: escapes keep it in its line.
            view.user_agent.map_or_else(|| "-".to_owned(), |agent| format!("{agent:?}")),
        ]);
    }
    Ok(table.to_string())
}

impl<'a> SessionView<'a> {
    fn of(session: &'a Session) -> Self {
        let known = |text: &'a String| Some(text.as_str()).filter(|text| !text.is_empty());
        Self {
            id: session.id.as_uuid().to_string(),
            created_at: session.created_at,
            extended_at: session.updated_at,
            expires_at: session.expires_at,
            ip_address: known(&session.ip_address),
            user_agent: known(&session.user_agent),
        }
    }
}
