//! Verifying and changing an email with a code that was sent to it, by the rules of links.

use actix_web::{HttpRequest, HttpResponse};
use jiff::Timestamp;
use secrecy::SecretString;
use service_kit::database::Transaction;

use super::super::service::Accounts;
use super::events;
use super::following::{self, Proven, set_new_email, sign_in, verifier};
use super::outcome::VerifiedSession;
use crate::audit;
use crate::codes::{Binding, Code, Codes, Purpose, Subject, Verdict};
use crate::error::{ApiError, CodeError};
use crate::limits::MailRequester;
use crate::passwords::{self, SignUp};
use crate::protocol::email_address::Email;
use crate::security_event::SecurityEvent;
use crate::sessions::{self, Challenged, SignedIn};
use crate::users::{self, User};

/// A code that was compared and is right, and the password if the request has one.
pub struct CodeProof<'a> {
    pub codes: &'a Codes,
    pub email: &'a Email,
    pub code: &'a Code,
    pub password: Option<&'a SecretString>,
}

/// An email that was verified by a code.
pub struct VerifiedByCode {
    /// The account.
    pub user: User,
    session: VerifiedSession,
}

impl CodeProof<'_> {
    fn subject(&self) -> Subject<'_> {
        Subject { purpose: Purpose::VerifyEmail, email: self.email, requester: None }
    }

    /// Uses up the code in this transaction. `None` if another request used it.
    async fn use_up(&self, transaction: &Transaction, now: Timestamp) -> Result<Option<Binding>, ApiError> {
        let subject = self.subject();
        match self.codes.guess(transaction, &subject, self.code, now).await? {
            Verdict::Right(binding) => {
                self.codes.use_up(transaction, &subject).await?;
                Ok(Some(binding))
            }
            Verdict::Wrong | Verdict::Expired | Verdict::Exhausted => Ok(None),
        }
    }
}

impl VerifiedByCode {
    /// The token of the session that was started.
    pub fn token(&self) -> Option<&str> {
        match &self.session {
            VerifiedSession::New(new) => Some(new.0.token.expose()),
            VerifiedSession::Unchanged
            | VerifiedSession::Present(_)
            | VerifiedSession::Challenged(_)
            | VerifiedSession::Proven(_) => None,
        }
    }

    /// The challenge for the second factor that the user has to prove before a session starts.
    pub fn challenged(&self) -> Option<&Challenged> {
        match &self.session {
            VerifiedSession::Challenged(challenged) => Some(challenged),
            _ => None,
        }
    }

    /// Adds the session to the response, if there is one.
    ///
    /// # Errors
    /// If no access token can be issued.
    pub async fn complete(
        &self,
        accounts: &Accounts,
        request: &HttpRequest,
        response: &mut HttpResponse,
    ) -> Result<(), ApiError> {
        match &self.session {
            VerifiedSession::Unchanged | VerifiedSession::Challenged(_) => Ok(()),
            VerifiedSession::Present(current) => {
                accounts.sessions.set_cookies(response, request, current);
                Ok(())
            }
            VerifiedSession::New(new) => {
                accounts.sessions.respond_with(response, request, &new.0, &new.1).await
            }
            VerifiedSession::Proven(user) => accounts.sessions.devices.remember(response, request, user),
        }
    }
}

impl Accounts {
    /// Verifies the email of an account, or of a sign-up, which completes it. As for a link, the code proves only the mailbox:
    /// a session, the browser that signed up or the password must prove the account.
    ///
    /// # Errors
    /// [`ApiError::ConfirmationRequired`] without such a proof, and [`CodeError`] if the code is not valid any more.
    pub async fn verify_by_code(
        &self,
        request: &HttpRequest,
        proof: &CodeProof<'_>,
    ) -> Result<VerifiedByCode, ApiError> {
        match users::find_by_email(&self.pool, proof.email).await? {
            Some(user) => self.verify_user_by_code(request, proof, user).await,
            None => self.complete_sign_up_by_code(request, proof).await,
        }
    }

    async fn verify_user_by_code(
        &self,
        request: &HttpRequest,
        proof: &CodeProof<'_>,
        user: User,
    ) -> Result<VerifiedByCode, ApiError> {
        // Verifying it again succeeds and changes nothing.
        let proven = if user.email_verified {
            None
        } else {
            let checked = verifier(self, request, proof.password, &user).await?;
            Some(checked.map_err(|_| ApiError::ConfirmationRequired)?)
        };
        let now = self.clock.now();
        let transaction = self.pool.begin().await?;
        let mut holds = users::lock(&transaction, &user.id, user.credential_epoch).await?;
        if let Some(Proven::Session(current)) = &proven {
            holds = holds && sessions::hold(&transaction, current.session.id, now).await?;
        }
        let binding = proof.use_up(&transaction, now).await?;
        if !holds || binding.is_none_or(|binding| !binding.is_to(&user)) {
            return Err(CodeError::Invalid.into());
        }
        let session = match proven {
            Some(proven) => following::verify(&transaction, self, request, user.clone(), proven, now).await?,
            None => VerifiedSession::Unchanged,
        };
        let client = self.log.client(request);
        let mut events = vec![
            SecurityEvent::CodeUsed.by(client).user(user.id.as_str()).link(Purpose::VerifyEmail.as_str()),
        ];
        if !user.email_verified {
            events.push(SecurityEvent::EmailVerified.by(client).user(user.id.as_str()).reason("email_otp"));
        }
        audit::commit(transaction, &events).await?;
        session.record(client);
        let updated_at = if user.email_verified { user.updated_at } else { now };
        Ok(VerifiedByCode { user: User { email_verified: true, updated_at, ..user }, session })
    }

    async fn complete_sign_up_by_code(
        &self,
        request: &HttpRequest,
        proof: &CodeProof<'_>,
    ) -> Result<VerifiedByCode, ApiError> {
        let mut sign_ups = passwords::find_sign_ups(&self.pool, proof.email, self.clock.now()).await?;
        let own = |sign_up: &SignUp| self.passwords.is_browser_of(request.headers(), &sign_up.id);
        let place = sign_ups.iter().position(own);
        if sign_ups.is_empty() {
            // The code was sent to the email, so its reader may learn this.
            return Err(CodeError::UserNotFound.into());
        }
        let sign_up = sign_ups.swap_remove(place.unwrap_or_default());
        let knows_password = match proof.password {
            _ if place.is_some() => true,
            _ if self.settings.verify_email_by_link_alone => false,
            Some(password) => {
                self.passwords.confirm_sign_up(request, &sign_up, password).await?;
                true
            }
            None => return Err(ApiError::ConfirmationRequired),
        };
        let now = self.clock.now();
        let transaction = self.pool.begin().await?;
        if proof.use_up(&transaction, now).await?.is_none() {
            return Err(CodeError::Invalid.into());
        }
        let id = sign_up.id.clone();
        let Some(user) = passwords::complete_sign_up_by_code(&transaction, sign_up, now).await? else {
            return Err(CodeError::Invalid.into());
        };
        let session = if knows_password {
            sign_in(&transaction, self, request, user.clone(), now).await?
        } else {
            VerifiedSession::Unchanged
        };
        let client = self.log.client(request);
        let of_user = |event: SecurityEvent| event.by(client).user(user.id.as_str());
        let events = [
            events::completed_sign_up(client, &id, &user.id),
            of_user(SecurityEvent::CodeUsed).link(Purpose::VerifyEmail.as_str()),
            of_user(SecurityEvent::EmailVerified).reason("email_otp"),
        ];
        audit::commit(transaction, &events).await?;
        session.record(client);
        Ok(VerifiedByCode { user, session })
    }

    /// Changes the email of the signed-in user to one that a code verified, in the transaction that used up the code and in which
    /// the account and the session are locked.
    ///
    /// # Errors
    /// [`CodeError::EmailTaken`] if it has an account by now.
    pub async fn change_email_by_code(
        &self,
        request: &HttpRequest,
        transaction: Transaction,
        current: &SignedIn,
        new_email: &Email,
        now: Timestamp,
    ) -> Result<User, ApiError> {
        let user = &current.user;
        let requester = MailRequester::described(&self.log, request, &user.id);
        if !set_new_email(self, &transaction, &requester, (user, new_email), now).await? {
            return Err(CodeError::EmailTaken.into());
        }
        users::set_verified(&transaction, &user.id, now).await?;
        let client = self.log.client(request);
        let used = current.event(SecurityEvent::CodeUsed, client).link(Purpose::ChangeEmail.as_str());
        self.mailer.commit(transaction, &[used, current.event(SecurityEvent::EmailChanged, client)]).await?;
        Ok(User { email: new_email.clone(), email_verified: true, updated_at: now, ..user.clone() })
    }
}
