use std::sync::Arc;

use actix_web::HttpRequest;
use jiff::Timestamp;
use secrecy::SecretString;
use service_kit::database::{Pool, Transaction};
use shared_claims::SharedClock;

use crate::email::{Addressee, Message};
use crate::error::ApiError;
use crate::limits::MailRequester;
use crate::passwords::{self, Passwords};
use crate::protocol::service::Feature;
use crate::second_factors::{SecondFactor, SecondFactors};
use crate::security_event::SecurityLog;
use crate::sessions::{self, Sessions, SignedIn, Started};
use crate::users::{self, AccountSettings, User};
use crate::verifications::LinkMailer;

/// Sets up, proves and removes second factors.
#[derive(Clone)]
pub struct TwoFactor {
    pub pool: Pool,
    pub factors: Arc<SecondFactors>,
    pub accounts: Arc<AccountSettings>,
    pub passwords: Passwords,
    pub sessions: Sessions,
    pub mailer: LinkMailer,
    pub log: Arc<SecurityLog>,
    pub clock: SharedClock,
}

impl Feature for TwoFactor {
    fn is_on(&self) -> bool {
        self.factors.settings.enabled
    }
}

impl TwoFactor {
    /// Requires a fresh session, and the password if the account has one: somebody at an unattended device must not change what
    /// protects the account.
    ///
    /// # Errors
    /// [`ApiError::SessionNotFresh`], [`ApiError::InvalidPassword`], and [`ApiError::TooManyRequests`] if the account is locked.
    pub(super) async fn confirm_owner(
        &self,
        request: &HttpRequest,
        current: &SignedIn,
        password: Option<&SecretString>,
    ) -> Result<(), ApiError> {
        self.sessions.require_fresh(current)?;
        if passwords::set_at(&self.pool, &current.user.id).await?.is_none() {
            return Ok(());
        }
        let password = password.ok_or(ApiError::InvalidPassword)?;
        self.passwords.confirm(request, &current.user, password).await.map(drop)
    }

    /// Begins a transaction that holds the account and the session of a request.
    ///
    /// # Errors
    /// [`ApiError::Unauthorized`] if the session has ended, or the credential changed.
    pub(super) async fn begin(&self, current: &SignedIn, now: Timestamp) -> Result<Transaction, ApiError> {
        let transaction = self.pool.begin().await?;
        let user = &current.user;
        if users::lock(&transaction, &user.id, user.credential_epoch).await?
            && sessions::hold(&transaction, current.session.id, now).await?
        {
            return Ok(transaction);
        }
        Err(ApiError::Unauthorized)
    }

    /// Starts the session that continues the one of a request, with this second factor.
    pub(super) async fn continue_session(
        &self,
        transaction: &Transaction,
        request: &HttpRequest,
        (current, user): (&SignedIn, &User),
        second_factor: Option<SecondFactor>,
        now: Timestamp,
    ) -> Result<Started, ApiError> {
        let cleared = self.sessions.admit_changed(current, user, second_factor);
        self.sessions.start(transaction, request, cleared, current.session.remembered, now).await
    }

    /// Tells the user by mail what changed.
    pub(super) async fn notify(
        &self,
        transaction: &Transaction,
        request: &HttpRequest,
        user: &User,
        message: &Message<'_>,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        let requester = MailRequester::described(&self.log, request, &user.id);
        self.mailer.notify(transaction, &requester, Addressee::account(user), message, now).await
    }
}
