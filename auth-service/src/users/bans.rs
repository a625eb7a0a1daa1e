//! Bans, which keep users from signing in. They are columns of `users`.

use jiff::Timestamp;
use service_kit::database::{Executor, Parameter, Transaction};
use service_kit::store::{Row, StoreError, column};
use shared_claims::UserId;

/// Maximum length of the reason of a ban in characters: a few sentences, which a terminal can show.
pub const MAX_BAN_REASON: usize = 500;

/// Whether a ban holds for a row of `users` at a time. `$alias` is empty, or the alias of the table and a dot. All
/// statements that start or find a session have this condition.
macro_rules! is_banned {
    ($alias:literal, $now:literal) => {
        concat!(
            "(",
            $alias,
            "banned_at IS NOT NULL AND (",
            $alias,
            "banned_until IS NULL OR ",
            $alias,
            "banned_until > ",
            $now,
            "))"
        )
    };
}
pub(crate) use is_banned;

/// Locks the account, so that a session that starts at the same time is either seen and ended, or sees the ban. To avoid
/// deadlocks, do this before ending sessions.
const BAN: &str = "UPDATE users SET banned_at = $2, banned_until = $3, ban_reason = $4 WHERE id = $1";
/// Bans of accounts that the same transaction creates, so no session of theirs exists.
const BAN_ALL: &str = "
    UPDATE users SET banned_at = new.banned_at, banned_until = new.banned_until, ban_reason = new.reason
    FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::text[])
         AS new (id, banned_at, banned_until, reason)
    WHERE users.id = new.id";
const UNBAN: &str = "
    UPDATE users SET banned_at = NULL, banned_until = NULL, ban_reason = NULL
    WHERE id = $1 AND banned_at IS NOT NULL";

/// A ban of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ban {
    /// When the user was banned.
    pub since: Timestamp,
    /// When the ban ends; `None` if it does not.
    pub until: Option<Timestamp>,
    /// Why, for the operator.
    pub reason: Option<String>,
}

impl Ban {
    /// Whether the ban holds at the time `now`.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| until > now)
    }
}

/// Bans a user, in place of an earlier ban. False if there is no such user. The account stays locked until the
/// transaction ends. End its sessions in the same transaction.
pub(crate) async fn ban(transaction: &Transaction, id: &UserId, ban: &Ban) -> Result<bool, StoreError> {
    let parameters: [&dyn Parameter; 4] = [&id.as_str(), &ban.since, &ban.until, &ban.reason];
    Ok(transaction.execute(BAN, &parameters).await? == 1)
}

/// Bans accounts that this transaction has created, in one statement.
pub(crate) async fn ban_new(transaction: &Transaction, bans: &[(&UserId, &Ban)]) -> Result<(), StoreError> {
    let ids: Vec<&str> = bans.iter().map(|(id, _)| id.as_str()).collect();
    let since: Vec<Timestamp> = bans.iter().map(|(_, ban)| ban.since).collect();
    let until: Vec<Option<Timestamp>> = bans.iter().map(|(_, ban)| ban.until).collect();
    let reasons: Vec<Option<&str>> = bans.iter().map(|(_, ban)| ban.reason.as_deref()).collect();
    transaction.execute(BAN_ALL, &[&ids, &since, &until, &reasons]).await?;
    Ok(())
}

/// Removes the ban of a user. False if there is none.
pub(crate) async fn unban(transaction: &Transaction, id: &UserId) -> Result<bool, StoreError> {
    Ok(transaction.execute(UNBAN, &[&id.as_str()]).await? == 1)
}

/// Reads a ban from a row with the columns `banned_at`, `banned_until` and `ban_reason`.
pub(crate) fn ban_from_row(row: &Row) -> Result<Option<Ban>, StoreError> {
    let Some(since) = column(row, "users", "banned_at")? else { return Ok(None) };
    Ok(Some(Ban {
        since,
        until: column(row, "users", "banned_until")?,
        reason: column(row, "users", "ban_reason")?,
    }))
}
