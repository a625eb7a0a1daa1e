//! Linking an account to the user who is signed in.

use actix_web::HttpRequest;

use super::pending::Link;
use super::refusal::{Failure, Refusal};
use super::service::Social;
use super::signing_in::{Identity, stored};
use crate::linked_accounts::{self, TokenChange};
use crate::security_event::SecurityEvent;
use crate::sessions;
use crate::users;

impl Social {
    /// Links the account of `identity` to the user of a session that is still live. It must have the user's email, and the
    /// provider must have verified that.
    ///
    /// # Errors
    /// Why it is not linked.
    pub(super) async fn link(
        &self,
        request: &HttpRequest,
        link: &Link,
        identity: &Identity<'_>,
    ) -> Result<(), Failure> {
        let (profile, now) = (identity.profile, self.clock.now());
        let transaction = self.pool.begin().await?;
        // The account is locked before its sessions, as in all other code.
        if !users::lock_any_epoch(&transaction, &link.user).await?
            || !sessions::hold(&transaction, link.session, now).await?
        {
            return Err(Refusal::CannotLink.into());
        }
        let user = users::find(&transaction, &link.user).await?.ok_or(Refusal::CannotLink)?;
        let existing = linked_accounts::find(&transaction, &identity.provider.id, &profile.subject).await?;
        let own = existing.as_ref().is_some_and(|account| account.user_id == user.id);
        // As in Better Auth, an ID token that an app presents is enough for new tokens of an account that is linked already.
        let is_update = own && identity.is_presented;
        if identity.is_presented && existing.is_some() && !own {
            return Err(Refusal::LinkedElsewhere.into());
        }
        if !is_update && !profile.email_verified {
            return Err(Refusal::CannotLink.into());
        }
        if !is_update && profile.email.as_ref() != Some(&user.email) {
            return Err(Refusal::DifferentEmail.into());
        }
        let client = self.log.client(request);
        let event = SecurityEvent::AccountLinked.by(client).user(user.id.as_str());
        let event = event.session(*link.session.as_uuid()).reason("user");
        match existing {
            Some(account) if own => {
                let tokens = &identity.tokens;
                let older = account.tokens.open(account.id, &self.encryption).unwrap_or_default();
                let new_scopes = tokens.scopes.iter().filter(|scope| !account.scopes.contains(scope));
                let scopes: Vec<String> = account.scopes.iter().chain(new_scopes).cloned().collect();
                let change = TokenChange {
                    tokens: self.sealed(&stored(tokens).or(older), account.id)?,
                    scopes: Some(&scopes),
                    access_expires_at: tokens.access_expires_at,
                    refresh_expires_at: tokens.refresh_expires_at,
                };
                linked_accounts::update(&transaction, &user.id, account.id, &change, now).await?;
                transaction.commit().await?;
                return Ok(());
            }
            Some(_) => return Err(Refusal::LinkedElsewhere.into()),
            None => {}
        }
        if !linked_accounts::insert(&transaction, &user.id, &self.new_account(identity, now)?, now).await? {
            return Err(Refusal::LinkedElsewhere.into());
        }
        self.tell_of_new_method(&transaction, request, &user, identity.provider, now).await?;
        self.mailer.commit(transaction, &[event]).await?;
        Ok(())
    }
}
