//! A user, as operators see one.

use std::fmt::{self, Display, Formatter};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::administration::UserDetails;
use crate::users::{Ban, UserWithBan, Username};

/// A user. As JSON, the fields are documented and stable.
#[derive(Serialize)]
pub(super) struct UserView<'a> {
    pub id: &'a str,
    pub email: &'a str,
    pub email_verified: bool,
    pub name: &'a str,
    /// Whether a sign-in asks for a second factor.
    two_factor: bool,
    image: Option<&'a str>,
    pub username: Option<&'a str>,
    display_username: Option<&'a str>,
    pub created_at: Timestamp,
    updated_at: Timestamp,
    /// The additional fields that were set.
    fields: &'a Map<String, Value>,
    /// Whether a ban holds now.
    pub banned: bool,
    /// The last ban, unless it was removed.
    pub ban: Option<BanView<'a>>,
    #[serde(flatten)]
    details: Option<Details>,
}

#[derive(Serialize)]
pub(super) struct BanView<'a> {
    since: Timestamp,
    pub until: Option<Timestamp>,
    reason: Option<&'a str>,
}

/// What `show` adds.
#[derive(Serialize)]
struct Details {
    /// When the password was set; `None` if the user has none.
    password_set_at: Option<Timestamp>,
    live_sessions: usize,
}

impl<'a> UserView<'a> {
    pub(super) fn new(UserWithBan { user, ban }: &'a UserWithBan, now: Timestamp) -> Self {
        let view =
            |ban: &'a Ban| BanView { since: ban.since, until: ban.until, reason: ban.reason.as_deref() };
        Self {
            id: user.id.as_str(),
            email: user.email.as_str(),
            email_verified: user.email_verified,
            name: &user.name,
            two_factor: user.two_factor,
            image: user.image.as_deref(),
            username: user.username.as_ref().map(Username::as_str),
            display_username: user.display_username.as_deref(),
            created_at: user.created_at,
            updated_at: user.updated_at,
            fields: &user.fields,
            banned: ban.as_ref().is_some_and(|ban| ban.holds(now)),
            ban: ban.as_ref().map(view),
            details: None,
        }
    }

    pub(super) fn detailed(details: &'a UserDetails, now: Timestamp) -> Self {
        let live_sessions = details.sessions.len();
        let added = Details { password_set_at: details.password_set_at, live_sessions };
        Self { details: Some(added), ..Self::new(&details.user, now) }
    }

    /// Whether a ban holds, and until when.
    pub(super) fn ban_text(&self) -> String {
        match &self.ban {
            Some(ban) if self.banned => {
                ban.until.map_or_else(|| "forever".to_owned(), |until| format!("until {until:.0}"))
            }
            Some(_) | None => "-".to_owned(),
        }
    }
}

/// One line for each fact. Users choose their names and pictures: quotes and escapes keep them in their line.
impl Display for UserView<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let verified = if self.email_verified { "verified" } else { "not verified" };
        writeln!(f, "id          {}", self.id)?;
        writeln!(f, "email       {} ({verified})", self.email)?;
        writeln!(f, "name        {:?}", self.name)?;
        if let Some(username) = self.username {
            writeln!(f, "username    {username}")?;
        }
        if let Some(display) = self.display_username {
            writeln!(f, "shown as    {display:?}")?;
        }
        if let Some(image) = self.image {
            writeln!(f, "image       {image:?}")?;
        }
        writeln!(f, "created     {:.0}", self.created_at)?;
        writeln!(f, "changed     {:.0}", self.updated_at)?;
        for (name, value) in self.fields {
            // As JSON, so that escapes keep it in its line.
            writeln!(f, "{name:<11} {value}")?;
        }
        if let Some(details) = &self.details {
            match details.password_set_at {
                Some(at) => writeln!(f, "password    set {at:.0}")?,
                None => writeln!(f, "password    none")?,
            }
            writeln!(f, "two-factor  {}", if self.two_factor { "on" } else { "off" })?;
            writeln!(f, "sessions    {}", details.live_sessions)?;
        }
        let Some(ban) = &self.ban else { return writeln!(f, "banned      no") };
        let end = match ban.until {
            Some(until) if self.banned => format!("until {until:.0}"),
            Some(until) => format!("not any more: it ended {until:.0}"),
            None => "forever".to_owned(),
        };
        writeln!(f, "banned      {end}")?;
        writeln!(f, "ban since   {:.0}", ban.since)?;
        ban.reason.map_or(Ok(()), |reason| writeln!(f, "ban reason  {reason}"))
    }
}
