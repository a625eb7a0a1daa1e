//! Finding users by what an operator knows of them.

use jiff::{SignedDuration, Timestamp};

use super::error::AdministrationError;
use super::service::Administration;
use super::user_ref::UserRef;
use crate::passwords;
use crate::sessions::{self, Session};
use crate::users::{self, User, UserFilter, UserWithBan};

/// What there is to know about a user.
pub struct UserDetails {
    /// The user and the ban.
    pub user: UserWithBan,
    /// When the password was set; `None` if the user has none.
    pub password_set_at: Option<Timestamp>,
    /// The live sessions, oldest first.
    pub sessions: Vec<Session>,
}

impl Administration {
    /// Finds a user.
    ///
    /// # Errors
    /// [`AdministrationError::NoSuchUser`] if there is none.
    pub async fn find(&self, user: &UserRef) -> Result<UserWithBan, AdministrationError> {
        let found = match user {
            UserRef::Id(id) => users::find_with_ban(&self.pool, id).await?,
            UserRef::Email(email) => users::find_by_email_with_ban(&self.pool, email).await?,
            UserRef::Username(username) => users::find_by_username_with_ban(&self.pool, username).await?,
            UserRef::Invalid(_) => None,
        };
        found.ok_or_else(|| AdministrationError::NoSuchUser(user.clone()))
    }

    /// Some users, by email. Returns up to `limit` of them, and whether there are more.
    ///
    /// # Errors
    /// If a query fails.
    pub async fn list(
        &self,
        filter: &UserFilter,
        limit: u16,
    ) -> Result<(Vec<UserWithBan>, bool), AdministrationError> {
        let more = i64::from(limit).saturating_add(1);
        let mut found = users::list_with_bans(&self.pool, filter, more, self.clock.now()).await?;
        let has_more = found.len() > usize::from(limit);
        found.truncate(usize::from(limit));
        Ok((found, has_more))
    }

    /// Finds a user with what belongs to the account. `max_lifetime` is that of sessions.
    ///
    /// # Errors
    /// [`AdministrationError::NoSuchUser`] if there is none.
    pub async fn details(
        &self,
        user: &UserRef,
        max_lifetime: Option<SignedDuration>,
    ) -> Result<UserDetails, AdministrationError> {
        let user = self.find(user).await?;
        let (id, now) = (&user.user.id, self.clock.now());
        let oldest = max_lifetime.map(|lifetime| now.checked_sub(lifetime).unwrap_or(Timestamp::MIN));
        let password_set_at = passwords::set_at(&self.pool, id).await?;
        let sessions = sessions::list(&self.pool, id, oldest, now).await?;
        Ok(UserDetails { user, password_set_at, sessions })
    }
}

/// The error for a user who was deleted after being found.
pub(super) fn gone(user: &User) -> AdministrationError {
    AdministrationError::NoSuchUser(UserRef::Id(user.id.clone()))
}
