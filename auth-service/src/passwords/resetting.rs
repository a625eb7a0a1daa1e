//! Setting a new password for a user who proved access to the mailbox.

use actix_web::HttpRequest;
use jiff::Timestamp;
use secrecy::SecretString;
use service_kit::database::Transaction;
use service_kit::security_log::{Client, Record};

use super::model::{ChosenPassword, Password};
use super::service::Passwords;
use super::store;
use crate::codes::{Code, Codes, Purpose as CodePurpose, Subject, Verdict};
use crate::email::{Addressee, Message};
use crate::error::ApiError;
use crate::limits::MailRequester;
use crate::linked_accounts;
use crate::security_event::SecurityEvent;
use crate::sessions;
use crate::users::{self, User};
use crate::verifications::{self, LinkToken, Purpose};

/// What proves access to the mailbox of a user.
#[derive(Clone, Copy)]
pub enum ResetProof<'a> {
    Link(&'a LinkToken),
    /// A code, which also verifies the email, as in Better Auth.
    Code(&'a Codes, &'a Code),
}

impl ResetProof<'_> {
    /// Uses it up: true for one of concurrent calls, and for none if the credential of the user has changed.
    async fn use_up(self, transaction: &Transaction, user: &User, now: Timestamp) -> Result<bool, ApiError> {
        match self {
            Self::Link(token) => {
                Ok(verifications::use_up(transaction, token, Purpose::ResetPassword, now).await?)
            }
            Self::Code(codes, code) => {
                let subject =
                    Subject { purpose: CodePurpose::ResetPassword, email: &user.email, requester: None };
                if !users::lock(transaction, &user.id, user.credential_epoch).await? {
                    return Ok(false);
                }
                match codes.guess(transaction, &subject, code, now).await? {
                    Verdict::Right(binding) if binding.is_to(user) => {
                        codes.use_up(transaction, &subject).await?;
                        Ok(true)
                    }
                    Verdict::Right(_) | Verdict::Wrong | Verdict::Expired | Verdict::Exhausted => Ok(false),
                }
            }
        }
    }

    fn event(self, client: Client) -> Record<'static> {
        match self {
            Self::Link(_) => SecurityEvent::LinkUsed.by(client).link(Purpose::ResetPassword.as_str()),
            Self::Code(..) => SecurityEvent::CodeUsed.by(client).link(CodePurpose::ResetPassword.as_str()),
        }
    }
}

impl Passwords {
    /// Checks the length of a new password.
    ///
    /// # Errors
    /// [`ApiError::PasswordTooShort`] or [`ApiError::PasswordTooLong`].
    pub fn choose(&self, text: &SecretString) -> Result<ChosenPassword, ApiError> {
        Password::chosen(text, self.rules)
    }

    /// Sets a new password, and ends all sessions and links of the user. Returns the user in the new credential epoch; `None`
    /// if the proof is not valid any more. If the policy refuses the password, the proof can be used again.
    ///
    /// # Errors
    /// [`ApiError::PasswordCompromised`] if the policy refuses the password.
    pub async fn reset(
        &self,
        request: &HttpRequest,
        user: User,
        new: ChosenPassword,
        proof: ResetProof<'_>,
    ) -> Result<Option<User>, ApiError> {
        let hash = self.hash_chosen(self.proven(request, &user), new, (&user).into()).await?;
        let (now, client) = (self.clock.now(), self.log.client(request));
        let transaction = self.pool.begin().await?;
        if !proof.use_up(&transaction, &user, now).await? {
            return Ok(None);
        }
        let epoch = store::change(
            &transaction,
            &user.id,
            user.credential_epoch,
            (&hash, store::PasswordSource::Mail),
            now,
        )
        .await?;
        let Some(credential_epoch) = epoch else { return Ok(None) };
        let mut user = User { credential_epoch, ..user };
        let ended = sessions::end_all(&transaction, &user.id, None).await?;
        let verifies = matches!(proof, ResetProof::Code(..)) && !user.email_verified;
        if !user.email_verified {
            // They may belong to somebody who signed up with an email that was not theirs.
            linked_accounts::delete_all(&transaction, &user.id).await?;
        }
        if verifies {
            users::set_verified(&transaction, &user.id, now).await?;
            user.email_verified = true;
        }
        verifications::void(&transaction, &user.id).await?;
        let requester = MailRequester::described(&self.log, request, &user.id);
        // Access to the mailbox was proved.
        let (mailer, to) = (&self.mailer, Addressee::verified(&user.email));
        mailer.notify(&transaction, &requester, to, &Message::PasswordChanged, now).await?;
        let of_user = |event: SecurityEvent| event.by(client).user(user.id.as_str());
        let revoked = of_user(SecurityEvent::SessionsRevoked).reason("password_reset").count(ended);
        let mut events =
            vec![proof.event(client).user(user.id.as_str()), of_user(SecurityEvent::PasswordReset), revoked];
        if verifies {
            events.push(of_user(SecurityEvent::EmailVerified).reason("email_otp"));
        }
        mailer.commit(transaction, &events).await?;
        Ok(Some(user))
    }
}
