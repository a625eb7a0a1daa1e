//! Finding and listing users with their bans, for operators.

use jiff::Timestamp;
use service_kit::database::{Executor, Parameter};
use service_kit::store::{Row, StoreError};
use shared_claims::UserId;

use super::bans::{Ban, ban_from_row, is_banned};
use super::model::User;
use super::store::from_row;
use super::username::Username;
use crate::protocol::email_address::Email;

/// Users with their bans.
macro_rules! users_with_bans {
    ($($which:expr),+) => {
        concat!(
            "
    SELECT id AS user_id, name, email, email_verified, image, created_at AS user_created_at,
           updated_at AS user_updated_at, credential_epoch, two_factor, fields, username, display_username, banned_at,
           banned_until, ban_reason
    FROM users ",
            $($which),+
        )
    };
}
const FIND: &str = users_with_bans!("WHERE id = $1");
const FIND_BY_EMAIL: &str = users_with_bans!("WHERE email = $1");
const FIND_BY_USERNAME: &str = users_with_bans!("WHERE username = $1");
/// By email, which has an index. A search reads all users after `$1`.
const LIST: &str = users_with_bans!(
    "
    WHERE ($1::text IS NULL OR email > $1)
      AND ($2::text IS NULL OR strpos(email, lower($2)) > 0 OR strpos(lower(name), lower($2)) > 0)
      AND (NOT $3::boolean OR ",
    is_banned!("", "$4"),
    ")
    ORDER BY email LIMIT $5"
);

/// A user, and the ban if there is one. It may have ended.
#[derive(Debug, Clone)]
pub struct UserWithBan {
    /// The user.
    pub user: User,
    /// The last ban, unless it was removed.
    pub ban: Option<Ban>,
}

/// Which users an operator wants to see. The default is all.
#[derive(Debug, Default, Clone)]
pub struct UserFilter {
    /// Only those with this text in the email or the name, in upper or lower case.
    pub search: Option<String>,
    /// Only those whose ban holds.
    pub banned: bool,
    /// Only those whose email comes after this one.
    pub after: Option<Email>,
}

/// Finds a user by id.
pub(crate) async fn find_with_ban(
    client: &impl Executor,
    id: &UserId,
) -> Result<Option<UserWithBan>, StoreError> {
    client.query_opt(FIND, &[&id.as_str()]).await?.as_ref().map(read).transpose()
}

/// Finds a user by email.
pub(crate) async fn find_by_email_with_ban(
    client: &impl Executor,
    email: &Email,
) -> Result<Option<UserWithBan>, StoreError> {
    client.query_opt(FIND_BY_EMAIL, &[&email.as_str()]).await?.as_ref().map(read).transpose()
}

/// Finds a user by username.
pub(crate) async fn find_by_username_with_ban(
    client: &impl Executor,
    username: &Username,
) -> Result<Option<UserWithBan>, StoreError> {
    client.query_opt(FIND_BY_USERNAME, &[&username.as_str()]).await?.as_ref().map(read).transpose()
}

/// Some users, by email.
pub(crate) async fn list_with_bans(
    client: &impl Executor,
    filter: &UserFilter,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<UserWithBan>, StoreError> {
    let after = filter.after.as_ref().map(Email::as_str);
    let parameters: [&dyn Parameter; 5] = [&after, &filter.search, &filter.banned, &now, &limit];
    client.query(LIST, &parameters).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<UserWithBan, StoreError> {
    Ok(UserWithBan { user: from_row(row)?, ban: ban_from_row(row)? })
}
