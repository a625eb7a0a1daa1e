//! Taking access away, and giving it back.

use jiff::Timestamp;
use service_kit::database::Transaction;

use super::error::AdministrationError;
use super::lookup::gone;
use super::service::Administration;
use crate::audit;
use crate::second_factors;
use crate::security_event::SecurityEvent;
use crate::sessions;
use crate::users::{self, Ban, User};
use crate::verifications;

/// The reason in security events for what an operator did.
pub(super) const OPERATOR: &str = "operator";

impl Administration {
    /// Bans a user, in place of an earlier ban. Ends all sessions and voids all links. Returns how many sessions ended.
    ///
    /// # Errors
    /// [`AdministrationError::NoSuchUser`] if the user was deleted.
    pub async fn ban(
        &self,
        user: &User,
        until: Option<Timestamp>,
        reason: Option<String>,
    ) -> Result<u64, AdministrationError> {
        let transaction = self.pool.begin().await?;
        let ban = Ban { since: self.clock.now(), until, reason };
        if !users::ban(&transaction, &user.id, &ban).await? {
            return Err(gone(user));
        }
        let ended = end_access(&transaction, user).await?;
        let banned = SecurityEvent::UserBanned.unattended().user(user.id.as_str());
        let revoked = SecurityEvent::SessionsRevoked.unattended().user(user.id.as_str());
        audit::commit(transaction, &[banned, revoked.reason("banned").count(ended)]).await?;
        Ok(ended)
    }

    /// Removes the ban of a user. False if there was none, or if the user was deleted.
    ///
    /// # Errors
    /// If the transaction fails.
    pub async fn unban(&self, user: &User) -> Result<bool, AdministrationError> {
        let transaction = self.pool.begin().await?;
        if !users::unban(&transaction, &user.id).await? {
            return Ok(false);
        }
        let unbanned = SecurityEvent::UserUnbanned.unattended().user(user.id.as_str());
        audit::commit(transaction, &[unbanned]).await?;
        Ok(true)
    }

    /// Ends all sessions of a user, with the links that they requested. Returns how many ended.
    ///
    /// # Errors
    /// If the transaction fails.
    pub async fn end_sessions(&self, user: &User) -> Result<u64, AdministrationError> {
        let transaction = self.pool.begin().await?;
        let ended = sessions::end_all(&transaction, &user.id, None).await?;
        let revoked = SecurityEvent::SessionsRevoked.unattended().user(user.id.as_str());
        audit::commit(transaction, &[revoked.reason(OPERATOR).count(ended)]).await?;
        Ok(ended)
    }

    /// Removes the second factor of a user who has lost it, with the backup codes and the trusted devices. Returns how many
    /// sessions ended; `None` if the user had no second factor.
    ///
    /// # Errors
    /// [`AdministrationError::NoSuchUser`] if the user was deleted.
    pub async fn remove_second_factor(&self, user: &User) -> Result<Option<u64>, AdministrationError> {
        let transaction = self.pool.begin().await?;
        if !users::lock_any_epoch(&transaction, &user.id).await? {
            return Err(gone(user));
        }
        let had_one = user.two_factor || second_factors::find_factor(&transaction, &user.id).await?.is_some();
        if !had_one {
            return Ok(None);
        }
        second_factors::delete_factors(&transaction, &user.id).await?;
        second_factors::set_enabled(&transaction, &user.id, false, false, self.clock.now()).await?;
        let ended = sessions::end_all(&transaction, &user.id, None).await?;
        let of_user = |event: SecurityEvent| event.unattended().user(user.id.as_str()).reason(OPERATOR);
        let removed = of_user(SecurityEvent::SecondFactorRemoved);
        let revoked = of_user(SecurityEvent::SessionsRevoked).count(ended);
        audit::commit(transaction, &[removed, revoked]).await?;
        Ok(Some(ended))
    }

    /// Deletes a user with the password, the sessions and the links. Returns how many sessions ended.
    ///
    /// # Errors
    /// [`AdministrationError::NoSuchUser`] if the user was deleted.
    pub async fn delete(&self, user: &User) -> Result<u64, AdministrationError> {
        let transaction = self.pool.begin().await?;
        if !users::lock_any_epoch(&transaction, &user.id).await? {
            return Err(gone(user));
        }
        let ended = sessions::end_all(&transaction, &user.id, None).await?;
        users::delete(&transaction, &user.id).await?;
        let deleted = SecurityEvent::UserDeleted.unattended().user(user.id.as_str()).reason(OPERATOR);
        audit::commit(transaction, &[deleted]).await?;
        Ok(ended)
    }
}

/// Ends all sessions and voids all links of a user whose row is locked. Returns how many sessions ended.
pub(super) async fn end_access(transaction: &Transaction, user: &User) -> Result<u64, AdministrationError> {
    let ended = sessions::end_all(transaction, &user.id, None).await?;
    verifications::void(transaction, &user.id).await?;
    Ok(ended)
}
