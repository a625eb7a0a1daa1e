//! Creating users and setting passwords.

use serde_json::{Map, Value};

use super::access::{OPERATOR, end_access};
use super::error::AdministrationError;
use super::lookup::gone;
use super::service::Administration;
use crate::audit;
use crate::passwords::{self, PasswordSource, StoredHash};
use crate::security_event::SecurityEvent;
use crate::sessions;
use crate::users::{self, Changes, User};

impl Administration {
    /// Stores a new user. Without a password, the user sets one by a reset link.
    ///
    /// # Errors
    /// [`AdministrationError::EmailTaken`] if the email has an account.
    pub async fn create(
        &self,
        user: &User,
        password: Option<&StoredHash>,
    ) -> Result<(), AdministrationError> {
        let transaction = self.pool.begin().await?;
        users::insert(&transaction, user).await?;
        if let Some(password) = password {
            passwords::create(&transaction, &user.id, password, self.clock.now()).await?;
        }
        let created = SecurityEvent::UserCreated.unattended().user(user.id.as_str()).reason(OPERATOR);
        Ok(audit::commit(transaction, &[created]).await?)
    }

    /// Sets additional fields of a user, and revokes the access tokens, which may name them. A field that is null loses its
    /// value.
    ///
    /// # Errors
    /// [`AdministrationError::NoSuchUser`] if the user was deleted.
    pub async fn set_fields(
        &self,
        user: &User,
        fields: &Map<String, Value>,
    ) -> Result<(), AdministrationError> {
        let transaction = self.pool.begin().await?;
        if !users::lock_any_epoch(&transaction, &user.id).await? {
            return Err(gone(user));
        }
        let changes = Changes { fields: fields.clone(), ..Changes::default() };
        users::update(&transaction, &user.id, &changes, self.clock.now()).await?;
        sessions::renew_tokens(&transaction, &user.id).await?;
        let updated = SecurityEvent::UserUpdated.unattended().user(user.id.as_str()).reason(OPERATOR);
        Ok(audit::commit(transaction, &[updated]).await?)
    }

    /// Sets the password of a user, with or without a previous one. Like a reset, starts the next credential epoch, ends
    /// all sessions and voids all links. Returns how many sessions ended.
    ///
    /// # Errors
    /// [`AdministrationError::NoSuchUser`] if the user was deleted.
    pub async fn set_password(&self, user: &User, password: &StoredHash) -> Result<u64, AdministrationError> {
        let transaction = self.pool.begin().await?;
        // The user may have changed it while it was typed here. The operator's is the later one.
        if !users::lock_any_epoch(&transaction, &user.id).await? {
            return Err(gone(user));
        }
        let Some(current) = users::find(&transaction, &user.id).await? else { return Err(gone(user)) };
        let (epoch, now) = (current.credential_epoch, self.clock.now());
        if passwords::change(&transaction, &user.id, epoch, (password, PasswordSource::Account), now)
            .await?
            .is_none()
        {
            return Err(gone(user));
        }
        let ended = end_access(&transaction, user).await?;
        let of_user = |event: SecurityEvent| event.unattended().user(user.id.as_str());
        let reset = of_user(SecurityEvent::PasswordReset).reason(OPERATOR);
        let revoked = of_user(SecurityEvent::SessionsRevoked).reason("password_reset").count(ended);
        audit::commit(transaction, &[reset, revoked]).await?;
        Ok(ended)
    }
}
