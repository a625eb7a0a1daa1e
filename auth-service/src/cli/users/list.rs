//! A page of users, as text and as JSON.

use std::fmt::{self, Display, Formatter};

use jiff::Timestamp;
use serde::Serialize;

use super::super::table::Table;
use super::view::UserView;
use crate::users::UserWithBan;

/// Some users, by email.
#[derive(Serialize)]
pub(super) struct UserList<'a> {
    users: Vec<UserView<'a>>,
    /// What `--after` takes for the next page; `None` on the last one.
    next_after: Option<&'a str>,
}

impl<'a> UserList<'a> {
    pub(super) fn new(users: &'a [UserWithBan], has_more: bool, now: Timestamp) -> Self {
        let last = users.last().map(|last| last.user.email.as_str());
        let users = users.iter().map(|user| UserView::new(user, now)).collect();
        Self { users, next_after: last.filter(|_| has_more) }
    }
}

impl Display for UserList<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.users.is_empty() {
            return writeln!(f, "No users.");
        }
        let mut table = Table::new(["ID", "EMAIL", "VERIFIED", "CREATED", "BANNED", "NAME"]);
        for user in &self.users {
            table.add([
                user.id.to_owned(),
                user.email.to_owned(),
                if user.email_verified { "yes" } else { "no" }.to_owned(),
                format!("{:.0}", user.created_at),
                user.ban_text(),
                // The user chose it: quotes and escapes keep it in its line.
                format!("{:?}", user.name),
            ]);
        }
        write!(f, "{table}")?;
        match self.next_after {
            Some(email) => writeln!(f, "There are more: --after {email}"),
            None => Ok(()),
        }
    }
}
