//! Compares a password with that of an account or a sign-up.

use actix_web::HttpRequest;
use secrecy::SecretString;
use shared_claims::UserId;

use super::hashing::Verdict;
use super::model::ChosenPassword;
use super::model::{Password, StoredHash};
use super::policy::Owner;
use super::service::Passwords;
use super::sign_ups::SignUp;
use super::store;
use crate::error::ApiError;
use crate::limits::{ClaimedAccount, Requester};
use crate::security_event::SecurityEvent;
use crate::users::{CredentialEpoch, User};

impl Passwords {
    /// Checks that `text` is the password of a user, and returns its credential epoch. What the password permits must
    /// be done in that epoch.
    ///
    /// # Errors
    /// [`ApiError::InvalidPassword`] if it is wrong, [`ApiError::CredentialAccountNotFound`] if the user has no
    /// password, and [`ApiError::TooManyRequests`] if the account is locked.
    pub async fn confirm(
        &self,
        request: &HttpRequest,
        user: &User,
        text: &SecretString,
    ) -> Result<CredentialEpoch, ApiError> {
        let password = Password::claimed(text, self.rules)?;
        let found = store::find(&self.pool, &user.id).await?;
        let Some((stored, epoch)) = found else {
            self.record_refused(request, &user.id, "no_password");
            return Err(ApiError::CredentialAccountNotFound);
        };
        let check = self.compare(self.proven(request, user), password, stored);
        match self.attempts.attempt(request, ((&user.email).into(), Some(&user.id)), epoch, check).await? {
            Some(()) => Ok(epoch),
            None => {
                self.record_refused(request, &user.id, "wrong_password");
                Err(ApiError::InvalidPassword)
            }
        }
    }

    /// Checks that `text` is the password of a sign-up.
    ///
    /// # Errors
    /// [`ApiError::InvalidPassword`] if it is wrong, and [`ApiError::TooManyRequests`] if the sign-up is locked.
    pub async fn confirm_sign_up(
        &self,
        request: &HttpRequest,
        sign_up: &SignUp,
        text: &SecretString,
    ) -> Result<(), ApiError> {
        let password = Password::claimed(text, self.rules)?;
        let epoch = CredentialEpoch::FIRST;
        let requester = self.claiming(request, (&sign_up.email).into(), epoch);
        let check = self.compare(requester, password, sign_up.password.clone());
        let confirmed = self
            .attempts
            .attempt(request, ((&sign_up.email).into(), Some(&sign_up.id)), epoch, check)
            .await?;
        if confirmed.is_none() {
            self.record_refused(request, &sign_up.id, "wrong_password");
        }
        confirmed.ok_or(ApiError::InvalidPassword)
    }

    fn record_refused(&self, request: &HttpRequest, user: &UserId, reason: &'static str) {
        let event = SecurityEvent::PasswordRefused.by(self.log.client(request));
        self.log.refused(event.user(user.as_str()).reason(reason));
    }

    async fn compare(
        &self,
        requester: Requester,
        password: Password,
        stored: StoredHash,
    ) -> Result<Option<()>, ApiError> {
        let verdict = self.hashes.verify(requester, password, Some(stored)).await?;
        Ok((!matches!(verdict, Verdict::Wrong)).then_some(()))
    }

    /// Whether the password is correct. Replaces its hash if that is outdated.
    pub(super) async fn accept(&self, requester: Requester, user: Option<&UserId>, verdict: Verdict) -> bool {
        match verdict {
            Verdict::Wrong => false,
            Verdict::Right => true,
            Verdict::Outdated { password, stored } => {
                if let Some(user) = user
                    && let Err(error) = self.renew(requester, user, password, &stored).await
                {
                    // The password is correct. Its hash is replaced at the next sign-in.
                    tracing::warn!(%error, "outdated password hash not replaced");
                }
                true
            }
        }
    }

    async fn renew(
        &self,
        requester: Requester,
        user: &UserId,
        password: Password,
        stored: &StoredHash,
    ) -> Result<(), ApiError> {
        let hash = self.hashes.hash(requester, password).await?;
        store::replace(&self.pool, user, &stored.hash, &hash, self.clock.now()).await.map(drop)?;
        Ok(())
    }

    /// Hashes a new password of `owner` if the policy accepts it.
    pub(super) async fn hash_chosen(
        &self,
        requester: Requester,
        chosen: ChosenPassword,
        owner: Owner<'_>,
    ) -> Result<StoredHash, ApiError> {
        let password = self.policy.admit(chosen, owner).await?;
        Ok(self.hashes.hash(requester, password).await?)
    }

    pub(super) fn newcomer(&self, request: &HttpRequest) -> Requester {
        Requester::newcomer(self.log.network(request))
    }

    pub(super) fn claiming(
        &self,
        request: &HttpRequest,
        account: ClaimedAccount<'_>,
        epoch: CredentialEpoch,
    ) -> Requester {
        self.attempts.devices.claiming(request, self.log.network(request), account, epoch)
    }

    pub(super) fn proven(&self, request: &HttpRequest, user: &User) -> Requester {
        self.attempts.devices.proven(request, self.log.network(request), user)
    }
}
